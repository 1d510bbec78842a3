package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Custody in {@value #FILE}, mode 0600, in a folder of mode 0700 that is made if it is missing. The version is the SHA-256
 * of the file. A write goes to a new file beside it, which is synced and then renamed over it, so that at every instant
 * the file is whole, and after every failure the previous one is untouched. Comparing the version and renaming are two
 * steps: processes that share a folder take its {@link TickLock} first.
 *
 * <p>A process killed between the two leaves the new file behind. Where that was the write of the shares, {@link #read}
 * answers with what it holds, for then it is the only copy; the next write puts it in place and removes what is left over.
 */
public final class FileKeyStore implements KeyStore {

    static final String FILE = "keys.json";

    /** Names of files that hold secrets; the others stand for those a killed process, or {@link #keepBeside}, may leave. */
    static final List<String> SECRET_FILES = List.of(FILE, ".keys.json.0.new", "keys.kept-0.json");

    /** More than ten shares encrypted to 4096-bit keys, and a file system's block or two. */
    static final int PROBE_BYTES = 64 * 1024;

    private static final Pattern LEFTOVER = Pattern.compile("\\.keys\\.json\\.[0-9a-f-]{36}\\.(new|probe)");

    private final CustodyFolder folder;
    private final Path file;
    private final KeyMaterialJson json = new KeyMaterialJson();

    public FileKeyStore(Path folder) {
        this(folder, new GitWorkTree("git"));
    }

    FileKeyStore(Path folder, GitWorkTree git) {
        this.folder = new CustodyFolder(folder, git, SECRET_FILES);
        this.file = this.folder.file(FILE);
    }

    @Override
    public String description() {
        return "file " + file;
    }

    @Override
    public String removal() {
        return "rm " + file;
    }

    @Override
    public Stored read() {
        try {
            Optional<byte[]> content = folder.present() ? content() : Optional.empty();
            if (content.isEmpty()) {
                return new Stored(Optional.empty(), Stored.ABSENT);
            }
            KeyMaterial material = json.read(content.get(), description());
            return new Stored(Optional.of(unfinished(material).orElse(material)), version(content.get()));
        } catch (IOException e) {
            throw folder.trouble("read custody from " + description(), 0, e);
        }
    }

    @Override
    public String write(KeyMaterial material, String expectedVersion) {
        byte[] content = json.write(material);
        try {
            folder.prepare();
            Path replacement = folder.file(temporary("new"));
            create(replacement, content);
            replace(replacement, expectedVersion);
            folder.sync();
            if (!Arrays.equals(content().orElse(new byte[0]), content)) {
                throw new ProblemException(Problem.access(
                        "write custody to " + description() + ": it does not hold what was written",
                        "look for another process that writes it, and at its file system"));
            }
            removeLeftovers();
            return version(content);
        } catch (IOException e) {
            throw folder.trouble("write custody to " + description(), content.length, e);
        }
    }

    @Override
    public String keepBeside(KeyMaterial material) {
        byte[] content = json.write(material);
        Path beside = folder.file("keys.kept-" + UUID.randomUUID() + ".json");
        try {
            folder.prepare();
            create(beside, content);
            folder.sync();
            return "file " + beside;
        } catch (IOException e) {
            throw folder.trouble("write file " + beside, content.length, e);
        }
    }

    @Override
    public void delete(String expectedVersion) {
        try {
            if (!version(content()).equals(expectedVersion)) {
                throw new KeyStoreConflictException(description());
            }
            Files.deleteIfExists(file);
            folder.sync();
        } catch (IOException e) {
            throw folder.trouble("delete the marker in " + description(), 0, e);
        }
    }

    @Override
    public void proveWritable(int atLeast) {
        long bytes = Math.max(PROBE_BYTES, atLeast);
        try {
            folder.prepare();
            // Twice what is stored, since a write keeps the previous file until the new one is in place.
            bytes = Math.max(bytes, 2L * content().map(stored -> stored.length).orElse(0));
            // Random, so that a file system that compresses needs as much room for it as for shares.
            var probe = new byte[Math.toIntExact(bytes)];
            new SplittableRandom().nextBytes(probe);
            Path probeFile = folder.file(temporary("probe"));
            create(probeFile, probe);
            try {
                folder.sync();
                if (!Arrays.equals(Files.readAllBytes(probeFile), probe)) {
                    throw new ProblemException(Problem.access(
                            "write custody to " + description() + ": a probe beside it does not read back as written",
                            "look at the file system of " + folder.path()));
                }
            } finally {
                Files.deleteIfExists(probeFile);
            }
            folder.sync();
        } catch (IOException e) {
            throw folder.trouble("write custody to " + description(), bytes, e);
        }
    }

    private Optional<byte[]> content() throws IOException {
        folder.refuseUnsafe(file);
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] content = in.readNBytes(KeyMaterialJson.MAX_BYTES + 1);
            if (content.length > KeyMaterialJson.MAX_BYTES) {
                throw new ProblemException(Problem.blocked(
                        "read custody from " + description() + ": it is larger than any key material",
                        "nothing was changed; restore it from its backup"));
            }
            return Optional.of(content);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Creates a file that is private from its first instant, and syncs it; leaves none behind if it fails. */
    private static void create(Path path, byte[] content) throws IOException {
        Files.createFile(path, PosixFilePermissions.asFileAttribute(CustodyFolder.FILE_PERMISSIONS));
        try {
            Files.setPosixFilePermissions(path, CustodyFolder.FILE_PERMISSIONS);
            // Not a channel: an interrupt would close it in the middle of writing shares that exist nowhere else.
            try (var out = new FileOutputStream(path.toFile())) {
                out.write(content);
                out.getFD().sync();
            }
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private void replace(Path replacement, String expectedVersion) throws IOException {
        // Compared at the last moment, to leave a process that did not take the lock as little time as possible.
        if (!version(content()).equals(expectedVersion)) {
            Files.delete(replacement);
            throw new KeyStoreConflictException(description());
        }
        // If renaming fails, the replacement stays: it may hold the only copy of the shares, and read finds it.
        Files.move(replacement, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Optional<KeyMaterial> unfinished(KeyMaterial marker) throws IOException {
        if (marker.phase() != KeyMaterial.Phase.INITIALIZING) {
            return Optional.empty();
        }
        for (Path leftover : leftovers()) {
            try {
                KeyMaterial material = json.read(Files.readAllBytes(leftover), "file " + leftover);
                if (material.completes(marker)) {
                    return Optional.of(material);
                }
            } catch (NoSuchFileException | ProblemException e) {
                // Gone meanwhile, or cut off by the kill that left it: then it is no copy of anything.
                continue;
            }
        }
        return Optional.empty();
    }

    private void removeLeftovers() throws IOException {
        for (Path leftover : leftovers()) {
            Files.deleteIfExists(leftover);
        }
    }

    private List<Path> leftovers() throws IOException {
        try (var entries = Files.list(folder.path())) {
            return entries.filter(entry ->
                            LEFTOVER.matcher(entry.getFileName().toString()).matches())
                    .filter(entry -> Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
    }

    private static String temporary(String purpose) {
        return ".keys.json." + UUID.randomUUID() + "." + purpose;
    }

    private static String version(Optional<byte[]> content) {
        return content.map(FileKeyStore::version).orElse(Stored.ABSENT);
    }

    private static String version(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
