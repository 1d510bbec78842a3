package io.ameide.vault.bootstrap.vault;

import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.net.PemKeyCertOptions;

import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;

/**
 * How nodes prove who they are, and how this process does. The files are read anew for every client, so that a renewed
 * certificate counts from the next tick on.
 *
 * @param caFile PEM file of the authorities that may have signed a node's certificate; the platform's own when empty
 * @param serverName the name that every node's certificate has to bear; the host of its address when empty
 * @param client what this process shows to nodes that ask for a certificate
 */
public record TlsSettings(Optional<Path> caFile, Optional<String> serverName, Optional<ClientCertificate> client) {

    /** The platform's authorities, names as addressed, no certificate of our own. */
    public static final TlsSettings PLATFORM = new TlsSettings(Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * A certificate with its key.
     *
     * @param certificate PEM file, the leaf first
     * @param key PEM file, not encrypted: PKCS#8, PKCS#1 or SEC 1, as cert-manager writes them
     * @param vertx reads the files
     */
    public record ClientCertificate(Path certificate, Path key, Vertx vertx) {

        private KeyManager[] managers() {
            try {
                KeyManagerFactory factory = new PemKeyCertOptions()
                        .setCertPath(certificate.toString())
                        .setKeyPath(key.toString())
                        .getKeyManagerFactory(vertx);
                return factory.getKeyManagers();
            } catch (Exception e) { // as getKeyManagerFactory declares it
                String why = Files.isReadable(certificate) && Files.isReadable(key)
                        ? "do not hold a certificate and its key"
                        : "cannot be read";
                throw new NodeException.Unreachable(
                        "client certificate %s and key %s %s".formatted(certificate, key, why),
                        "bootstrap.vault.tls.certificate-file and bootstrap.vault.tls.key-file name PEM files, the key"
                                + " not encrypted",
                        e instanceof VertxException ? null : e);
            }
        }
    }

    /** @throws NodeException.Unreachable when a file cannot be used */
    SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(client.map(ClientCertificate::managers).orElse(null), new TrustManager[] {nodeTrust()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    private NodeTrust nodeTrust() {
        return new NodeTrust(
                caFile.map(TlsSettings::authorities).orElseGet(TlsSettings::platform),
                serverName,
                caFile.map(file -> "an authority in " + file).orElse("a public authority"));
    }

    private static X509ExtendedTrustManager platform() {
        try {
            return chains(PemAuthorities.trust((KeyStore) null));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has authorities that it trusts", e);
        }
    }

    private static X509ExtendedTrustManager authorities(Path file) {
        try {
            return chains(PemAuthorities.trust(file));
        } catch (IOException e) {
            throw new NodeException.Unreachable(
                    "cannot read CA file " + file + (Files.exists(file) ? "" : ": there is none"),
                    "bootstrap.vault.tls.ca-file names a PEM file that the process may read",
                    e);
        } catch (GeneralSecurityException e) {
            throw new NodeException.Unreachable(
                    "CA file " + file + " holds no usable certificate",
                    "bootstrap.vault.tls.ca-file names a file of PEM certificates",
                    e);
        }
    }

    private static X509ExtendedTrustManager chains(TrustManagerFactory factory) throws GeneralSecurityException {
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager chains) {
                return chains;
            }
        }
        throw new GeneralSecurityException("this platform has no X.509 trust manager");
    }
}
