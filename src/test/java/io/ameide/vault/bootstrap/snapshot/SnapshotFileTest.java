package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a restore, an inspection or a drill is given, before any server is asked for anything. */
class SnapshotFileTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:15:30Z");
    private static final String SPOILED =
            "io.ameide.vault.bootstrap.snapshot.SnapshotArchiveTest#spoiledArchiveIsRefusedForItsOwnReason";

    /** Made once, since it tells when it was made. */
    private static final byte[] ARCHIVE = Archives.good();

    @TempDir
    private Path parent;

    private Path file;
    private SpoolFolder spool;

    @BeforeEach
    void locate() {
        file = parent.resolve("platform.snap");
        spool = new SpoolFolder(parent.resolve("spool"));
    }

    @AfterEach
    void nothingIsLeftOnTheWay() {
        assertThat(parent.resolve("spool")).isEmptyDirectory();
    }

    @Test
    void wholeArchiveIsBroughtAsItIs() throws IOException {
        Files.write(file, ARCHIVE);

        try (Spooled fetched = SnapshotFile.at(file).fetch(spool, Optional.empty())) {
            assertThat(fetched.archive().index()).isEqualTo(Archives.INDEX);
            assertThat(fetched.file().path()).hasBinaryContent(ARCHIVE);
        }
    }

    @ParameterizedTest
    @MethodSource(SPOILED)
    void spoiledArchiveInAFileIsNotBrought(byte[] archive, String reason) throws IOException {
        Files.write(file, archive);

        assertThatThrownBy(() -> SnapshotFile.at(file).fetch(spool, Optional.empty()))
                .isInstanceOf(InvalidArchiveException.class)
                .hasMessageStartingWith("snapshot " + file + ": ")
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @MethodSource(SPOILED)
    void archiveThatWasSpoiledAtATargetIsNotBrought(byte[] archive, String reason) throws IOException {
        Path folder = parent.resolve("snapshots");
        SnapshotTarget target = new SnapshotTarget("local", new FolderStore(folder), spool, Duration.ofSeconds(30));
        SnapshotManifest manifest = stored(target);
        Files.write(folder.resolve(manifest.archive()), archive);

        assertThatThrownBy(() -> target.fetch(manifest, Optional.empty()))
                .isInstanceOf(InvalidArchiveException.class)
                .hasMessageStartingWith("%s from folder %s: ".formatted(manifest.archive(), folder))
                .hasMessageContaining(reason);
    }

    @Test
    void wholeArchiveThatIsNotTheOneOfItsManifestIsNotBrought() throws IOException {
        Path folder = parent.resolve("snapshots");
        SnapshotTarget target = new SnapshotTarget("local", new FolderStore(folder), spool, Duration.ofSeconds(30));
        SnapshotManifest manifest = stored(target);
        Path archive = Files.write(folder.resolve(manifest.archive()), Archives.good(4712));

        assertThatThrownBy(() -> target.fetch(manifest, Optional.empty()))
                .isInstanceOf(InvalidArchiveException.class)
                .hasMessageContaining("what was read back is something else than was stored");
        assertThatThrownBy(() -> SnapshotFile.at(archive).fetch(spool, Optional.empty()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(
                        "%s is intact, but it is not the archive that %s.json is about".formatted(archive, archive));
    }

    @Test
    void encryptedArchiveIsBroughtOnlyWholeAndWithItsKey() throws IOException, PGPException {
        PgpHolder alice = PgpHolder.named("alice");
        Path encrypted = parent.resolve("platform.snap.pgp");
        byte[] stored = encryptedTo(alice);
        Files.write(encrypted, stored);
        SnapshotFile snapshot = SnapshotFile.at(encrypted);
        Optional<PgpIdentity> key = Optional.of(identity(alice));

        try (Spooled fetched = snapshot.fetch(spool, key)) {
            assertThat(fetched.file().path()).hasBinaryContent(ARCHIVE);
        }
        assertThatThrownBy(() -> snapshot.fetch(spool, Optional.empty()))
                .isInstanceOf(ProblemException.class)
                .hasMessage("%s is encrypted (name the private key that opens it in %s)"
                        .formatted(encrypted, "bootstrap.snapshot.encryption.private-key-file"));
        Optional<PgpIdentity> anothers = Optional.of(identity(PgpHolder.named("mallory")));
        assertThatThrownBy(() -> snapshot.fetch(spool, anothers)).isInstanceOf(ProblemException.class);

        for (int length = 0; length < stored.length; length += length < 600 ? 7 : 97) {
            Files.write(encrypted, Arrays.copyOf(stored, length));
            assertThatThrownBy(() -> snapshot.fetch(spool, key))
                    .as("cut to %d of %d bytes", length, stored.length)
                    .isInstanceOf(ProblemException.class);
        }
        for (int position = stored.length - 1200; position < stored.length; position += 23) {
            byte[] damaged = stored.clone();
            damaged[position] ^= 1;
            Files.write(encrypted, damaged);
            assertThatThrownBy(() -> snapshot.fetch(spool, key))
                    .as("damaged at %d", position)
                    .isInstanceOf(ProblemException.class);
        }
    }

    @Test
    void encryptedArchiveAtATargetIsNotBroughtWithoutItsKey() throws IOException, PGPException {
        PgpHolder alice = PgpHolder.named("alice");
        List<PgpEncryption> recipients = List.of(new PgpEncryption(
                PgpKey.read(Files.writeString(parent.resolve("recipient.asc"), alice.armoredKey())), Instant.now()));
        SnapshotTarget target = new SnapshotTarget(
                "local", new FolderStore(parent.resolve("snapshots")), spool, Duration.ofSeconds(30));
        SnapshotManifest manifest = stored(target, recipients);

        assertThatThrownBy(() -> target.fetch(manifest, Optional.empty()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("%s is encrypted to %s"
                        .formatted(manifest.archive(), recipients.getFirst().fingerprint()));
        try (Spooled fetched = target.fetch(manifest, Optional.of(identity(alice)))) {
            assertThat(fetched.file().path()).hasBinaryContent(ARCHIVE);
        }
    }

    private PgpIdentity identity(PgpHolder holder) throws IOException {
        return PgpIdentity.read(
                Files.write(Files.createTempFile(parent, "holder", ".key"), holder.privateKey()), Optional.empty());
    }

    private byte[] encryptedTo(PgpHolder holder) throws IOException {
        Path key = Files.writeString(parent.resolve("recipient.asc"), holder.armoredKey());
        List<PgpEncryption> recipients = List.of(new PgpEncryption(PgpKey.read(key), Instant.now()));
        try (Spooled spooled = spool.take("snapshot", new ByteArrayInputStream(ARCHIVE), recipients)) {
            return Files.readAllBytes(spooled.file().path());
        }
    }

    private SnapshotManifest stored(SnapshotTarget target) {
        return stored(target, List.of());
    }

    private SnapshotManifest stored(SnapshotTarget target, List<PgpEncryption> recipients) {
        try (Spooled snapshot = spool.take("snapshot", new ByteArrayInputStream(ARCHIVE), recipients)) {
            SnapshotManifest manifest = SnapshotManifest.of(
                    snapshot.archive(),
                    snapshot.file(),
                    snapshot.recipients(),
                    Manifests.provenance("52bff148-5cd7-ed00-3d30-7ffd02620f40", "platform", NOW));
            target.store(snapshot, manifest);
            return manifest;
        }
    }
}
