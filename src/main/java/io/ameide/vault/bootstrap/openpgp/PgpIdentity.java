package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.files.SmallFile;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.bouncycastle.openpgp.PGPEncryptedDataList;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPObjectFactory;
import org.bouncycastle.openpgp.PGPPublicKeyEncryptedData;
import org.bouncycastle.openpgp.PGPSecretKey;
import org.bouncycastle.openpgp.PGPSecretKeyRingCollection;
import org.bouncycastle.openpgp.PGPUtil;
import org.bouncycastle.openpgp.operator.bc.BcKeyFingerprintCalculator;
import org.bouncycastle.openpgp.operator.bc.BcPBESecretKeyDecryptorBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPDigestCalculatorProvider;
import org.bouncycastle.openpgp.operator.bc.BcPublicKeyDataDecryptorFactory;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Opens what was encrypted to an OpenPGP key, with its private half. */
public final class PgpIdentity {

    private static final int MAX_KEY_BYTES = 1 << 20;
    private static final int MAX_PASSPHRASE_BYTES = 64 << 10;
    private static final Pattern LINE_END = Pattern.compile("\\r?\\n\\z");

    private final Path file;
    private final PGPSecretKeyRingCollection rings;
    private final char[] passphrase;

    private PgpIdentity(Path file, PGPSecretKeyRingCollection rings, char[] passphrase) {
        this.file = file;
        this.rings = rings;
        this.passphrase = passphrase;
    }

    /**
     * Reads private keys, binary or ASCII-armored.
     *
     * @param passphrase file of what unlocks them; one line break at its end does not count, and blanks do. Empty for keys
     *     without one
     * @throws ProblemException of kind INVALID when a file cannot be read or holds no private key
     */
    public static PgpIdentity read(Path file, Optional<Path> passphrase) {
        try {
            byte[] packets = Armor.packets(SmallFile.read(file, MAX_KEY_BYTES));
            var rings = new PGPSecretKeyRingCollection(packets, new BcKeyFingerprintCalculator());
            if (rings.size() == 0) {
                throw noKey(file, null);
            }
            return new PgpIdentity(file, rings, passphrase(passphrase));
        } catch (ProblemException e) {
            throw e;
        } catch (SmallFile.TooLargeException e) {
            throw new ProblemException(
                    Problem.invalid(
                            "PGP private key %s is %s".formatted(file, e.getMessage()),
                            "name a file that gpg --export-secret-keys made"),
                    e);
        } catch (FileSystemException e) {
            throw new ProblemException(
                    Problem.invalid(
                            "cannot read PGP private key " + file, "name a file that gpg --export-secret-keys made"),
                    e);
        } catch (IOException | PGPException | RuntimeException e) {
            // What reads packets throws much when these are not what they say.
            throw noKey(file, e);
        }
    }

    private static ProblemException noKey(Path file, Exception cause) {
        return new ProblemException(
                Problem.invalid(
                        "PGP private key %s holds no private key, or a damaged one".formatted(file),
                        "name a file that gpg --export-secret-keys made"),
                cause);
    }

    private static char[] passphrase(Optional<Path> file) {
        if (file.isEmpty()) {
            return new char[0];
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(SmallFile.read(file.get(), MAX_PASSPHRASE_BYTES)))
                    .toString();
            return LINE_END.matcher(text).replaceFirst("").toCharArray();
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.invalid("cannot read passphrase file " + file.get(), "it is text in UTF-8; is it mounted?"),
                    e);
        }
    }

    /**
     * What a message holds, in constant memory. Its end is reached only where the message's own check of integrity holds;
     * else reading it is a {@link DamagedMessageException}. Closing it closes the source.
     *
     * @throws ProblemException of kind INVALID when the message is for other keys, or the passphrase is not the one
     * @throws DamagedMessageException when it is no message, or not a whole one
     * @throws IOException when the source breaks
     */
    public InputStream decrypting(InputStream source) throws IOException {
        WatchedSource watched = new WatchedSource(source);
        return watched.telling(() -> open(watched));
    }

    private InputStream open(WatchedSource source) throws IOException, PGPException {
        var encrypted = encryptedToUs(message(source));
        InputStream clear = encrypted.getDataStream(new BcPublicKeyDataDecryptorFactory(keyPair(encrypted)));
        Object content = new PGPObjectFactory(clear, new BcKeyFingerprintCalculator()).nextObject();
        if (!(content instanceof PGPLiteralData literal)) {
            throw new DamagedMessageException("its OpenPGP message holds something else than data");
        }
        return new Checked(literal.getInputStream(), encrypted, source);
    }

    private static PGPEncryptedDataList message(InputStream source) throws IOException {
        var objects = new PGPObjectFactory(PGPUtil.getDecoderStream(source), new BcKeyFingerprintCalculator());
        Object first = objects.nextObject();
        Object data = first instanceof PGPEncryptedDataList ? first : objects.nextObject();
        if (data instanceof PGPEncryptedDataList list) {
            return list;
        }
        throw new DamagedMessageException("it is no encrypted OpenPGP message");
    }

    private PGPPublicKeyEncryptedData encryptedToUs(PGPEncryptedDataList data) throws PGPException {
        for (var one : data) {
            if (one instanceof PGPPublicKeyEncryptedData encrypted
                    && rings.getSecretKey(encrypted.getKeyIdentifier().getKeyId()) != null) {
                return encrypted;
            }
        }
        throw new ProblemException(Problem.invalid(
                "the message is encrypted to other keys than " + file,
                "its manifest tells the fingerprints of the keys that open it"));
    }

    private PGPKeyPair keyPair(PGPPublicKeyEncryptedData encrypted) throws PGPException {
        PGPSecretKey key = rings.getSecretKey(encrypted.getKeyIdentifier().getKeyId());
        try {
            return key.extractKeyPair(
                    new BcPBESecretKeyDecryptorBuilder(new BcPGPDigestCalculatorProvider()).build(passphrase));
        } catch (PGPException | RuntimeException e) {
            throw new ProblemException(
                    Problem.invalid(
                            "PGP private key %s is not unlocked by its passphrase".formatted(file),
                            "is the passphrase file the one of this key?"),
                    e);
        }
    }

    /** Knows whose fault it is when a message cannot be read: what the source threw is the source's, and all else its own. */
    private static final class WatchedSource extends FilterInputStream {

        private long count;
        private Optional<IOException> broke = Optional.empty();
        private Optional<RuntimeException> failed = Optional.empty();

        private WatchedSource(InputStream source) {
            super(source);
        }

        /** Something that reads the message. */
        @FunctionalInterface
        private interface Reading<T> {
            T read() throws IOException, PGPException;
        }

        /** @throws DamagedMessageException unless the source threw */
        private <T> T telling(Reading<T> reading) throws IOException {
            try {
                return reading.read();
            } catch (IOException | PGPException | RuntimeException e) {
                requireSource();
                // What reads packets throws much when these are not what they say.
                throw e instanceof ProblemException told
                        ? told
                        : new DamagedMessageException(
                                "its OpenPGP message is cut short or damaged within the first %d bytes"
                                        .formatted(count),
                                e);
            }
        }

        private void requireSource() throws IOException {
            if (broke.isPresent()) {
                throw broke.get();
            }
            if (failed.isPresent()) {
                throw failed.get();
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                int read = in.read(bytes, offset, length);
                count += Math.max(read, 0);
                return read;
            } catch (IOException e) {
                broke = Optional.of(e);
                throw e;
            } catch (RuntimeException e) {
                failed = Optional.of(e);
                throw e;
            }
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }

    /** Ends only after the check that the message itself carries. */
    private static final class Checked extends FilterInputStream {

        private final PGPPublicKeyEncryptedData encrypted;
        private final WatchedSource source;
        private boolean ended;

        private Checked(InputStream content, PGPPublicKeyEncryptedData encrypted, WatchedSource source) {
            super(content);
            this.encrypted = encrypted;
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return source.telling(() -> {
                int count = in.read(bytes, offset, length);
                if (count < 0 && !ended) {
                    ended = true;
                    check();
                }
                return count;
            });
        }

        private void check() throws IOException, PGPException {
            if (!encrypted.isIntegrityProtected() || !encrypted.verify()) {
                throw new DamagedMessageException("its OpenPGP message was changed after it was encrypted");
            }
        }

        @Override
        public void close() throws IOException {
            source.close();
        }
    }
}
