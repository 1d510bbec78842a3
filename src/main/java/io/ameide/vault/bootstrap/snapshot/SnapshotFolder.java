package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder of snapshots, on a disk or a mounted volume. An archive gets its final name after it was verified twice, while
 * it was written and read back; it counts once its manifest is there too. Several processes may use one folder.
 */
public final class SnapshotFolder {

    private static final String TEMPORARY_PREFIX = ".vault-bootstrap-";
    private static final String TEMPORARY_SUFFIX = ".part";

    /** No snapshot takes that long between two writes, so what is older was left by a process that was killed. */
    private static final Duration LEFTOVER_AGE = Duration.ofDays(1);

    private static final int MANIFEST_BYTES = 64 * 1024;

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path folder;
    private final Clock clock;

    public SnapshotFolder(Path folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /**
     * Stores the archive that the source delivers. Creates the folder where it is missing. When this throws, nothing of
     * the archive is left; the caller closes the source.
     *
     * @throws InvalidArchiveException if the archive is not whole and intact, or ends before the committed index
     * @throws ProblemException of kind {@code ACCESS} if the source breaks off or the folder refuses
     */
    public SnapshotManifest store(InputStream source, Provenance provenance) {
        String origin = "snapshot from " + provenance.address();
        try {
            Files.createDirectories(folder, OWNER_ONLY_FOLDER);
            Path temporary = Files.createTempFile(folder, TEMPORARY_PREFIX, TEMPORARY_SUFFIX, OWNER_ONLY_FILE);
            try {
                VerifiedArchive archive = write(origin, source, temporary);
                archive.requireIndex(provenance.committedIndex(), origin);
                requireSameOnDisk(origin, temporary, archive);
                SnapshotManifest manifest = SnapshotManifest.of(archive, provenance);
                publish(temporary, manifest);
                return manifest;
            } finally {
                discard(temporary);
            }
        } catch (IOException e) {
            throw FileTrouble.problem("store the %s in %s".formatted(origin, folder), e);
        }
    }

    private static VerifiedArchive write(String origin, InputStream source, Path temporary) throws IOException {
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            VerifiedArchive archive = SnapshotArchive.verify(origin, source, Channels.newOutputStream(channel));
            channel.force(true);
            return archive;
        }
    }

    private static void requireSameOnDisk(String origin, Path temporary, VerifiedArchive written) {
        VerifiedArchive read = SnapshotArchive.verify(temporary);
        if (!read.equals(written)) {
            throw new InvalidArchiveException(
                    origin, "what was read back from disk is another archive than was written", "check the disk");
        }
    }

    /**
     * Gives the archive its name, then the manifest. The manifest is first written under a temporary name that follows
     * from the final one and that only one process can create: of two that store the same index in the same second, one
     * goes on, and no archive ends up with the other's manifest.
     */
    private void publish(Path temporary, SnapshotManifest manifest) throws IOException {
        Path archive = folder.resolve(manifest.archive());
        Path sidecar = folder.resolve(manifest.fileName());
        Path claim = folder.resolve(TEMPORARY_PREFIX + manifest.fileName() + TEMPORARY_SUFFIX);
        try {
            Files.createFile(claim, OWNER_ONLY_FILE);
        } catch (FileAlreadyExistsException e) {
            throw alreadyThere(archive);
        }
        try {
            if (Files.exists(archive, LinkOption.NOFOLLOW_LINKS) || Files.exists(sidecar, LinkOption.NOFOLLOW_LINKS)) {
                throw alreadyThere(archive);
            }
            writeDurably(claim, manifest.toJson());
            Files.move(temporary, archive, StandardCopyOption.ATOMIC_MOVE);
            try {
                // After a power failure there must be no manifest whose archive never reached the disk.
                sync();
                Files.move(claim, sidecar, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                discard(archive);
                throw e;
            }
            sync();
        } finally {
            discard(claim);
        }
    }

    private static ProblemException alreadyThere(Path archive) {
        return new ProblemException(Problem.error(
                "store a snapshot as %s: one of that name is already there or being stored".formatted(archive),
                "another run was faster: nothing is lost"));
    }

    private static void writeDurably(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    /** Renames and deletions last only once the folder itself is on disk. */
    private void sync() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Why the file is to go is the news; the file itself is removed as a leftover a day later.
        }
    }

    /**
     * What the folder holds; empty where it does not exist. Files that do not look like a snapshot are passed over.
     *
     * @throws ProblemException of kind {@code ACCESS} if the folder cannot be read
     */
    public Contents list() {
        Scan scan = scan();
        List<Broken> broken = new ArrayList<>(scan.broken());
        scan.bereft()
                .forEach(manifest -> broken.add(new Broken(manifest.fileName(), "its archive is not there any more")));
        return new Contents(
                scan.whole().stream().sorted(SnapshotManifest.NEWEST_FIRST).toList(), List.copyOf(broken));
    }

    /**
     * Deletes the snapshots of the cluster that need not stay, and temporary files that a killed process left more than a
     * day ago. Whatever has no manifest of ours, or one that does not fit it, stays.
     *
     * @return what is gone now
     * @throws ProblemException of kind {@code ACCESS} if the folder refuses; what was not deleted is at the next time
     */
    public Pruned retain(String clusterId, Retention retention) {
        Scan scan = scan();
        List<SnapshotManifest> expired = retention.expired(scan.whole(), clusterId);
        List<SnapshotManifest> doomed = new ArrayList<>(expired);
        List<String> leftovers = new ArrayList<>();
        for (SnapshotManifest manifest : scan.bereft()) {
            List<SnapshotManifest> withIt = new ArrayList<>(scan.whole());
            withIt.add(manifest);
            if (retention.expired(withIt, clusterId).contains(manifest)) {
                doomed.add(manifest);
                leftovers.add(manifest.fileName());
            }
        }
        try {
            if (!doomed.isEmpty()) {
                // The manifest goes last, since it is the proof that the rest is ours: killed in between, the next run
                // finds a manifest without archive, which never counts, and finishes. The other way round an archive
                // would be left that nobody may delete.
                for (SnapshotManifest manifest : doomed) {
                    Files.deleteIfExists(folder.resolve(manifest.archive()));
                }
                sync();
                for (SnapshotManifest manifest : doomed) {
                    Files.deleteIfExists(folder.resolve(manifest.fileName()));
                }
                sync();
            }
            leftovers.addAll(deleteOldTemporaries());
            return new Pruned(expired, List.copyOf(leftovers));
        } catch (IOException e) {
            throw FileTrouble.problem("delete old snapshots in " + folder, e);
        }
    }

    private List<String> deleteOldTemporaries() throws IOException {
        Instant limit = clock.instant().minus(LEFTOVER_AGE);
        List<String> deleted = new ArrayList<>();
        for (String name : fileNames()) {
            if (!name.startsWith(TEMPORARY_PREFIX) || !name.endsWith(TEMPORARY_SUFFIX)) {
                continue;
            }
            Path file = folder.resolve(name);
            try {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
                    Files.delete(file);
                    deleted.add(name);
                }
            } catch (NoSuchFileException e) {
                continue; // Its process has just come to its end.
            }
        }
        return deleted;
    }

    private Scan scan() {
        Scan scan = new Scan(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        try {
            Set<String> names = fileNames();
            for (String name : names) {
                if (name.startsWith(".")) {
                    continue;
                }
                if (name.endsWith(SnapshotManifest.MANIFEST_SUFFIX)) {
                    classify(name, scan);
                } else if (name.endsWith(SnapshotManifest.ARCHIVE_SUFFIX)
                        && !names.contains(SnapshotManifest.fileNameFor(name))) {
                    scan.broken()
                            .add(new Broken(name, "it has no manifest: storing it was interrupted, or it is not ours"));
                }
            }
        } catch (IOException e) {
            throw FileTrouble.problem("list the snapshots in " + folder, e);
        }
        return scan;
    }

    private void classify(String name, Scan scan) throws IOException {
        byte[] json;
        try (InputStream in = Files.newInputStream(folder.resolve(name))) {
            json = in.readNBytes(MANIFEST_BYTES);
        } catch (NoSuchFileException e) {
            return; // Another process has retained in the meantime.
        }
        SnapshotManifest manifest;
        try {
            manifest = SnapshotManifest.parse(name, json);
        } catch (ProblemException e) {
            scan.broken().add(new Broken(name, e.problem().message()));
            return;
        }
        if (!manifest.fileName().equals(name)) {
            scan.broken().add(new Broken(name, "it is the manifest of another archive, " + manifest.archive()));
            return;
        }
        BasicFileAttributes archive;
        try {
            archive = Files.readAttributes(
                    folder.resolve(manifest.archive()), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            scan.bereft().add(manifest);
            return;
        }
        if (!archive.isRegularFile()) {
            scan.broken().add(new Broken(manifest.archive(), "it is not a regular file"));
        } else if (archive.size() != manifest.sizeBytes()) {
            scan.broken()
                    .add(new Broken(
                            manifest.archive(),
                            "it has %d bytes, but its manifest says %d"
                                    .formatted(archive.size(), manifest.sizeBytes())));
        } else {
            scan.whole().add(manifest);
        }
    }

    /** Regular files only: what a link points to was not put there by us. */
    private Set<String> fileNames() throws IOException {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    /**
     * What a folder holds.
     *
     * @param snapshots those that count, newest first, of any cluster
     * @param broken what looks like a snapshot and is none to rely on
     */
    public record Contents(List<SnapshotManifest> snapshots, List<Broken> broken) {

        /** The snapshots of one cluster, newest first. */
        public List<SnapshotManifest> of(String clusterId) {
            return snapshots.stream()
                    .filter(snapshot -> snapshot.clusterId().equals(clusterId))
                    .toList();
        }
    }

    /**
     * A file that does not count.
     *
     * @param file its name within the folder
     */
    public record Broken(String file, String reason) {}

    /**
     * What was deleted.
     *
     * @param leftovers names of temporary files, and of manifests whose archive was deleted before the process was killed
     */
    public record Pruned(List<SnapshotManifest> snapshots, List<String> leftovers) {}

    /** @param bereft manifests whose archive is gone */
    private record Scan(List<SnapshotManifest> whole, List<SnapshotManifest> bereft, List<Broken> broken) {}
}
