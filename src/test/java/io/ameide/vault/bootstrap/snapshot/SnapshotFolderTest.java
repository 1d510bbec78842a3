package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.snapshot.SnapshotFolder.Broken;
import io.ameide.vault.bootstrap.tick.Problem.Kind;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
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

class SnapshotFolderTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:15:30Z");
    private static final String CLUSTER = "52bff148-5cd7-ed00-3d30-7ffd02620f40";
    private static final String NAME = "platform-20261122T101530Z-4711.snap";

    @TempDir
    private Path parent;

    private Path path;
    private SnapshotFolder folder;

    @BeforeEach
    void locate() {
        path = parent.resolve("backup/snapshots");
        folder = new SnapshotFolder(path, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @Test
    void storedSnapshotIsArchiveAndManifestForTheOwnerOnly() throws IOException {
        byte[] archive = Archives.good();

        SnapshotManifest manifest = folder.store(new ByteArrayInputStream(archive), provenance(NOW));

        assertThat(manifest)
                .isEqualTo(new SnapshotManifest(
                        NAME,
                        Archives.sha256(archive),
                        archive.length,
                        4711,
                        3,
                        CLUSTER,
                        "platform",
                        "2.7.2",
                        "shamir",
                        NOW,
                        "vault-bootstrap 0.1.0"));
        assertThat(files()).containsExactly(NAME, NAME + ".json");
        assertThat(path.resolve(NAME)).hasBinaryContent(archive);
        assertThat(permissions(path)).isEqualTo("rwx------");
        assertThat(permissions(path.resolve(NAME))).isEqualTo("rw-------");
        assertThat(permissions(path.resolve(NAME + ".json"))).isEqualTo("rw-------");
        assertThat(folder.list()).isEqualTo(new SnapshotFolder.Contents(List.of(manifest), List.of()));
    }

    @Test
    void invalidArchiveLeavesNothing() throws IOException {
        byte[] archive = Archives.good();

        for (byte[] spoiled : List.of(
                new byte[0],
                Arrays.copyOf(archive, archive.length - 8),
                Archives.concat(archive, archive),
                Archives.pack(Archives.without(Archives.members(4711), "SHA256SUMS.sealed")))) {
            assertThatThrownBy(() -> folder.store(new ByteArrayInputStream(spoiled), provenance(NOW)))
                    .isInstanceOf(InvalidArchiveException.class)
                    .hasMessageStartingWith("snapshot from http://127.0.0.1:8200: ");
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void archiveThatLacksWhatWasCommittedIsRefused() throws IOException {
        assertThatThrownBy(() -> folder.store(new ByteArrayInputStream(Archives.good(4710)), provenance(NOW)))
                .isInstanceOf(InvalidArchiveException.class)
                .hasMessage("snapshot from http://127.0.0.1:8200: it ends at index 4710, but 4711 was already committed"
                        + " when it was asked for (it was taken from a node that lags: ask the leader)");
        assertThat(files()).isEmpty();

        assertThat(folder.store(new ByteArrayInputStream(Archives.good(4712)), provenance(NOW))
                        .index())
                .isEqualTo(4712);
    }

    @Test
    void sourceThatBreaksOffLeavesNothing() throws IOException {
        InputStream source =
                new SequenceInputStream(new ByteArrayInputStream(Archives.good(), 0, 500), new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("connection reset");
                    }
                });

        assertThatThrownBy(() -> folder.store(source, provenance(NOW)))
                .hasMessageContaining("reading broke off after 500 bytes: connection reset");
        assertThat(files()).isEmpty();
    }

    @Test
    void archiveThatReadsBackDamagedIsRefused() throws IOException {
        InputStream source = atEnd(archive -> {
            archive[archive.length / 2] ^= 1;
            return archive;
        });

        assertThatThrownBy(() -> folder.store(source, provenance(NOW))).isInstanceOf(InvalidArchiveException.class);
        assertThat(files()).isEmpty();
    }

    @Test
    void archiveThatReadsBackAsAnotherValidOneIsRefused() throws IOException {
        InputStream source = atEnd(archive -> Archives.good(4712));

        assertThatThrownBy(() -> folder.store(source, provenance(NOW)))
                .hasMessageContaining("what was read back from disk is another archive than was written");
        assertThat(files()).isEmpty();
    }

    @Test
    void nameThatIsTakenIsNeverOverwritten() throws IOException {
        SnapshotManifest first = folder.store(new ByteArrayInputStream(Archives.good()), provenance(NOW));

        assertThatThrownBy(() -> folder.store(new ByteArrayInputStream(Archives.good()), provenance(NOW)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(NAME + ": one of that name is already there");
        assertThat(folder.list().snapshots()).containsExactly(first);
        assertThat(files()).containsExactly(NAME, NAME + ".json");
    }

    @Test
    void oneOfManyThatStoreUnderOneNameWins() throws Exception {
        Callable<Boolean> store = () -> {
            try {
                folder.store(new ByteArrayInputStream(Archives.good()), provenance(NOW));
                return true;
            } catch (ProblemException e) {
                assertThat(e).hasMessageContaining("one of that name is already there");
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
        assertThat(folder.list().snapshots()).hasSize(1);
    }

    @Test
    void folderThatIsAFileIsAProblemOfAccess() throws IOException {
        Files.createDirectories(path.getParent());
        Files.createFile(path);

        assertThatThrownBy(() -> folder.store(new ByteArrayInputStream(Archives.good()), provenance(NOW)))
                .hasMessage(
                        "store the snapshot from http://127.0.0.1:8200 in %s: %s: is already there and is not a folder"
                                .formatted(path, path))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().kind()).isEqualTo(Kind.ACCESS));
        assertThatThrownBy(folder::list).hasMessageStartingWith("list the snapshots in " + path);
    }

    @Test
    void folderThatTakesNoFilesIsAProblemOfAccess() {
        // Nobody may create files there, not even root, for whom permissions mean nothing.
        SnapshotFolder refusing = new SnapshotFolder(Path.of("/proc/self"), Clock.systemUTC());

        assertThatThrownBy(() -> refusing.store(new ByteArrayInputStream(Archives.good()), provenance(NOW)))
                .hasMessageStartingWith("store the snapshot from http://127.0.0.1:8200 in /proc/self: ")
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().kind()).isEqualTo(Kind.ACCESS));
    }

    @Test
    void folderThatDoesNotExistHoldsNothingAndIsNotCreatedByLooking() {
        assertThat(folder.list()).isEqualTo(new SnapshotFolder.Contents(List.of(), List.of()));
        assertThat(folder.retain(CLUSTER, new Retention(1)).snapshots()).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void snapshotsAreListedNewestFirst() {
        SnapshotManifest old = store(NOW.minusSeconds(7200), 4711);
        SnapshotManifest newest = store(NOW, 4712);
        // After a restore the index begins anew from an older one.
        SnapshotManifest middle = store(NOW.minusSeconds(3600), 9000);

        assertThat(folder.list().snapshots()).containsExactly(newest, middle, old);
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

        SnapshotFolder.Contents contents = folder.list();

        assertThat(contents.snapshots()).containsExactly(good);
        assertThat(contents.broken())
                .extracting(Broken::file, broken -> broken.reason().replaceFirst("JSON: .*", "JSON: …"))
                .containsExactlyInAnyOrder(
                        tuple(cut.archive(), "it has 10 bytes, but its manifest says " + cut.sizeBytes()),
                        tuple(bereft.fileName(), "its archive is not there any more"),
                        tuple(linked.archive(), "it is not a regular file"),
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
        SnapshotManifest foreign =
                folder.store(new ByteArrayInputStream(Archives.good()), provenance("another", NOW.minusSeconds(9)));
        Files.write(path.resolve("platform-20200101T000000Z-1.snap"), Archives.good());
        Files.writeString(path.resolve("notes.txt"), "kept");

        SnapshotFolder.Pruned pruned = folder.retain(CLUSTER, new Retention(2));

        assertThat(pruned.snapshots()).containsExactly(third, fourth);
        assertThat(pruned.leftovers()).isEmpty();
        assertThat(folder.list().snapshots()).containsExactly(newest, second, foreign);
        assertThat(files())
                .contains("platform-20200101T000000Z-1.snap", "notes.txt")
                .hasSize(8);
        assertThat(folder.retain(CLUSTER, new Retention(2)).snapshots()).isEmpty();
    }

    @Test
    void damagedSnapshotsNeitherCountNorGo() throws IOException {
        SnapshotManifest cut = store(NOW, 4713);
        SnapshotManifest whole = store(NOW.minusSeconds(1), 4712);
        SnapshotManifest oldCut = store(NOW.minusSeconds(2), 4711);
        Files.write(path.resolve(cut.archive()), new byte[10]);
        Files.write(path.resolve(oldCut.archive()), new byte[10]);

        assertThat(folder.retain(CLUSTER, new Retention(1)).snapshots()).isEmpty();

        assertThat(folder.list().snapshots()).containsExactly(whole);
        assertThat(files()).hasSize(6);
    }

    @Test
    void retentionThatWasKilledHalfWayIsFinished() throws IOException {
        SnapshotManifest newest = store(NOW, 4713);
        SnapshotManifest kept = store(NOW.minusSeconds(1), 4712);
        SnapshotManifest expired = store(NOW.minusSeconds(2), 4711);
        Files.delete(path.resolve(expired.archive()));

        SnapshotFolder.Pruned pruned = folder.retain(CLUSTER, new Retention(2));

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
            folder.retain(CLUSTER, new Retention(1));

            assertThat(finalNames(watch, 8))
                    .containsExactly(
                            first.archive(), first.fileName(),
                            second.archive(), second.fileName(),
                            first.archive(), second.archive(),
                            first.fileName(), second.fileName());
        }
    }

    @Test
    void manifestWhoseArchiveVanishedBeforeItsTimeStaysAsATrace() throws IOException {
        SnapshotManifest vanished = store(NOW, 4713);
        SnapshotManifest kept = store(NOW.minusSeconds(1), 4712);
        Files.delete(path.resolve(vanished.archive()));

        folder.retain(CLUSTER, new Retention(2));

        assertThat(files()).containsExactlyInAnyOrder(vanished.fileName(), kept.archive(), kept.fileName());
    }

    @Test
    void temporaryFilesGoAfterADay() throws IOException {
        store(NOW, 4711);
        Path left = temporary(".vault-bootstrap-123.part", Duration.ofHours(25));
        temporary(".vault-bootstrap-456.part", Duration.ofHours(23));
        temporary(".somebody-else-789.part", Duration.ofDays(30));

        assertThat(folder.retain(CLUSTER, new Retention(1)).leftovers())
                .containsExactly(left.getFileName().toString());

        assertThat(files())
                .containsExactly(".somebody-else-789.part", ".vault-bootstrap-456.part", NAME, NAME + ".json");
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

    private Path temporary(String name, Duration age) throws IOException {
        Path file = Files.createFile(path.resolve(name));
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    }

    private SnapshotManifest store(Instant takenAt, long index) {
        return folder.store(new ByteArrayInputStream(Archives.good(index)), provenance(takenAt));
    }

    private static Provenance provenance(Instant takenAt) {
        return provenance(CLUSTER, takenAt);
    }

    private static Provenance provenance(String clusterId, Instant takenAt) {
        return new Provenance(
                "http://127.0.0.1:8200",
                clusterId,
                "platform",
                "2.7.2",
                "shamir",
                4711,
                takenAt,
                "vault-bootstrap 0.1.0");
    }

    /** A good archive; when all of it is written, what is on disk is replaced behind the back of the one who wrote it. */
    private InputStream atEnd(UnaryOperator<byte[]> tampering) {
        return new ByteArrayInputStream(Archives.good()) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                int read = super.read(buffer, offset, length);
                if (read < 0) {
                    try {
                        Path written = path.resolve(files().getFirst());
                        Files.write(written, tampering.apply(Files.readAllBytes(written)));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
                return read;
            }
        };
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
