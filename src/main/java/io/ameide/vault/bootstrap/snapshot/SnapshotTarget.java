package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.DamagedMessageException;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Snapshots at one place, whatever it is. An archive is read back and verified as soon as it is stored, and counts once its
 * manifest lies beside it. Several processes may use one place.
 */
public final class SnapshotTarget {

    /** No snapshot takes that long to be stored, so what is older was left by a process that was killed. */
    static final Duration LEFTOVER_AGE = Duration.ofDays(1);

    private static final int MANIFEST_BYTES = 64 * 1024;
    private static final int READS_AT_ONCE = 8;
    private static final int READ_BYTES = 128 * 1024;

    private final String name;
    private final ObjectStore store;
    private final SpoolFolder spool;
    private final Duration silence;

    /**
     * @param name by which people know it
     * @param silence how long nothing may come while something is read back
     */
    public SnapshotTarget(String name, ObjectStore store, SpoolFolder spool, Duration silence) {
        this.name = name;
        this.store = store;
        this.spool = spool;
        this.silence = silence;
    }

    public String name() {
        return name;
    }

    /** Where to keep a snapshot that goes to this place alone, so that {@link #store} need not copy it. */
    Optional<SpoolFolder> spool() {
        return store.spool();
    }

    /** Name and place, for sentences. */
    public String description() {
        return "%s (%s)".formatted(name, store.description());
    }

    /**
     * Stores an archive, reads it back, and puts its manifest beside it. When this throws, nothing of it counts, and nothing
     * is left unless the place refuses to delete it.
     *
     * @throws InvalidArchiveException if what is read back is not what was stored
     * @throws StoreException if the place refuses
     */
    void store(Spooled snapshot, SnapshotManifest manifest) {
        store.put(manifest.archive(), snapshot.file());
        try (Spooled.Small sidecar = spool.small(manifest.toJson())) {
            // It was verified on its way here: the same bytes need not be looked into a second time.
            requireSame(manifest.archive(), snapshot.file());
            store.put(manifest.fileName(), sidecar.file());
            requireSame(manifest.fileName(), sidecar.file());
        } catch (RuntimeException e) {
            // The manifest first: without it the archive does not count, whatever happens next.
            discard(manifest.fileName(), e);
            discard(manifest.archive(), e);
            throw e;
        }
    }

    private void discard(String object, RuntimeException reason) {
        try {
            store.delete(object);
        } catch (StoreException e) {
            reason.addSuppressed(e);
        }
    }

    private VerifiedArchive verified(String object) {
        try (InputStream in = read(object)) {
            return SnapshotArchive.verify(origin(object), in, OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw broken(object, e);
        }
    }

    private void requireSame(String object, LocalFile stored) {
        requireSame(object, stored.sizeBytes(), stored.sha256());
    }

    private void requireSame(String object, long sizeBytes, String sha256) {
        MessageDigest digest = Sha256.digest();
        long count = 0;
        try (InputStream in = read(object)) {
            byte[] buffer = new byte[READ_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                count += read;
            }
        } catch (IOException e) {
            throw broken(object, e);
        }
        if (count != sizeBytes || !Sha256.hex(digest).equals(sha256)) {
            throw another(origin(object));
        }
    }

    private static InvalidArchiveException another(String origin) {
        return new InvalidArchiveException(
                origin,
                "what was read back is something else than was stored",
                "check the disk or the store behind it");
    }

    private String origin(String object) {
        return "%s read back from %s".formatted(object, store.description());
    }

    private StoreException broken(String object, IOException trouble) {
        return new StoreException.Unavailable(
                "read %s from %s: %s".formatted(object, store.description(), FileTrouble.reason(trouble)),
                "try again; if it stays, check disk and network",
                trouble);
    }

    private InputStream read(String object) {
        return new AttendedStream(store.open(object), silence);
    }

    /**
     * Reads a snapshot and verifies it once more: that it is what was stored, and what the archive itself tells.
     *
     * @return what the archive holds; empty for one that is stored encrypted
     * @throws InvalidArchiveException if it is not what its manifest says
     * @throws StoreException if it cannot be read
     */
    public Optional<VerifiedArchive> verify(SnapshotManifest snapshot) {
        if (snapshot.encryption().isPresent()) {
            requireSame(snapshot.archive(), snapshot.sizeBytes(), snapshot.sha256());
            return Optional.empty();
        }
        VerifiedArchive read = verified(snapshot.archive());
        if (read.sizeBytes() != snapshot.sizeBytes() || !read.sha256().equals(snapshot.sha256())) {
            throw another(origin(snapshot.archive()));
        }
        return Optional.of(read);
    }

    /**
     * Brings a snapshot here, as the server sent it, verified once more.
     *
     * @param identity opens it where it is stored encrypted
     * @throws InvalidArchiveException if it is not what its manifest says, or cannot be decrypted to its end
     * @throws StoreException if it cannot be read
     * @throws ProblemException of kind INVALID if it takes another identity, or one at all
     */
    public Spooled fetch(SnapshotManifest snapshot, Optional<PgpIdentity> identity) {
        String origin = "%s from %s".formatted(snapshot.archive(), store.description());
        Optional<PgpIdentity> opener =
                snapshot.encryption().isPresent() ? Optional.of(required(identity, snapshot)) : Optional.empty();
        try (InputStream stored = read(snapshot.archive())) {
            return spool.bring(origin, stored, opener, sha256 -> {
                if (!sha256.equals(snapshot.sha256())) {
                    throw another(origin);
                }
            });
        } catch (DamagedMessageException e) {
            throw new InvalidArchiveException(origin, e);
        } catch (IOException e) {
            throw broken(snapshot.archive(), e);
        }
    }

    private static PgpIdentity required(Optional<PgpIdentity> identity, SnapshotManifest snapshot) {
        return identity.orElseThrow(() -> new ProblemException(Problem.invalid(
                "%s is encrypted to %s"
                        .formatted(
                                snapshot.archive(),
                                String.join(
                                        ", ",
                                        snapshot.encryption().orElseThrow().recipients())),
                "name the private key of one of them, in bootstrap.snapshot.encryption.private-key-file")));
    }

    /**
     * What the place holds; what does not look like a snapshot is passed over.
     *
     * @throws StoreException if it cannot be read
     */
    public Contents list() {
        Scan scan = scan();
        List<Broken> broken = new ArrayList<>(scan.broken());
        scan.orphans()
                .forEach(archive -> broken.add(new Broken(
                        archive.name(), "it has no manifest: storing it was interrupted, or it is not ours")));
        scan.bereft()
                .forEach(manifest -> broken.add(new Broken(manifest.fileName(), "its archive is not there any more")));
        return new Contents(
                scan.whole().stream().sorted(SnapshotManifest.NEWEST_FIRST).toList(), List.copyOf(broken));
    }

    /**
     * The newest snapshot that is wanted. Reads no more manifests than it takes to find it, and so one where all are wanted.
     *
     * @throws StoreException if it cannot be told
     */
    public Optional<SnapshotManifest> newest(Predicate<SnapshotManifest> wanted) {
        Map<String, StoredObject> objects = objects();
        return objects.keySet().stream()
                .filter(SnapshotManifest::isManifestName)
                .sorted(Comparator.comparing((String manifest) ->
                                SnapshotManifest.timeIn(manifest).orElse(Instant.MAX))
                        .thenComparing(Comparator.naturalOrder())
                        .reversed())
                .map(manifest -> classify(manifest, objects))
                .flatMap(scan -> scan.whole().stream())
                .filter(wanted)
                .findFirst();
    }

    /**
     * The snapshot of that name, without a look at any other.
     *
     * @param archive whose name nobody vouches for
     * @throws StoreException if it cannot be told
     */
    public Optional<SnapshotManifest> find(String archive) {
        Map<String, StoredObject> objects = objects();
        return Optional.of(SnapshotManifest.fileNameFor(archive))
                .filter(objects::containsKey)
                .flatMap(
                        manifest -> classify(manifest, objects).whole().stream().findFirst());
    }

    /**
     * Decides which snapshots of the cluster need not stay. Whatever has no manifest of ours, or one that does not fit it,
     * neither counts nor goes; but for an archive that nobody but a killed process of this cluster can have left, which goes
     * once a later snapshot counts.
     *
     * @throws StoreException if it cannot be told
     */
    public Pruning prunable(String clusterId, Retention retention, Instant now) {
        Scan scan = scan();
        List<String> leftovers = new ArrayList<>();
        for (SnapshotManifest manifest : scan.bereft()) {
            List<SnapshotManifest> withIt = new ArrayList<>(scan.whole());
            withIt.add(manifest);
            if (retention.expired(withIt, clusterId, now).contains(manifest)) {
                leftovers.add(manifest.fileName());
            }
        }
        retention
                .newestUnflagged(scan.whole(), clusterId, now)
                .ifPresent(newest -> scan.orphans().stream()
                        .filter(archive -> abandoned(archive, newest, now))
                        .map(StoredObject::name)
                        .forEach(leftovers::add));
        return new Pruning(
                retention.expired(scan.whole(), clusterId, now),
                leftovers,
                retention.suspects(scan.whole(), clusterId, now));
    }

    /**
     * Whether it was put there when the snapshot of its name was taken, and so by who took it, long enough ago that nobody is
     * about to bring its manifest. What was copied to the place later, without its manifest, is not.
     */
    private static boolean abandoned(StoredObject archive, SnapshotManifest newest, Instant now) {
        return SnapshotManifest.timeIn(archive.name(), newest.clusterName())
                .filter(takenAt -> takenAt.isBefore(newest.takenAt())
                        && archive.modified().isBefore(now.minus(LEFTOVER_AGE))
                        && Duration.between(takenAt, archive.modified()).abs().compareTo(LEFTOVER_AGE) <= 0)
                .isPresent();
    }

    /** Deletes what was decided to go. One thing that stays does not keep others. */
    public Pruned prune(Pruning pruning) {
        List<SnapshotManifest> gone = new ArrayList<>();
        List<SnapshotManifest> locked = new ArrayList<>();
        List<String> leftovers = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        for (SnapshotManifest manifest : pruning.expired()) {
            try {
                // The manifest goes last, since it is the proof that the rest is ours. Killed in between, the next run
                // finds a manifest without archive, which never counts, and finishes. The other way round, an archive
                // would be left that nobody may delete.
                store.delete(manifest.archive());
                store.delete(manifest.fileName());
                gone.add(manifest);
            } catch (StoreException.Locked e) {
                locked.add(manifest);
            } catch (StoreException e) {
                problems.add(e.problem());
            }
        }
        for (String object : pruning.leftovers()) {
            try {
                store.delete(object);
                leftovers.add(object);
            } catch (StoreException.Locked e) {
                // A rule of the place keeps it for now as it keeps a snapshot, which is no news.
            } catch (StoreException e) {
                problems.add(e.problem());
            }
        }
        return new Pruned(gone, locked, leftovers, problems);
    }

    /** Deletes what killed uploads left long ago. One that stays does not keep others. */
    public Pruned sweep(Instant now) {
        return sweep(now, leftover -> leftover.removal().run());
    }

    /** What {@link #sweep} would delete. */
    public Pruned sweepable(Instant now) {
        return sweep(now, leftover -> {});
    }

    private Pruned sweep(Instant now, Consumer<ObjectStore.Leftover> deletion) {
        List<String> gone = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        try {
            for (ObjectStore.Leftover leftover : store.leftovers(now.minus(LEFTOVER_AGE))) {
                try {
                    deletion.accept(leftover);
                    gone.add(leftover.description());
                } catch (StoreException e) {
                    problems.add(e.problem());
                }
            }
        } catch (StoreException e) {
            problems.add(e.problem());
        }
        return new Pruned(List.of(), List.of(), gone, problems);
    }

    private Map<String, StoredObject> objects() {
        Map<String, StoredObject> objects = new TreeMap<>();
        store.list().forEach(object -> objects.put(object.name(), object));
        return objects;
    }

    private Scan scan() {
        Map<String, StoredObject> objects = objects();
        Scan all = new Scan();
        objects.keySet().stream()
                .filter(SnapshotManifest::isArchiveName)
                .filter(archive -> !objects.containsKey(SnapshotManifest.fileNameFor(archive)))
                .map(objects::get)
                .forEach(all.orphans()::add);
        List<String> manifests = objects.keySet().stream()
                .filter(SnapshotManifest::isManifestName)
                .toList();
        Parallel.map(manifests, READS_AT_ONCE, manifest -> classify(manifest, objects))
                .forEach(all::add);
        return all;
    }

    /** Nothing where another process has deleted the manifest in the meantime. */
    private Scan classify(String object, Map<String, StoredObject> objects) {
        Scan scan = new Scan();
        Optional<byte[]> json = content(object);
        if (json.isEmpty()) {
            return scan;
        }
        SnapshotManifest manifest;
        try {
            manifest = SnapshotManifest.parse(object, json.get());
        } catch (ProblemException e) {
            scan.broken().add(new Broken(object, e.problem().message()));
            return scan;
        }
        StoredObject archive = objects.get(manifest.archive());
        if (!manifest.fileName().equals(object)) {
            scan.broken().add(new Broken(object, "it is the manifest of another archive, " + manifest.archive()));
        } else if (archive == null) {
            scan.bereft().add(manifest);
        } else if (archive.sizeBytes() != manifest.sizeBytes()) {
            scan.broken()
                    .add(new Broken(
                            manifest.archive(),
                            "it has %d bytes, but its manifest says %d"
                                    .formatted(archive.sizeBytes(), manifest.sizeBytes())));
        } else {
            scan.whole().add(manifest);
        }
        return scan;
    }

    private Optional<byte[]> content(String object) {
        try (InputStream in = read(object)) {
            return Optional.of(in.readNBytes(MANIFEST_BYTES));
        } catch (StoreException.Missing e) {
            return Optional.empty();
        } catch (IOException e) {
            throw broken(object, e);
        }
    }

    /**
     * What a place holds.
     *
     * @param snapshots those that count, newest first, of any cluster
     * @param broken what looks like a snapshot and is none to rely on
     */
    public record Contents(List<SnapshotManifest> snapshots, List<Broken> broken) {

        /** The clusters that have snapshots there, each once. */
        public List<String> clusterIds() {
            return snapshots.stream()
                    .map(SnapshotManifest::clusterId)
                    .distinct()
                    .toList();
        }
    }

    /**
     * An object that does not count.
     *
     * @param object its name
     */
    public record Broken(String object, String reason) {}

    /**
     * What may be deleted.
     *
     * @param leftovers names of manifests without archive and of archives without manifest, as killed processes leave them
     * @param suspects flagged snapshots that are a reason to delete nothing for now
     */
    public record Pruning(List<SnapshotManifest> expired, List<String> leftovers, List<SnapshotManifest> suspects) {}

    /**
     * What was deleted.
     *
     * @param locked what the place keeps, by a rule or a hold of its own
     * @param leftovers names of what killed processes had left
     * @param problems why something is still there
     */
    public record Pruned(
            List<SnapshotManifest> snapshots,
            List<SnapshotManifest> locked,
            List<String> leftovers,
            List<Problem> problems) {

        Pruned and(Pruned other) {
            return new Pruned(
                    concat(snapshots, other.snapshots),
                    concat(locked, other.locked),
                    concat(leftovers, other.leftovers),
                    concat(problems, other.problems));
        }

        private static <T> List<T> concat(List<T> some, List<T> more) {
            return Stream.concat(some.stream(), more.stream()).toList();
        }
    }

    /**
     * @param bereft manifests whose archive is gone
     * @param orphans archives without a manifest
     */
    private record Scan(
            List<SnapshotManifest> whole,
            List<SnapshotManifest> bereft,
            List<StoredObject> orphans,
            List<Broken> broken) {

        Scan() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void add(Scan other) {
            whole.addAll(other.whole);
            bereft.addAll(other.bereft);
            orphans.addAll(other.orphans);
            broken.addAll(other.broken);
        }
    }
}
