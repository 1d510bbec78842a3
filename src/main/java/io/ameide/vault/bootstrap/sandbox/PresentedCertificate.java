package io.ameide.vault.bootstrap.sandbox;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;

/**
 * Looks at the certificate a listener presents and hangs up before anything is sent. Whether it is a good one is not
 * asked: a throw-away server is also started with one that has expired or bears another name.
 */
final class PresentedCertificate extends X509ExtendedTrustManager {

    private Optional<X509Certificate> seen = Optional.empty();

    private PresentedCertificate() {}

    /** Empty when nobody answers there in time. */
    static Optional<X509Certificate> at(InetSocketAddress address, Duration timeout) {
        int milliseconds = Math.toIntExact(timeout.toMillis());
        PresentedCertificate look = new PresentedCertificate();
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {look}, null);
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
                socket.connect(address, milliseconds);
                socket.setSoTimeout(milliseconds);
                socket.startHandshake();
            }
        } catch (IOException e) {
            // The handshake never succeeds: every certificate is refused once it was seen.
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
        return look.seen;
    }

    /** The first certificate of a PEM file, which is the one a listener presents as its own. */
    static X509Certificate in(Path file) throws IOException {
        try (InputStream pem = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
        } catch (CertificateException e) {
            throw new IOException(file + " holds no certificate", e);
        }
    }

    private void look(X509Certificate[] chain) throws CertificateException {
        seen = Optional.of(chain[0]);
        throw new CertificateException("it was only looked at");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        look(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        look(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        look(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("nobody connects to this");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("nobody connects to this");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("nobody connects to this");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
