package io.ameide.vault.bootstrap.testing;

import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;

/** What cert-manager is in a cluster: signs certificates and leaves them as files, like a mounted Secret. */
public final class CertificateAuthority {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Duration CLOCK_SKEW = Duration.ofHours(1);
    private static final Duration LIFETIME = Duration.ofDays(1);
    private static final char[] NO_PASSWORD = new char[0];

    private final X500Name name;
    private final KeyPair keys;
    private final X509Certificate certificate;

    /** @param name its common name, which people read in error messages */
    public CertificateAuthority(String name) {
        this.name = new X500Name("CN=" + name);
        this.keys = keyPair();
        Instant now = Instant.now();
        this.certificate =
                sign(this.name, keys, now.minus(Duration.ofDays(30)), now.plus(Duration.ofDays(30)), List.of(), true);
    }

    /** A certificate with its key. */
    public record Issued(X509Certificate certificate, PrivateKey key, CertificateAuthority issuer) {

        /** For a server that shows it, and asks nobody for theirs. */
        public SSLContext context() {
            return CertificateAuthority.context(this, new KnownCertificates());
        }

        /**
         * Writes {@code ca.crt}, {@code tls.crt} and {@code tls.key}, each replaced in one step when it is there.
         *
         * @param folder made when it is missing
         */
        public PemFiles writeTo(Path folder) {
            PemFiles files = PemFiles.in(folder);
            issuer.writeTo(files.authority());
            write(files.key(), pem("PRIVATE KEY", key.getEncoded()));
            write(files.certificate(), pem("CERTIFICATE", encoded(certificate)));
            return files;
        }
    }

    /** The files of a mounted Secret of type {@code kubernetes.io/tls}, as cert-manager fills it. */
    public record PemFiles(Path authority, Path certificate, Path key) {

        static PemFiles in(Path folder) {
            return new PemFiles(folder.resolve("ca.crt"), folder.resolve("tls.crt"), folder.resolve("tls.key"));
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** Writes its own certificate as PEM. */
    public Path writeTo(Path file) {
        return write(file, pem("CERTIFICATE", encoded(certificate)));
    }

    /**
     * A certificate for servers and clients, valid for a day from an hour ago.
     *
     * @param names its subject alternative names; an IPv4 address is told from a DNS name by its form
     */
    public Issued issue(String... names) {
        Instant now = Instant.now();
        return issue(now.minus(CLOCK_SKEW), now.plus(LIFETIME), names);
    }

    public Issued issue(Instant notBefore, Instant notAfter, String... names) {
        KeyPair leaf = keyPair();
        X500Name subject = new X500Name("CN=" + (names.length == 0 ? "nobody" : names[0]));
        return new Issued(sign(subject, leaf, notBefore, notAfter, List.of(names), false), leaf.getPrivate(), this);
    }

    /** Trusts what this authority signed, and nothing else. */
    public SSLContext trust() {
        try {
            KeyStore trusted = emptyStore();
            trusted.setCertificateEntry("ca", certificate);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Options of a JVM of its own that trusts this authority and no other.
     *
     * @param file where to keep what they name
     */
    String trustOptions(Path file) {
        try (OutputStream out = Files.newOutputStream(file)) {
            KeyStore trusted = emptyStore();
            trusted.setCertificateEntry("ca", certificate);
            trusted.store(out, "changeit".toCharArray());
            return "-Djavax.net.ssl.trustStore=%s -Djavax.net.ssl.trustStorePassword=changeit".formatted(file);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has a store for certificates", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has a certificate of its own for servers that ask for one. */
    static SSLContext context(Issued client, TrustManager trust) {
        try {
            KeyStore own = emptyStore();
            own.setKeyEntry("client", client.key(), NO_PASSWORD, new Certificate[] {client.certificate()});
            KeyManagerFactory identity = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            identity.init(own, NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(identity.getKeyManagers(), new TrustManager[] {trust}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private X509Certificate sign(
            X500Name subject,
            KeyPair leaf,
            Instant notBefore,
            Instant notAfter,
            List<String> names,
            boolean authority) {
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    new BigInteger(64, RANDOM),
                    Date.from(notBefore),
                    Date.from(notAfter),
                    subject,
                    leaf.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
            if (!authority) {
                builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                    KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                }));
            }
            if (!names.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(names.stream()
                                .map(CertificateAuthority::generalName)
                                .toArray(GeneralName[]::new)));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("every Java platform has ECDSA", e);
        }
    }

    private static GeneralName generalName(String name) {
        return new GeneralName(name.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName, name);
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has EC", e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a signed certificate has an encoding", e);
        }
    }

    private static String pem(String kind, byte[] content) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind);
    }

    private static Path write(Path file, String content) {
        try {
            Files.createDirectories(file.getParent());
            Path beside = Files.writeString(file.resolveSibling("." + file.getFileName()), content);
            return Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
