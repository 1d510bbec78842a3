package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.SymmetricKeyAlgorithmTags;
import org.bouncycastle.bcpg.sig.KeyFlags;
import org.bouncycastle.openpgp.PGPEncryptedDataGenerator;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPLiteralDataGenerator;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureSubpacketVector;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPGPDataEncryptorBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPublicKeyKeyEncryptionMethodGenerator;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

/** Encrypts to one OpenPGP key (RFC 9580), so that {@code gpg --decrypt} opens it. */
public final class PgpEncryption {

    /** A power of two: each part of a message of unknown length has its own. */
    private static final int PART_BYTES = 64 * 1024;

    private final PgpKey holder;
    private final PGPPublicKey primary;
    private final PGPPublicKey encryption;

    /** @throws ProblemException when the key has no part that may encrypt at that time */
    public PgpEncryption(PgpKey holder, Instant now) {
        this.holder = holder;
        try {
            PGPPublicKeyRing ring =
                    new PGPPublicKeyRing(Base64.getDecoder().decode(holder.base64()), new BcKeyFingerprintCalculator());
            this.primary = ring.getPublicKey();
            this.encryption = encryptionKey(ring, now);
        } catch (ProblemException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // What reads packets throws much when these are not what they say.
            throw unusable(e);
        }
    }

    public String holder() {
        return holder.holder();
    }

    /** Of the primary key, in hex, as {@code gpg --fingerprint} shows it. */
    public String fingerprint() {
        return HexFormat.of().withUpperCase().formatHex(primary.getFingerprint());
    }

    /** An armored message. */
    public String encrypt(Sensitive text) {
        var armored = new ByteArrayOutputStream();
        try {
            PGPEncryptedDataGenerator generator = generator(List.of(this));
            byte[] content = literal(text.reveal().getBytes(StandardCharsets.US_ASCII));
            try (OutputStream armor =
                            ArmoredOutputStream.builder().clearHeaders().build(armored);
                    OutputStream out = generator.open(armor, content.length)) {
                out.write(content);
            }
        } catch (IOException | PGPException e) {
            throw unusable(e);
        }
        return armored.toString(StandardCharsets.US_ASCII);
    }

    private static PGPEncryptedDataGenerator generator(List<PgpEncryption> recipients) {
        var generator = new PGPEncryptedDataGenerator(new BcPGPDataEncryptorBuilder(SymmetricKeyAlgorithmTags.AES_256)
                .setWithIntegrityPacket(true)
                .setSecureRandom(new SecureRandom()));
        recipients.forEach(
                recipient -> generator.addMethod(new BcPublicKeyKeyEncryptionMethodGenerator(recipient.encryption)));
        return generator;
    }

    /**
     * A stream that writes a binary message which each of the recipients can open, in constant memory. Whoever closes it
     * ends the message; the stream below stays open.
     *
     * @param recipients at least one
     * @throws IOException when what is below refuses
     */
    public static OutputStream encrypting(List<PgpEncryption> recipients, OutputStream below) throws IOException {
        try {
            OutputStream message = generator(recipients).open(below, new byte[PART_BYTES]);
            OutputStream content = new PGPLiteralDataGenerator()
                    .open(message, PGPLiteralData.BINARY, PGPLiteralData.CONSOLE, new Date(0), new byte[PART_BYTES]);
            return new FilterOutputStream(content) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    out.write(bytes, offset, length);
                }

                @Override
                public void close() throws IOException {
                    content.close();
                    message.close();
                }
            };
        } catch (PGPException e) {
            throw recipients.getFirst().unusable(e);
        }
    }

    private static byte[] literal(byte[] text) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out = new PGPLiteralDataGenerator()
                .open(bytes, PGPLiteralData.BINARY, PGPLiteralData.CONSOLE, text.length, new Date(0))) {
            out.write(text);
        }
        return bytes.toByteArray();
    }

    private PGPPublicKey encryptionKey(PGPPublicKeyRing ring, Instant now) {
        PGPPublicKey found = null;
        for (PGPPublicKey key : ring) {
            if (key.isEncryptionKey() && !key.hasRevocation() && mayEncrypt(key) && !isExpired(key, now)) {
                found = key;
            }
        }
        if (found == null || primary.hasRevocation() || isExpired(primary, now)) {
            throw unusable(null);
        }
        return found;
    }

    /** A key without flags may be used for what its algorithm can do. */
    private static boolean mayEncrypt(PGPPublicKey key) {
        boolean flagged = false;
        for (Iterator<PGPSignature> all = key.getSignatures(); all.hasNext(); ) {
            PGPSignatureSubpacketVector said = all.next().getHashedSubPackets();
            if (said == null || said.getKeyFlags() == 0) {
                continue;
            }
            flagged = true;
            if ((said.getKeyFlags() & (KeyFlags.ENCRYPT_COMMS | KeyFlags.ENCRYPT_STORAGE)) != 0) {
                return true;
            }
        }
        return !flagged;
    }

    private static boolean isExpired(PGPPublicKey key, Instant now) {
        return key.getValidSeconds() > 0
                && key.getCreationTime()
                        .toInstant()
                        .plusSeconds(key.getValidSeconds())
                        .isBefore(now);
    }

    private ProblemException unusable(Exception cause) {
        return new ProblemException(
                Problem.invalid(
                        "PGP key %s cannot be encrypted to".formatted(holder.holder()),
                        "export one with an encryption subkey that is neither expired nor revoked"),
                cause);
    }
}
