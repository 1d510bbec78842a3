package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.testing.TemporaryMount;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class FolderStoreTest extends ObjectStoreContract {

    private static final Instant NOW = Instant.parse("2026-11-22T10:15:30Z");

    @TempDir
    private Path parent;

    private Path path;
    private FolderStore store;

    @BeforeEach
    void locate() {
        path = parent.resolve("backup/snapshots");
        store = new FolderStore(path);
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    int severalParts() {
        return 300_000;
    }

    @Test
    void lookingDoesNotMakeTheFolder() {
        store.list();
        store.leftovers(NOW).forEach(leftover -> leftover.removal().run());
        store.delete("a.snap");

        assertThat(path).doesNotExist();
    }

    @Test
    void everythingIsForTheOwnerOnly() throws IOException {
        store.put("a.snap", file(bytes(1, 10)));

        assertThat(permissions(path)).isEqualTo("rwx------");
        assertThat(permissions(path.resolve("a.snap"))).isEqualTo("rw-------");
    }

    @Test
    void refusedFileLeavesNothing() throws IOException {
        LocalFile honest = file(bytes(1, 1000));

        assertThatThrownBy(() -> store.put("a.snap", new LocalFile(honest.path(), 1000, "0".repeat(64))))
                .hasMessage("store a.snap in %s: what was read from %s is not what was written there (check that disk)"
                        .formatted(path, honest.path()));

        assertThat(files()).isEmpty();
    }

    @Test
    void fileThatLiesInTheFolderIsTakenOverOnceItsNameIsFree() throws IOException {
        store.put("a.snap", file(bytes(1, 1000)));
        byte[] archive = Archives.good();
        try (Spooled spooled =
                store.spool().orElseThrow().take("snapshot", new ByteArrayInputStream(archive), List.of())) {
            assertThat(permissions(spooled.file().path())).isEqualTo("rw-------");
            assertThatThrownBy(() -> store.put("a.snap", spooled.file())).isInstanceOf(StoreException.Exists.class);
            assertThat(spooled.file().path()).hasBinaryContent(archive);

            store.put("b.snap", spooled.file());

            assertThat(files()).containsExactly("a.snap", "b.snap");
        }
        assertThat(read("a.snap")).isEqualTo(bytes(1, 1000));
        assertThat(read("b.snap")).isEqualTo(archive);
    }

    @Test
    void folderThatIsNotThereYetIsNotMadeForAFileOnItsWay() {
        assertThat(store.spool()).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void fullDiskIsNamedAndKeepsWhatItHas() throws IOException {
        try (TemporaryMount mount = TemporaryMount.ofKibibytes(256, parent.resolve("mounted"))) {
            FolderStore small = new FolderStore(mount.folder());
            small.put("a.snap", file(bytes(1, 100_000)));

            assertThatThrownBy(() -> small.put("b.snap", file(bytes(2, 300_000))))
                    .isInstanceOf(StoreException.Full.class)
                    .hasMessageStartingWith("store b.snap in %s: ".formatted(mount.folder()))
                    .hasMessageEndingWith("(free some space, or keep fewer snapshots)");

            try (Stream<Path> left = Files.list(mount.folder())) {
                assertThat(left).containsExactly(mount.folder().resolve("a.snap"));
            }
            small.delete("a.snap");
            small.put("b.snap", file(bytes(2, 100_000)));
        }
    }

    @Test
    void nameThatAKilledProcessClaimedIsFreeAfterADay() throws IOException {
        Files.createDirectories(path);
        Path left = temporary(".vault-bootstrap-a.snap.part", Duration.ofHours(25));
        temporary(".vault-bootstrap-b.snap.part", Duration.ofHours(23));
        temporary(".somebody-else.part", Duration.ofDays(30));
        assertThatThrownBy(() -> store.put("a.snap", file(bytes(1, 10)))).isInstanceOf(StoreException.Exists.class);
        assertThat(store.list()).isEmpty();

        assertThat(store.leftovers(NOW.minus(Duration.ofDays(1))))
                .singleElement()
                .satisfies(leftover -> {
                    assertThat(leftover.description())
                            .isEqualTo(left.getFileName().toString());
                    assertThat(left).exists();
                    leftover.removal().run();
                });
        store.put("a.snap", file(bytes(1, 10)));

        assertThat(files()).containsExactly(".somebody-else.part", ".vault-bootstrap-b.snap.part", "a.snap");
    }

    @Test
    void linksAndFoldersAreNoObjects() throws IOException {
        store.put("a.snap", file(bytes(1, 10)));
        Files.createSymbolicLink(path.resolve("linked.snap"), path.resolve("a.snap"));
        Files.createDirectory(path.resolve("folder.snap"));

        assertThat(store.list()).extracting(StoredObject::name).containsExactly("a.snap");
        assertThatThrownBy(() -> read("linked.snap")).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> store.put("linked.snap", file(bytes(2, 10))))
                .isInstanceOf(StoreException.Exists.class);
    }

    @Test
    void folderThatIsAFileIsNamed() throws IOException {
        Files.createDirectories(path.getParent());
        Files.createFile(path);

        assertThatThrownBy(() -> store.put("a.snap", file(bytes(1, 10))))
                .isInstanceOf(StoreException.class)
                .hasMessage("store a.snap in %s: %s: is already there and is not a folder".formatted(path, path));
        assertThatThrownBy(store::list)
                .isInstanceOf(StoreException.class)
                .hasMessageStartingWith("list the snapshots in " + path);
    }

    @Test
    void folderThatTakesNoFilesIsNamed() {
        // Nobody may create files there, not even root, for whom permissions mean nothing.
        FolderStore refusing = new FolderStore(Path.of("/proc/self"));

        assertThatThrownBy(() -> refusing.put("a.snap", file(bytes(1, 10))))
                .isInstanceOf(StoreException.class)
                .hasMessageStartingWith("store a.snap in /proc/self: ");
    }

    private Path temporary(String name, Duration age) throws IOException {
        Path file = Files.createFile(path.resolve(name));
        return Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
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
