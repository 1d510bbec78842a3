package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.bouncycastle.bcpg.ArmoredOutputStream;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.bouncycastle.bcpg.KeyIdentifier;
import org.bouncycastle.bcpg.PublicKeyAlgorithmTags;
import org.bouncycastle.bcpg.PublicKeyPacket;
import org.bouncycastle.bcpg.sig.KeyFlags;
import org.bouncycastle.crypto.generators.RSAKeyPairGenerator;
import org.bouncycastle.crypto.params.RSAKeyGenerationParameters;
import org.bouncycastle.openpgp.PGPEncryptedData;
import org.bouncycastle.openpgp.PGPEncryptedDataList;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPKeyPair;
import org.bouncycastle.openpgp.PGPKeyRingGenerator;
import org.bouncycastle.openpgp.PGPLiteralData;
import org.bouncycastle.openpgp.PGPPublicKeyEncryptedData;
import org.bouncycastle.openpgp.PGPPublicKeyRing;
import org.bouncycastle.openpgp.PGPSecretKeyRing;
import org.bouncycastle.openpgp.PGPSignature;
import org.bouncycastle.openpgp.PGPSignatureSubpacketGenerator;
import org.bouncycastle.openpgp.bc.BcPGPObjectFactory;
import org.bouncycastle.openpgp.operator.bc.BcPBESecretKeyEncryptorBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPContentSignerBuilder;
import org.bouncycastle.openpgp.operator.bc.BcPGPDigestCalculatorProvider;
import org.bouncycastle.openpgp.operator.bc.BcPGPKeyPair;
import org.bouncycastle.openpgp.operator.bc.BcPublicKeyDataDecryptorFactory;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Date;

/** Somebody with an OpenPGP key of their own, as {@code gpg} would make it: one to sign, a subkey to encrypt to. */
public final class PgpHolder {

    private final PGPKeyPair decryption;
    private final byte[] publicKey;
    private final PGPSecretKeyRing secretKeys;

    private PgpHolder(PGPKeyPair decryption, byte[] publicKey, PGPSecretKeyRing secretKeys) {
        this.decryption = decryption;
        this.publicKey = publicKey;
        this.secretKeys = secretKeys;
    }

    public static PgpHolder named(String name) throws PGPException, IOException {
        PGPKeyPair signing = keyPair();
        PGPKeyPair encryption = keyPair();
        var digest = new BcPGPDigestCalculatorProvider().get(HashAlgorithmTags.SHA1);
        var certifies = new PGPSignatureSubpacketGenerator();
        certifies.setKeyFlags(true, KeyFlags.CERTIFY_OTHER | KeyFlags.SIGN_DATA);
        var encrypts = new PGPSignatureSubpacketGenerator();
        encrypts.setKeyFlags(true, KeyFlags.ENCRYPT_COMMS | KeyFlags.ENCRYPT_STORAGE);
        var generator = new PGPKeyRingGenerator(
                PGPSignature.POSITIVE_CERTIFICATION,
                signing,
                name + " <" + name + "@example.com>",
                digest,
                certifies.generate(),
                null,
                new BcPGPContentSignerBuilder(signing.getPublicKey().getAlgorithm(), HashAlgorithmTags.SHA256),
                null);
        generator.addSubKey(encryption, encrypts.generate(), null);
        PGPPublicKeyRing ring = generator.generatePublicKeyRing();
        return new PgpHolder(encryption, ring.getEncoded(), generator.generateSecretKeyRing());
    }

    private static PGPKeyPair keyPair() throws PGPException {
        var generator = new RSAKeyPairGenerator();
        generator.init(new RSAKeyGenerationParameters(BigInteger.valueOf(0x10001), new SecureRandom(), 2048, 80));
        return new BcPGPKeyPair(
                PublicKeyPacket.VERSION_4, PublicKeyAlgorithmTags.RSA_GENERAL, generator.generateKeyPair(), new Date());
    }

    public byte[] binaryKey() {
        return publicKey.clone();
    }

    public String armoredKey() throws IOException {
        var armored = new ByteArrayOutputStream();
        try (OutputStream out = ArmoredOutputStream.builder().setVersion("test").build(armored)) {
            out.write(publicKey);
        }
        return armored.toString(StandardCharsets.US_ASCII);
    }

    /** The private keys, binary and not locked. */
    public byte[] privateKey() throws IOException {
        return secretKeys.getEncoded();
    }

    /** The private keys, armored and locked, as {@code gpg --armor --export-secret-keys} writes them. */
    String lockedPrivateKey(String passphrase) throws IOException, PGPException {
        PGPSecretKeyRing locked = PGPSecretKeyRing.copyWithNewPassword(
                secretKeys,
                null,
                new BcPBESecretKeyEncryptorBuilder(PGPEncryptedData.AES_256).build(passphrase.toCharArray()));
        var armored = new ByteArrayOutputStream();
        try (OutputStream out = ArmoredOutputStream.builder().build(armored)) {
            locked.encode(out);
        }
        return armored.toString(StandardCharsets.US_ASCII);
    }

    /** Opens what a server encrypted to this holder: base64 of an OpenPGP message that holds the share in hex. */
    public Sensitive decrypt(Sensitive ciphertext) throws IOException, PGPException {
        byte[] message = Base64.getDecoder().decode(ciphertext.reveal());
        byte[] text = open(new ByteArrayInputStream(message)).readAllBytes();
        return Sensitive.of(new String(text, StandardCharsets.US_ASCII));
    }

    /** What a binary message to this holder, and perhaps to others, says. */
    public InputStream open(InputStream message) throws IOException, PGPException {
        var encrypted = (PGPEncryptedDataList) new BcPGPObjectFactory(message).nextObject();
        PGPPublicKeyEncryptedData data = null;
        for (PGPEncryptedData one : encrypted) {
            if (one instanceof PGPPublicKeyEncryptedData forKey
                    && forKey.getKeyIdentifier().matchesExplicit(new KeyIdentifier(decryption.getKeyID()))) {
                data = forKey;
            }
        }
        if (data == null) {
            throw new PGPException("it is not for this holder");
        }
        var literal = (PGPLiteralData)
                new BcPGPObjectFactory(data.getDataStream(new BcPublicKeyDataDecryptorFactory(decryption)))
                        .nextObject();
        return literal.getInputStream();
    }
}
