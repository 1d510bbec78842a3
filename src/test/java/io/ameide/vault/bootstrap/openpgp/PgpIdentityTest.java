package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PgpIdentityTest {

    private static final String PASSPHRASE = "correct horse";

    /** Longer than the parts of a message. */
    private static final byte[] CONTENT = content(300_000);

    private static PgpHolder alice;
    private static PgpHolder bob;

    @TempDir
    Path folder;

    @BeforeAll
    static void makeKeys() throws PGPException, IOException {
        alice = PgpHolder.named("alice");
        bob = PgpHolder.named("bob");
    }

    @Test
    void opensWhatWasEncryptedToItsKey() throws IOException {
        assertThat(opened(unlocked(alice), message(alice))).isEqualTo(CONTENT);
    }

    @Test
    void opensWhatWasEncryptedToSeveralKeys() throws IOException {
        byte[] toBoth = message(bob, alice);

        assertThat(opened(unlocked(alice), toBoth)).isEqualTo(CONTENT);
        assertThat(opened(unlocked(bob), toBoth)).isEqualTo(CONTENT);
    }

    @Test
    void passphraseUnlocksTheKeyWithOrWithoutALineBreakBehindIt() throws IOException, PGPException {
        for (String end : List.of("", "\n", "\r\n")) {
            assertThat(opened(locked(PASSPHRASE + end), message(alice)))
                    .as("ending in %d characters", end.length())
                    .isEqualTo(CONTENT);
        }
    }

    @Test
    void blanksBelongToThePassphrase() throws IOException, PGPException {
        Path key = Files.writeString(folder.resolve("blanks.key"), alice.lockedPrivateKey(PASSPHRASE + " \t"));
        Path exact = Files.writeString(folder.resolve("exact"), PASSPHRASE + " \t\n");
        Path without = Files.writeString(folder.resolve("without"), PASSPHRASE + "\n");
        PgpIdentity refused = PgpIdentity.read(key, Optional.of(without));

        assertThat(opened(PgpIdentity.read(key, Optional.of(exact)), message(alice)))
                .isEqualTo(CONTENT);
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> opened(refused, message(alice)))
                .withMessageContaining("is not unlocked by its passphrase");
    }

    @Test
    void wrongPassphraseIsRefusedAndNotShown() throws IOException, PGPException {
        PgpIdentity identity = locked("battery staple");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> opened(identity, message(alice)))
                .withMessageContaining("is not unlocked by its passphrase")
                .withMessageContaining("private.key")
                .satisfies(refusal -> assertThat(refusal.problem().toString()).doesNotContain("battery"));
    }

    @Test
    void lockedKeyWithoutAPassphraseIsRefused() throws IOException, PGPException {
        PgpIdentity identity = PgpIdentity.read(lockedKey(), Optional.empty());

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> opened(identity, message(alice)))
                .withMessageContaining("is not unlocked by its passphrase");
    }

    @Test
    void messageToAnotherKeyIsRefused() throws IOException {
        PgpIdentity identity = unlocked(bob);

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> opened(identity, message(alice)))
                .satisfies(refusal -> assertThat(refusal.problem().kind()).isEqualTo(Problem.Kind.INVALID))
                .withMessageContaining("is encrypted to other keys than");
    }

    @Test
    void messageThatIsCutOffAnywhereHasNoEnd() throws IOException {
        PgpIdentity identity = unlocked(alice);
        byte[] message = message(alice);
        List<Integer> lengths = new ArrayList<>(List.of(0, 1, 100, 500, message.length - 1, message.length - 22));
        new Random(4711).ints(10, 1, message.length).forEach(lengths::add);

        for (int length : lengths) {
            assertThatExceptionOfType(DamagedMessageException.class)
                    .as("%d of %d bytes", length, message.length)
                    .isThrownBy(() -> opened(identity, Arrays.copyOf(message, length)))
                    .satisfies(damage -> assertThat(damage.problem().kind()).isEqualTo(Problem.Kind.ERROR));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 150_000, 299_000})
    void messageThatWasChangedHasNoEnd(int offset) throws IOException {
        byte[] message = message(alice);
        message[offset] ^= 1;

        assertThatExceptionOfType(DamagedMessageException.class)
                .isThrownBy(() -> opened(unlocked(alice), message))
                .withMessage("its OpenPGP message was changed after it was encrypted"
                        + " (it cannot be mended: use another copy of it)");
    }

    /** A few bits there mean nothing to who opens it: what was read is still compared with what was stored. */
    @ParameterizedTest
    @ValueSource(ints = {1, 0x20, 0x80})
    void messageWhoseBeginningWasChangedOpensWholeOrIsRefused(int bits) throws IOException {
        PgpIdentity identity = unlocked(alice);
        byte[] message = message(alice);

        int refused = 0;
        for (int position = 0; position < 330; position++) {
            byte[] changed = message.clone();
            changed[position] ^= (byte) bits;
            try {
                assertThat(opened(identity, changed))
                        .as("changed at %d", position)
                        .isEqualTo(CONTENT);
            } catch (ProblemException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(300);
    }

    @Test
    void whatTheSourceThrowsIsNoFaultOfTheMessage() throws IOException {
        PgpIdentity identity = unlocked(alice);
        byte[] message = message(alice);
        IOException broken = new IOException("connection reset");
        ProblemException refused = new ProblemException(Problem.access("the place refuses", ""));

        for (int length : List.of(0, 100, 150_000, message.length - 1)) {
            assertThatThrownBy(() -> opened(identity, endingIn(broken, message, length)))
                    .as("after %d of %d bytes", length, message.length)
                    .isSameAs(broken);
            assertThatThrownBy(() -> opened(identity, endingIn(refused, message, length)))
                    .as("after %d of %d bytes", length, message.length)
                    .isSameAs(refused);
        }
    }

    private static InputStream endingIn(Exception trouble, byte[] message, int length) {
        return new SequenceInputStream(new ByteArrayInputStream(message, 0, length), new InputStream() {
            @Override
            public int read() throws IOException {
                if (trouble instanceof IOException broken) {
                    throw broken;
                }
                throw (ProblemException) trouble;
            }
        });
    }

    @Test
    void whatIsNoMessageIsRefused() throws IOException {
        PgpIdentity identity = unlocked(alice);

        for (byte[] other : List.of(CONTENT, alice.binaryKey())) {
            assertThatExceptionOfType(DamagedMessageException.class).isThrownBy(() -> opened(identity, other));
        }
    }

    @Test
    void fileWithoutAPrivateKeyIsRefusedWithItsName() throws IOException {
        Path publicKey = Files.write(folder.resolve("public.key"), alice.binaryKey());

        for (Path file :
                List.of(publicKey, Files.writeString(folder.resolve("empty.key"), ""), folder.resolve("none"))) {
            assertThatExceptionOfType(ProblemException.class)
                    .isThrownBy(() -> PgpIdentity.read(file, Optional.empty()))
                    .satisfies(refusal -> assertThat(refusal.problem().kind()).isEqualTo(Problem.Kind.INVALID))
                    .withMessageContaining(file.toString());
        }
    }

    private PgpIdentity unlocked(PgpHolder holder) throws IOException {
        return PgpIdentity.read(Files.write(folder.resolve("private.key"), holder.privateKey()), Optional.empty());
    }

    private PgpIdentity locked(String passphrase) throws IOException, PGPException {
        return PgpIdentity.read(lockedKey(), Optional.of(Files.writeString(folder.resolve("passphrase"), passphrase)));
    }

    private Path lockedKey() throws IOException, PGPException {
        return Files.writeString(folder.resolve("private.key"), alice.lockedPrivateKey(PASSPHRASE));
    }

    private static byte[] opened(PgpIdentity identity, byte[] message) throws IOException {
        return opened(identity, new ByteArrayInputStream(message));
    }

    private static byte[] opened(PgpIdentity identity, InputStream message) throws IOException {
        try (InputStream clear = identity.decrypting(message)) {
            return clear.readAllBytes();
        }
    }

    private byte[] message(PgpHolder... holders) throws IOException {
        List<PgpEncryption> recipients = new ArrayList<>();
        for (PgpHolder holder : holders) {
            PgpKey key = PgpKey.read(Files.write(folder.resolve("public.key"), holder.binaryKey()));
            recipients.add(new PgpEncryption(key, Instant.now()));
        }
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        try (OutputStream out = PgpEncryption.encrypting(recipients, message)) {
            out.write(CONTENT);
        }
        return message.toByteArray();
    }

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(1).nextBytes(content);
        return content;
    }
}
