package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.files.SmallFile;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.openpgp.PGPObjectFactory;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;

/**
 * The OpenPGP public key of a person or of a place, in a file.
 *
 * @param holder the key file's name, by which people know whose it is
 * @param base64 the binary key, which is how {@code sys/init} takes it
 */
public record PgpKey(String holder, String base64) {

    private static final int MAX_BYTES = 1 << 20;

    /**
     * Reads a key file, binary or ASCII-armored (RFC 9580, section 6).
     *
     * @throws ProblemException when the file cannot be read or holds no public key
     */
    public static PgpKey read(Path file) {
        byte[] content = content(file);
        byte[] binary;
        try {
            binary = Armor.packets(content);
            Object first = new PGPObjectFactory(binary, new BcKeyFingerprintCalculator()).nextObject();
            if (!(first instanceof PGPPublicKeyRing)) {
                throw noKey(file, null);
            }
        } catch (IOException | RuntimeException e) {
            // What reads packets throws much when these are not what they say.
            throw noKey(file, e);
        }
        return new PgpKey(file.getFileName().toString(), Base64.getEncoder().encodeToString(binary));
    }

    private static byte[] content(Path file) {
        try {
            return SmallFile.read(file, MAX_BYTES);
        } catch (SmallFile.TooLargeException e) {
            throw new ProblemException(
                    Problem.invalid(
                            "PGP key file %s is %s".formatted(file, e.getMessage()),
                            "name files of OpenPGP public keys"),
                    e);
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.invalid("cannot read PGP key file " + file, "name files of OpenPGP public keys"), e);
        }
    }

    private static ProblemException noKey(Path file, Exception cause) {
        return new ProblemException(
                Problem.invalid(
                        "PGP key file " + file + " holds no OpenPGP public key, or a damaged one",
                        "export one with gpg --export, armored or not"),
                cause);
    }
}
