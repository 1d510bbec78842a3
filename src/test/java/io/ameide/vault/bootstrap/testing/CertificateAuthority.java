package io.ameide.vault.bootstrap.testing;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Issues certificates with the JDK's own keytool and leaves them as PEM files, as servers and clients read them. */
public final class CertificateAuthority {

    private static final String PASSWORD = "changeit";
    private static final Path KEYTOOL = Path.of(System.getProperty("java.home"), "bin", "keytool");

    private final Path folder;
    private final Path store;

    /** A certificate with its key. */
    public record Issued(Path certificate, Path key) {}

    private CertificateAuthority(Path folder) {
        this.folder = folder;
        this.store = folder.resolve("authority.p12");
    }

    /** An authority that keeps its files in this folder. */
    public static CertificateAuthority in(Path folder) {
        try {
            CertificateAuthority authority = new CertificateAuthority(Files.createDirectories(folder));
            authority.generate("authority", "CN=authority of " + folder.getFileName(), "-ext", "bc:c=ca:true");
            return authority;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its own certificate. */
    public Path certificate() {
        return pem("authority.pem", "CERTIFICATE", encodedCertificate("authority"));
    }

    /**
     * A certificate.
     *
     * @param name alias and name of the files
     * @param subjectAlternativeName as keytool writes it, for example {@code ip:127.0.0.1}
     * @param validity for example {@code -startdate -2d -validity 1}; empty for a while from now
     */
    public Issued issue(String name, String subjectAlternativeName, String... validity) {
        generate(name, "CN=" + name);
        Path request = folder.resolve(name + ".csr");
        Path answer = folder.resolve(name + ".crt");
        keytool(List.of("-certreq", "-alias", name, "-file", request.toString()));
        List<String> sign = new ArrayList<>(List.of("-gencert", "-alias", "authority"));
        sign.addAll(List.of("-infile", request.toString(), "-outfile", answer.toString()));
        sign.addAll(List.of("-ext", "san=" + subjectAlternativeName, "-rfc"));
        sign.addAll(List.of(validity));
        keytool(sign);
        return new Issued(answer, pem(name + ".key", "PRIVATE KEY", encodedKey(name)));
    }

    /** What a server in this process presents a certificate with that was issued under this name. */
    public SSLContext serverContext(String name) {
        try (InputStream issued = Files.newInputStream(folder.resolve(name + ".crt"))) {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(issued);
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry(
                    name, load().getKey(name, PASSWORD.toCharArray()), PASSWORD.toCharArray(), new Certificate[] {
                        certificate
                    });
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a client in this process trusts this authority with, and no other. */
    public SSLContext clientContext() {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", load().getCertificate("authority"));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Options of a JVM of its own that trusts this authority and no other. */
    public String trustOptions() {
        return "-Djavax.net.ssl.trustStore=%s -Djavax.net.ssl.trustStorePassword=%s".formatted(store, PASSWORD);
    }

    private void generate(String alias, String distinguishedName, String... more) {
        List<String> arguments = new ArrayList<>(List.of("-genkeypair", "-alias", alias, "-dname", distinguishedName));
        arguments.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
        arguments.addAll(List.of(more));
        keytool(arguments);
    }

    private void keytool(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(KEYTOOL.toString());
        command.addAll(arguments);
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        try {
            Path log = folder.resolve("keytool.log");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError("keytool failed: " + Files.readString(log));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private byte[] encodedCertificate(String alias) {
        try {
            return load().getCertificate(alias).getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] encodedKey(String alias) {
        try {
            return load().getKey(alias, PASSWORD.toCharArray()).getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private KeyStore load() {
        try {
            return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path pem(String file, String kind, byte[] content) {
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        try {
            return Files.writeString(
                    folder.resolve(file), "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(kind, text, kind));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
