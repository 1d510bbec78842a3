package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** What a restore, an inspection or a drill is given, before any server is asked for anything. */
class SnapshotFileTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:15:30Z");
    private static final String SPOILED =
            "io.ameide.vault.bootstrap.snapshot.SnapshotArchiveTest#spoiledArchiveIsRefusedForItsOwnReason";

    private static final String CUT = "its OpenPGP message is cut short or damaged within the first %d bytes";

    /** Made once, since it tells when it was made. */
    private static final byte[] ARCHIVE = Archives.good();

    private static PgpHolder alice;

    @TempDir
    private Path parent;

    private Path file;
    private SpoolFolder spool;

    @BeforeAll
    static void makeKey() throws PGPException, IOException {
        alice = PgpHolder.named("alice");
    }

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
                    .isInstanceOf(InvalidArchiveException.class);
        }
        for (int position = stored.length - 1200; position < stored.length; position += 23) {
            byte[] damaged = stored.clone();
            damaged[position] ^= 1;
            Files.write(encrypted, damaged);
            assertThatThrownBy(() -> snapshot.fetch(spool, key))
                    .as("damaged at %d", position)
                    .isInstanceOf(InvalidArchiveException.class);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void encryptedArchiveThatIsDamagedIsToldWithWhatIsTheMatter(String what, UnaryOperator<byte[]> damage, String said)
            throws IOException {
        Optional<PgpIdentity> key = Optional.of(identity(alice));
        Path folder = parent.resolve("snapshots");
        SnapshotTarget target = new SnapshotTarget("local", new FolderStore(folder), spool, Duration.ofSeconds(30));
        SnapshotManifest manifest = stored(target, recipients(alice));
        Path archive = folder.resolve(manifest.archive());
        byte[] stored = Files.readAllBytes(archive);
        Files.write(archive, damage.apply(stored));

        assertThatThrownBy(() -> target.fetch(manifest, key))
                .hasMessageStartingWith("%s from folder %s: ".formatted(manifest.archive(), folder))
                .satisfies(refusal -> requireTold(refusal, said));
        assertThatThrownBy(() -> SnapshotFile.at(archive).fetch(spool, key))
                .hasMessageStartingWith("snapshot %s: ".formatted(archive))
                .satisfies(refusal -> requireTold(refusal, said));
    }

    static Stream<Arguments> encryptedArchiveThatIsDamagedIsToldWithWhatIsTheMatter() {
        return Stream.of(
                damage("empty", stored -> new byte[0], "it is no encrypted OpenPGP message"),
                damage("cut within the keys", stored -> Arrays.copyOf(stored, 100), CUT.formatted(100)),
                damage("cut at the end of the keys", stored -> Arrays.copyOf(stored, 271), CUT.formatted(271)),
                damage("cut behind the keys", stored -> Arrays.copyOf(stored, 600), CUT.formatted(600)),
                damage(
                        "without its last byte",
                        stored -> Arrays.copyOf(stored, stored.length - 1),
                        "its OpenPGP message "),
                damage("changed in the middle", stored -> changed(stored, stored.length / 2), "its "),
                damage(
                        "changed at its end",
                        stored -> changed(stored, stored.length - 1),
                        "its OpenPGP message was changed after it was encrypted"),
                damage("stored in the clear", stored -> ARCHIVE, "it is no encrypted OpenPGP message"));
    }

    private static Arguments damage(String what, UnaryOperator<byte[]> damage, String said) {
        return arguments(what, damage, said);
    }

    private static byte[] changed(byte[] stored, int position) {
        byte[] changed = stored.clone();
        changed[position] ^= 1;
        return changed;
    }

    private static void requireTold(Throwable refusal, String said) {
        assertThat(refusal).isInstanceOfSatisfying(InvalidArchiveException.class, invalid -> {
            assertThat(invalid.problem().kind()).isEqualTo(Problem.Kind.ERROR);
            assertThat(invalid.problem().message()).contains(said);
            assertThat(invalid.problem().hint()).isNotEmpty();
        });
    }

    @Test
    void placeThatBreaksOffIsNoDamageOfTheEncryptedArchive() throws IOException {
        Optional<PgpIdentity> key = Optional.of(identity(alice));
        FolderStore folder = new FolderStore(parent.resolve("snapshots"));
        SnapshotManifest manifest =
                stored(new SnapshotTarget("local", folder, spool, Duration.ofSeconds(30)), recipients(alice));

        for (int bytes : List.of(0, 100, 600)) {
            SnapshotTarget breaking =
                    new SnapshotTarget("local", breakingAfter(bytes, folder), spool, Duration.ofSeconds(30));
            assertThatThrownBy(() -> breaking.fetch(manifest, key))
                    .as("after %d bytes", bytes)
                    .isInstanceOfSatisfying(ProblemException.class, trouble -> {
                        assertThat(trouble.problem().kind()).isEqualTo(Problem.Kind.ACCESS);
                        assertThat(trouble.problem().message()).endsWith(": connection reset");
                        assertThat(trouble.problem().hint()).startsWith("try again; if it stays, check ");
                    });
        }
    }

    private static ObjectStore breakingAfter(int bytes, FolderStore folder) {
        return new FaultyStore(folder) {
            @Override
            public InputStream open(String name) {
                byte[] begin = begin(super.open(name), bytes);
                return new SequenceInputStream(new ByteArrayInputStream(begin), new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("connection reset");
                    }
                });
            }
        };
    }

    @Test
    void encryptedArchiveAtATargetIsNotBroughtWithoutItsKey() throws IOException {
        List<PgpEncryption> recipients = recipients(alice);
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
        try (Spooled spooled = spool.take("snapshot", new ByteArrayInputStream(ARCHIVE), recipients(holder))) {
            return Files.readAllBytes(spooled.file().path());
        }
    }

    private static byte[] begin(InputStream all, int bytes) {
        try (all) {
            return all.readNBytes(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<PgpEncryption> recipients(PgpHolder holder) throws IOException {
        Path key = Files.writeString(parent.resolve("recipient.asc"), holder.armoredKey());
        return List.of(new PgpEncryption(PgpKey.read(key), Instant.now()));
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
