package io.ameide.vault.bootstrap.vault;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.Executors;

/**
 * How nodes are reached: one HTTP client for all of them, since a node's certificate is checked against its own host
 * name. Redirects are not followed: a standby's redirect would carry the token to a host nobody named.
 *
 * @param caFile PEM file of the authorities that may have signed a node's certificate; the platform's own when empty
 * @param connectTimeout how long a connection may take to come up
 * @param requestTimeout how long an answer may take to begin
 */
public record Transport(Optional<Path> caFile, Duration connectTimeout, Duration requestTimeout) {

    /** @throws NodeException.Unreachable when the CA file cannot be used */
    HttpClient client() {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(connectTimeout)
                .executor(Executors.newVirtualThreadPerTaskExecutor());
        caFile.ifPresent(file -> {
            SSLParameters parameters = new SSLParameters();
            parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
            builder.sslContext(trusting(file)).sslParameters(parameters);
        });
        return builder.build();
    }

    private static SSLContext trusting(Path file) {
        try (InputStream pem = Files.newInputStream(file)) {
            Collection<? extends Certificate> authorities =
                    CertificateFactory.getInstance("X.509").generateCertificates(pem);
            if (authorities.isEmpty()) {
                throw new CertificateException("no certificate in it");
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate authority : authorities) {
                trusted.setCertificateEntry("ca-" + number++, authority);
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
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
}
