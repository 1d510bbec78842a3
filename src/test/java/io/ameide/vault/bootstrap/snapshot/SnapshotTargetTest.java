package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.snapshot.SnapshotTarget.Broken;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

@Timeout(120)
class SnapshotTargetTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:15:30Z");
    private static final String CLUSTER = "52bff148-5cd7-ed00-3d30-7ffd02620f40";
    private static final String NAME = "platform-20261122T101530Z-4711.snap";

    @TempDir
    private Path parent;

    private Path path;
    private Path spooled;
    private SpoolFolder spool;
    private SnapshotTarget target;

    @BeforeEach
    void locate() {
        path = parent.resolve("backup/snapshots");
        spooled = parent.resolve("spool");
        spool = new SpoolFolder(spooled);
        target = at(new FolderStore(path));
    }

    @Test
    void storedSnapshotIsArchiveAndManifestForTheOwnerOnly() throws IOException {
        byte[] archive = Archives.good();

        SnapshotManifest manifest = store(archive, provenance(CLUSTER, NOW));

        assertThat(manifest.archive()).isEqualTo(NAME);
        assertThat(manifest.sha256()).isEqualTo(Archives.sha256(archive));
        assertThat(manifest.sizeBytes()).isEqualTo(archive.length);
        assertThat(files()).containsExactly(NAME, NAME + ".json");
        assertThat(path.resolve(NAME)).hasBinaryContent(archive);
        assertThat(path.resolve(NAME + ".json")).hasBinaryContent(manifest.toJson());
        assertThat(permissions(path.resolve(NAME))).isEqualTo("rw-------");
        assertThat(permissions(path.resolve(NAME + ".json"))).isEqualTo("rw-------");
        assertThat(target.list()).isEqualTo(new SnapshotTarget.Contents(List.of(manifest), List.of()));
        assertThat(spooled).isEmptyDirectory();
    }

    @Test
    void archiveThatReadsBackDamagedIsRefusedAndGone() throws IOException {
        SnapshotTarget spoiling = at(new Spoiling(path, archive -> {
            archive[archive.length / 2] ^= 1;
            return archive;
        }));

        assertThatThrownBy(() -> store(spoiling, Archives.good(), provenance(CLUSTER, NOW)))
                .isInstanceOf(InvalidArchiveException.class)
                .hasMessageStartingWith("%s read back from folder %s: ".formatted(NAME, path));
        assertThat(files()).isEmpty();
    }

    @Test
    void archiveThatReadsBackAsAnotherValidOneIsRefusedAndGone() throws IOException {
        SnapshotTarget spoiling = at(new Spoiling(path, archive -> Archives.good(4712)));

        assertThatThrownBy(() -> store(spoiling, Archives.good(), provenance(CLUSTER, NOW)))
                .hasMessageContaining("what was read back is something else than was stored");
        assertThat(files()).isEmpty();
    }

    @Test
    void readingBackThatStallsIsGivenUp() throws IOException {
        SnapshotTarget stalling = new SnapshotTarget(
                "stalling",
                new FaultyStore(new FolderStore(path)) {
                    @Override
                    public InputStream open(String name) {
                        return new StalledStream(super.open(name), 100);
                    }
                },
                spool,
                Duration.ofMillis(50));

        assertThatThrownBy(() -> store(stalling, Archives.good(), provenance(CLUSTER, NOW)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("nothing came for 50 ms");
        assertThat(files()).isEmpty();
    }

    @Test
    void nameThatIsTakenIsNeverOverwritten() throws IOException {
        SnapshotManifest first = store(Archives.good(), provenance(CLUSTER, NOW));

        assertThatThrownBy(() -> store(Archives.good(), provenance(CLUSTER, NOW)))
                .isInstanceOf(StoreException.Exists.class)
                .hasMessageContaining("store %s in %s: one of that name is already there".formatted(NAME, path));
        assertThat(target.list().snapshots()).containsExactly(first);
        assertThat(files()).containsExactly(NAME, NAME + ".json");
    }

    @Test
    void oneOfManyThatStoreUnderOneNameWins() throws Exception {
        Callable<Boolean> store = () -> {
            try {
                store(Archives.good(), provenance(CLUSTER, NOW));
                return true;
            } catch (StoreException.Exists e) {
                return false;
            }
        };

        int winners = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Boolean> future :
                    threads.invokeAll(List.of(store, store, store, store, store, store, store, store))) {
                winners += future.get() ? 1 : 0;
            }
        }

        assertThat(winners).isEqualTo(1);
        assertThat(files()).containsExactly(NAME, NAME + ".json");
        assertThat(target.list().snapshots()).hasSize(1);
    }

    @Test
    void placeThatTakesNoManifestKeepsNoArchive() throws IOException {
        SnapshotTarget refusing = at(new FaultyStore(new FolderStore(path)) {
            @Override
            public void put(String name, LocalFile content) {
                if (name.endsWith(".json")) {
                    throw new StoreException.Full("store %s: no room".formatted(name), "");
                }
                super.put(name, content);
            }
        });

        assertThatThrownBy(() -> store(refusing, Archives.good(), provenance(CLUSTER, NOW)))
                .isInstanceOf(StoreException.Full.class);
        assertThat(files()).isEmpty();
    }

    @Test
    void folderThatDoesNotExistHoldsNothingAndIsNotCreatedByLooking() {
        assertThat(target.list()).isEqualTo(new SnapshotTarget.Contents(List.of(), List.of()));
        assertThat(target.newest(any -> true)).isEmpty();
        assertThat(retain(1).snapshots()).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void snapshotsAreListedNewestFirst() {
        SnapshotManifest old = store(NOW.minusSeconds(7200), 4711);
        SnapshotManifest newest = store(NOW, 4712);
        // After a restore the index begins anew from an older one.
        SnapshotManifest middle = store(NOW.minusSeconds(3600), 9000);

        assertThat(target.list().snapshots()).containsExactly(newest, middle, old);
    }

    @Test
    void whatDoesNotCountIsReportedAndTheRestIsPassedOver() throws IOException {
        SnapshotManifest good = store(NOW, 4711);
        SnapshotManifest cut = store(NOW.minusSeconds(1), 4711);
        SnapshotManifest bereft = store(NOW.minusSeconds(2), 4711);
        SnapshotManifest linked = store(NOW.minusSeconds(3), 4711);
        Files.write(path.resolve(cut.archive()), new byte[10]);
        Files.delete(path.resolve(bereft.archive()));
        Files.delete(path.resolve(linked.archive()));
        Files.createSymbolicLink(path.resolve(linked.archive()), path.resolve(good.archive()));
        Files.write(path.resolve("orphan.snap"), Archives.good());
        Files.writeString(path.resolve("torn.snap.json"), "{\"archive\": \"to");
        Files.write(path.resolve("copy.snap.json"), good.toJson());
        Files.writeString(path.resolve("README"), "not a snapshot");
        Files.createDirectory(path.resolve("lost+found"));
        Files.createDirectory(path.resolve("folder.snap"));

        SnapshotTarget.Contents contents = target.list();

        assertThat(contents.snapshots()).containsExactly(good);
        assertThat(contents.broken())
                .extracting(Broken::object, broken -> broken.reason().replaceFirst("JSON: .*", "JSON: …"))
                .containsExactlyInAnyOrder(
                        tuple(cut.archive(), "it has 10 bytes, but its manifest says " + cut.sizeBytes()),
                        tuple(bereft.fileName(), "its archive is not there any more"),
                        tuple(linked.fileName(), "its archive is not there any more"),
                        tuple("orphan.snap", "it has no manifest: storing it was interrupted, or it is not ours"),
                        tuple("torn.snap.json", "snapshot manifest torn.snap.json is not JSON: …"),
                        tuple("copy.snap.json", "it is the manifest of another archive, " + good.archive()));
    }

    @Test
    void retentionDeletesTheOldestOfTheClusterOnly() throws IOException {
        SnapshotManifest newest = store(NOW, 4714);
        SnapshotManifest second = store(NOW.minusSeconds(1), 4713);
        SnapshotManifest third = store(NOW.minusSeconds(2), 4712);
        SnapshotManifest fourth = store(NOW.minusSeconds(3), 4711);
        SnapshotManifest foreign = store(Archives.good(), provenance("another", NOW.minusSeconds(9)));
        Files.write(path.resolve("platform-20200101T000000Z-1.snap"), Archives.good());
        Files.writeString(path.resolve("notes.txt"), "kept");

        SnapshotTarget.Pruned pruned = retain(2);

        assertThat(pruned.snapshots()).containsExactly(third, fourth);
        assertThat(pruned.leftovers()).isEmpty();
        assertThat(target.list().snapshots()).containsExactly(newest, second, foreign);
        assertThat(files())
                .contains("platform-20200101T000000Z-1.snap", "notes.txt")
                .hasSize(8);
        assertThat(retain(2).snapshots()).isEmpty();
    }

    @Test
    void damagedSnapshotsNeitherCountNorGo() throws IOException {
        SnapshotManifest cut = store(NOW, 4713);
        SnapshotManifest whole = store(NOW.minusSeconds(1), 4712);
        SnapshotManifest oldCut = store(NOW.minusSeconds(2), 4711);
        Files.write(path.resolve(cut.archive()), new byte[10]);
        Files.write(path.resolve(oldCut.archive()), new byte[10]);

        assertThat(retain(1).snapshots()).isEmpty();

        assertThat(target.list().snapshots()).containsExactly(whole);
        assertThat(files()).hasSize(6);
    }

    @Test
    void retentionThatWasKilledHalfWayIsFinished() throws IOException {
        SnapshotManifest newest = store(NOW, 4713);
        SnapshotManifest kept = store(NOW.minusSeconds(1), 4712);
        SnapshotManifest expired = store(NOW.minusSeconds(2), 4711);
        Files.delete(path.resolve(expired.archive()));

        SnapshotTarget.Pruned pruned = retain(2);

        assertThat(pruned.leftovers()).containsExactly(expired.fileName());
        assertThat(files())
                .containsExactlyInAnyOrder(newest.archive(), newest.fileName(), kept.archive(), kept.fileName());
    }

    @Test
    void manifestIsTheLastToComeAndTheLastToGo() throws Exception {
        store(NOW, 4712);
        try (WatchService watch = path.getFileSystem().newWatchService()) {
            path.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);

            SnapshotManifest first = store(NOW.minusSeconds(1), 4711);
            SnapshotManifest second = store(NOW.minusSeconds(2), 4711);
            retain(1);

            assertThat(finalNames(watch, 8))
                    .containsExactly(
                            first.archive(), first.fileName(),
                            second.archive(), second.fileName(),
                            first.archive(), first.fileName(),
                            second.archive(), second.fileName());
        }
    }

    @Test
    void manifestWhoseArchiveVanishedBeforeItsTimeStaysAsATrace() throws IOException {
        SnapshotManifest vanished = store(NOW, 4713);
        SnapshotManifest kept = store(NOW.minusSeconds(1), 4712);
        Files.delete(path.resolve(vanished.archive()));

        retain(2);

        assertThat(files()).containsExactlyInAnyOrder(vanished.fileName(), kept.archive(), kept.fileName());
    }

    @Test
    void temporaryFilesGoAfterADay() throws IOException {
        store(NOW, 4711);
        Path left = temporary(".vault-bootstrap-123.part", Duration.ofHours(25));
        temporary(".vault-bootstrap-456.part", Duration.ofHours(23));
        temporary(".somebody-else-789.part", Duration.ofDays(30));

        assertThat(retain(1).leftovers()).containsExactly(left.getFileName().toString());

        assertThat(files())
                .containsExactly(".somebody-else-789.part", ".vault-bootstrap-456.part", NAME, NAME + ".json");
    }

    @Test
    void archiveWhoseProcessWasKilledBeforeItsManifestCameGoesAfterADay() throws IOException {
        Path left = orphan("platform-20261121T091530Z-4000.snap", Duration.ofHours(25));
        Path encrypted = orphan("platform-20261121T091531Z-4000.snap.pgp", Duration.ofHours(25));
        Path young = orphan("platform-20261121T111530Z-4001.snap", Duration.ofHours(23));
        Path later = orphan("platform-20261121T091532Z-4001.snap", Duration.ofHours(23));
        store(NOW, 4711);

        assertThat(retain(1).leftovers())
                .containsExactly(
                        left.getFileName().toString(), encrypted.getFileName().toString());

        assertThat(files())
                .containsExactlyInAnyOrder(
                        young.getFileName().toString(), later.getFileName().toString(), NAME, NAME + ".json");
    }

    /** Of a good snapshot it may be all that is left, after somebody copied it there, or deleted its manifest. */
    @Test
    void archiveWithoutManifestThatMayBeSomebodysStays() throws IOException {
        orphan("other-20261101T101530Z-4000.snap", Duration.ofDays(21));
        orphan("platform-b-20261101T101530Z-4000.snap", Duration.ofDays(21));
        orphan("copy-of-platform-20261101T101530Z-4000.snap", Duration.ofDays(21));
        orphan("platform-20261101T101530Z-4000.snap", Duration.ofDays(2)); // copied there long after its time
        orphan("platform-before-upgrade.snap", Duration.ofDays(21));
        orphan("platform-20261101T101530Z-4000.snap.bak", Duration.ofDays(21));
        store(NOW, 4711);

        assertThat(retain(1).leftovers()).isEmpty();
        assertThat(files()).hasSize(8);
    }

    @Test
    void archiveWithoutManifestStaysWhileNoLaterSnapshotCounts() throws IOException {
        orphan("platform-20261121T091530Z-4000.snap", Duration.ofHours(25));
        store(NOW.minus(Duration.ofDays(2)), 3000);

        assertThat(retain(1).leftovers()).isEmpty();
        assertThat(files()).hasSize(3);
    }

    @Test
    void leftoverThatThePlaceKeepsIsNoProblem() throws IOException {
        Path left = orphan("platform-20261121T091530Z-4000.snap", Duration.ofHours(25));
        store(NOW, 4711);
        SnapshotTarget locking = at(new FaultyStore(new FolderStore(path)) {
            @Override
            public void delete(String name) {
                throw new StoreException.Locked("delete %s: it is on hold".formatted(name), "");
            }
        });

        SnapshotTarget.Pruned pruned = locking.prune(locking.prunable(CLUSTER, new Retention(1), NOW));

        assertThat(pruned.leftovers()).isEmpty();
        assertThat(pruned.problems()).isEmpty();
        assertThat(left).exists();
    }

    @Test
    void newestIsFoundWithoutReadingTheOthers() {
        store(NOW.minusSeconds(30), 4711);
        store(Archives.good(4712), provenance("another", NOW.minusSeconds(20)));
        SnapshotManifest ours = store(NOW.minusSeconds(25), 4713);
        store(NOW, 4714);
        List<String> read = Collections.synchronizedList(new ArrayList<>());
        SnapshotTarget observed = at(new FaultyStore(new FolderStore(path)) {
            @Override
            public InputStream open(String name) {
                read.add(name);
                return super.open(name);
            }
        });

        assertThat(observed.newest(snapshot -> snapshot.clusterId().equals(CLUSTER)
                        && snapshot.takenAt().isBefore(NOW)))
                .contains(ours);
        assertThat(read).hasSize(3).last().isEqualTo(ours.fileName());
    }

    @Test
    void thousandsOfObjectsAreSeenAndKeptInOrder() throws IOException {
        Files.createDirectories(path);
        for (int i = 0; i < 1500; i++) {
            SnapshotManifest manifest =
                    Manifests.of(provenance(CLUSTER, NOW.minus(Duration.ofHours(i))), 10_000 - i, 1000);
            Files.write(path.resolve(manifest.archive()), new byte[1]);
            Files.write(path.resolve(manifest.fileName()), manifest.toJson());
        }

        assertThat(target.newest(any -> true).orElseThrow().index()).isEqualTo(10_000);
        assertThat(target.list().snapshots())
                .hasSize(1500)
                .extracting(SnapshotManifest::index)
                .startsWith(10_000L, 9_999L)
                .endsWith(8501L);
        assertThat(retain(1499).snapshots()).extracting(SnapshotManifest::index).containsExactly(8501L);
    }

    @Test
    void newestIsOneThatCounts() throws IOException {
        SnapshotManifest older = store(NOW.minusSeconds(5), 4711);
        SnapshotManifest cut = store(NOW, 4712);
        Files.write(path.resolve(cut.archive()), new byte[10]);

        assertThat(target.newest(any -> true)).contains(older);
    }

    @Test
    void whatThePlaceKeepsStaysWithItsManifestAndKeepsNoOther() throws IOException {
        SnapshotManifest newest = store(NOW, 4713);
        SnapshotManifest held = store(NOW.minusSeconds(1), 4712);
        SnapshotManifest expired = store(NOW.minusSeconds(2), 4711);
        SnapshotTarget locking = at(new FaultyStore(new FolderStore(path)) {
            @Override
            public void delete(String name) {
                if (name.equals(held.archive())) {
                    throw new StoreException.Locked("delete %s: it is on hold".formatted(name), "");
                }
                super.delete(name);
            }
        });

        SnapshotTarget.Pruned pruned = locking.prune(locking.prunable(CLUSTER, new Retention(1), NOW));

        assertThat(pruned.locked()).containsExactly(held);
        assertThat(pruned.snapshots()).containsExactly(expired);
        assertThat(pruned.problems()).isEmpty();
        assertThat(files())
                .containsExactlyInAnyOrder(newest.archive(), newest.fileName(), held.archive(), held.fileName());
    }

    @Test
    void flaggedOneIsAReasonToDeleteNothing() {
        SnapshotManifest odd;
        try (Spooled snapshot = spool.take("snapshot", new ByteArrayInputStream(Archives.good()), List.of())) {
            odd = SnapshotManifest.of(snapshot.archive(), snapshot.file(), List.of(), provenance(CLUSTER, NOW))
                    .flagged(List.of("it holds 10 bytes, the one before 1,000"));
            target.store(snapshot, odd);
        }
        store(NOW.minusSeconds(1), 4711);

        SnapshotTarget.Pruning pruning = target.prunable(CLUSTER, new Retention(1), NOW);

        assertThat(pruning.suspects()).containsExactly(odd);
    }

    /** Names that came and went, in order, without those of temporary files. */
    private static List<String> finalNames(WatchService watch, int expected) throws InterruptedException {
        List<String> names = new ArrayList<>();
        while (names.size() < expected) {
            WatchKey key = watch.poll(10, TimeUnit.SECONDS);
            assertThat(key).as("an event after %s", names).isNotNull();
            key.pollEvents().stream()
                    .map(event -> event.context().toString())
                    .filter(name -> !name.startsWith("."))
                    .forEach(names::add);
            key.reset();
        }
        return names;
    }

    @Test
    void uploadThatCannotBeRemovedDoesNotKeepOthers() {
        List<String> removed = new ArrayList<>();
        SnapshotTarget target = at(new FaultyStore(new FolderStore(path)) {
            @Override
            public List<Leftover> leftovers(Instant before) {
                return List.of(
                        new Leftover("upload of a", () -> {
                            throw new StoreException.Locked("delete the upload of a: no", "");
                        }),
                        new Leftover("upload of b", () -> removed.add("b")));
            }
        });

        assertThat(target.sweepable(NOW).leftovers()).containsExactly("upload of a", "upload of b");
        assertThat(removed).isEmpty();
        SnapshotTarget.Pruned swept = target.sweep(NOW);

        assertThat(swept.leftovers()).containsExactly("upload of b");
        assertThat(swept.problems()).hasSize(1);
        assertThat(removed).containsExactly("b");
    }

    private Path temporary(String name, Duration age) throws IOException {
        Path file = Files.createFile(path.resolve(name));
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    }

    private Path orphan(String name, Duration age) throws IOException {
        Files.createDirectories(path);
        Path file = Files.write(path.resolve(name), Archives.good());
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    }

    private SnapshotTarget at(ObjectStore store) {
        return new SnapshotTarget("local", store, spool, Duration.ofSeconds(30));
    }

    private SnapshotTarget.Pruned retain(int newest) {
        return target.prune(target.prunable(CLUSTER, new Retention(newest), NOW))
                .and(target.sweep(NOW));
    }

    private SnapshotManifest store(Instant takenAt, long index) {
        return store(Archives.good(index), provenance(CLUSTER, takenAt));
    }

    private SnapshotManifest store(byte[] archive, Provenance provenance) {
        return store(target, archive, provenance);
    }

    private SnapshotManifest store(SnapshotTarget at, byte[] archive, Provenance provenance) {
        try (Spooled snapshot = spool.take("snapshot", new ByteArrayInputStream(archive), List.of())) {
            SnapshotManifest manifest = SnapshotManifest.of(snapshot.archive(), snapshot.file(), List.of(), provenance);
            at.store(snapshot, manifest);
            return manifest;
        }
    }

    private static Provenance provenance(String clusterId, Instant takenAt) {
        return Manifests.provenance(clusterId, "platform", takenAt);
    }

    /** Replaces the archive behind the back of the one who stored it. */
    private static final class Spoiling extends FaultyStore {

        private final Path folder;
        private final UnaryOperator<byte[]> tampering;

        Spoiling(Path folder, UnaryOperator<byte[]> tampering) {
            super(new FolderStore(folder));
            this.folder = folder;
            this.tampering = tampering;
        }

        @Override
        public void put(String name, LocalFile content) {
            super.put(name, content);
            try {
                Path file = folder.resolve(name);
                Files.write(file, tampering.apply(Files.readAllBytes(file)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
