package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class PgpKeyTest {

    private static PgpHolder holder;

    @TempDir
    Path folder;

    @BeforeAll
    static void makeKey() throws PGPException, IOException {
        holder = PgpHolder.named("alice");
    }

    @Test
    void binaryKeyGoesToTheServerAsItIs() throws IOException {
        PgpKey key = read(holder.binaryKey());

        assertThat(Base64.getDecoder().decode(key.base64())).isEqualTo(holder.binaryKey());
        assertThat(key.holder()).isEqualTo("alice.asc");
    }

    @Test
    void armoredKeyIsTheSameKey() throws IOException {
        assertThat(holder.armoredKey()).contains("Version: test");

        assertThat(read(holder.armoredKey()).base64())
                .isEqualTo(read(holder.binaryKey()).base64());
    }

    @Test
    void armorWithoutHeadersAndWithWindowsLineEndsIsTheSameKey() throws IOException {
        String bare = holder.armoredKey().replaceFirst("Version: test\\R", "").replaceAll("\\R", "\r\n");

        assertThat(read(bare).base64()).isEqualTo(read(holder.binaryKey()).base64());
    }

    /** As gpg takes it: with what editors, mail programs and key servers make of armor. */
    @ParameterizedTest
    @CsvSource({
        "a blank in the empty line, '(Version: test\\R)', '$1 '",
        "a header without a value, 'Version: test', 'Comment:'",
        "a header without a value but a blank, 'Version: test', 'Comment: '",
        "blanks at the ends of lines, '(?m)$', '  '",
        "no empty line, 'Version: test\\R\\R', ''"
    })
    void armorThatSomethingHasTouchedIsTheSameKey(String what, String pattern, String replacement) throws IOException {
        String touched = holder.armoredKey().replaceFirst(pattern, replacement);
        if (pattern.equals("(?m)$")) {
            touched = holder.armoredKey().replaceAll(pattern, replacement);
        }
        assertThat(touched).isNotEqualTo(holder.armoredKey());

        assertThat(read(touched).base64()).isEqualTo(read(holder.binaryKey()).base64());
    }

    @Test
    void damagedKeyIsRefusedAndNoDefect() throws IOException {
        String armored = holder.armoredKey();
        byte[] binary = holder.binaryKey();

        refused(Arrays.copyOf(binary, binary.length / 2));
        refused(Arrays.copyOf(binary, 3));
        refused(armored.replaceFirst("\\R=[^\\r\\n]{4}", "\n=AAAA").getBytes(StandardCharsets.ISO_8859_1));
        refused("-----END PGP PUBLIC KEY BLOCK-----\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                .getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void fileWithoutAnEndIsRefusedBySize() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> PgpKey.read(Path.of("/dev/zero")))
                .withMessageContaining("larger than 1 MiB");
    }

    private void refused(byte[] content) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> read(content))
                .withMessageContaining("holds no OpenPGP public key, or a damaged one");
    }

    @Test
    void textAroundTheArmorDoesNotCount() throws IOException {
        assertThat(read("the key of alice:\n\n" + holder.armoredKey() + "\nregards\n")
                        .base64())
                .isEqualTo(read(holder.binaryKey()).base64());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no key at all",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY BLOCK-----",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----",
                "-----BEGIN PGP MESSAGE-----\n\nmQENBA==\n-----END PGP MESSAGE-----"
            })
    void whatIsNoPublicKeyIsRefusedWithItsFile(String content) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> read(content))
                .extracting(ProblemException::problem)
                .satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                    assertThat(problem.message()).contains("alice.asc", "holds no OpenPGP public key");
                });
    }

    @Test
    void privateKeyIsRefusedAndNeverSent() {
        byte[] secretKeyPacket = {(byte) 0x95, 0x03, (byte) 0x98, 0x04};

        assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> read(secretKeyPacket));
    }

    @Test
    void fileThatIsNotThereIsNamed() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> PgpKey.read(folder.resolve("bob.asc")))
                .withMessageContaining("bob.asc");
    }

    private PgpKey read(String content) throws IOException {
        return read(content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private PgpKey read(byte[] content) throws IOException {
        return PgpKey.read(Files.write(folder.resolve("alice.asc"), content));
    }
}
