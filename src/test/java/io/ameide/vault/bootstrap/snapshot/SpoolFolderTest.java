package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem.Kind;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SpoolFolderTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:15:30Z");

    @TempDir
    private Path folder;

    @Test
    void archiveIsSpooledForTheOwnerOnlyAndGoneWhenItIsClosed() throws IOException {
        byte[] archive = Archives.good();

        try (Spooled spooled = spool().take("snapshot", new ByteArrayInputStream(archive), List.of())) {
            assertThat(spooled.archive().index()).isEqualTo(Archives.INDEX);
            assertThat(spooled.archive().sha256()).isEqualTo(Archives.sha256(archive));
            assertThat(spooled.file().path()).hasBinaryContent(archive);
            assertThat(spooled.file().sizeBytes()).isEqualTo(archive.length);
            assertThat(spooled.file().sha256()).isEqualTo(Archives.sha256(archive));
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(spooled.file().path())))
                    .isEqualTo("rw-------");
        }

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void invalidArchiveLeavesNothing() {
        byte[] archive = Archives.good();

        for (byte[] spoiled : List.of(
                new byte[0],
                Arrays.copyOf(archive, archive.length - 8),
                Archives.concat(archive, archive),
                Archives.pack(Archives.without(Archives.members(4711), "SHA256SUMS.sealed")))) {
            assertThatThrownBy(() -> spool().take("snapshot from a node", new ByteArrayInputStream(spoiled), List.of()))
                    .isInstanceOf(InvalidArchiveException.class)
                    .hasMessageStartingWith("snapshot from a node: ");
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void sourceThatBreaksOffLeavesNothing() {
        InputStream source =
                new SequenceInputStream(new ByteArrayInputStream(Archives.good(), 0, 500), new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("connection reset");
                    }
                });

        assertThatThrownBy(() -> spool().take("snapshot", source, List.of()))
                .hasMessageContaining("reading broke off after 500 bytes: connection reset");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void sourceThatStallsLeavesNothing() {
        InputStream source = new AttendedStream(
                new StalledStream(new ByteArrayInputStream(Archives.good()), 500), Duration.ofMillis(50));

        assertThatThrownBy(() -> spool().take("snapshot", source, List.of()))
                .isInstanceOf(ProblemException.class)
                .hasMessage("snapshot: it stalled after 500 bytes: nothing came for 50 ms"
                        + " (is the other side frozen, or the network between?)");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void folderThatTakesNoFilesIsAProblemOfAccess() {
        // Nobody may create files there, not even root, for whom permissions mean nothing.
        SpoolFolder refusing = new SpoolFolder(Path.of("/proc/self"));

        assertThatThrownBy(() -> refusing.take("snapshot", new ByteArrayInputStream(Archives.good()), List.of()))
                .hasMessageStartingWith("spool the snapshot in /proc/self: ")
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().kind()).isEqualTo(Kind.ACCESS));
    }

    @Test
    void whatAKilledProcessLeftGoesAfterADay() throws IOException {
        Path old = file("vault-bootstrap-1.spool", Duration.ofHours(25));
        Path young = file("vault-bootstrap-2.spool", Duration.ofHours(23));
        Path foreign = file("another-3.spool", Duration.ofDays(30));

        spool().small(new byte[1]).close();

        assertThat(old).doesNotExist();
        assertThat(young).exists();
        assertThat(foreign).exists();
    }

    private Path file(String name, Duration age) throws IOException {
        return Files.setLastModifiedTime(
                Files.createFile(folder.resolve(name)),
                FileTime.from(Instant.now().minus(age)));
    }

    private SpoolFolder spool() {
        return new SpoolFolder(folder);
    }
}
