package io.ameide.vault.bootstrap.kubernetes;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

/** Whether an API server can be reached from here, and be trusted as somebody else was told to trust it. */
public sealed interface Contact {

    /** It listens, and its certificate goes with the authority, where one was given. */
    record Reached() implements Contact {}

    /** @param why to be put into a sentence */
    record Silent(String why) implements Contact {}

    /** It listens, but it is not one that the given authority signed for this name. */
    record Untrusted(String why) implements Contact {}

    /**
     * Opens a connection and sends no request.
     *
     * @param host {@code http(s)://host[:port]}
     * @param authority PEM certificates; without them no certificate is looked at
     */
    static Contact with(String host, Optional<String> authority, Duration timeout) {
        URI address;
        try {
            address = URI.create(host);
        } catch (IllegalArgumentException e) {
            return new Silent("it is no URL");
        }
        if (address.getHost() == null) {
            return new Silent("it names no host");
        }
        boolean tls = !"http".equals(address.getScheme());
        int port = address.getPort() >= 0 ? address.getPort() : tls ? 443 : 80;
        try (Socket plain = new Socket()) {
            InetSocketAddress target = new InetSocketAddress(address.getHost(), port);
            if (target.isUnresolved()) {
                return new Silent("its host name is not known");
            }
            plain.connect(target, (int) timeout.toMillis());
            plain.setSoTimeout((int) timeout.toMillis());
            return tls && authority.isPresent()
                    ? handshake(plain, address.getHost(), port, authority.get())
                    : new Reached();
        } catch (IOException e) {
            return new Silent(
                    e instanceof java.net.ConnectException ? "nothing listens there" : "it does not answer in time");
        }
    }

    private static Contact handshake(Socket plain, String host, int port, String authority) throws IOException {
        SSLContext context;
        try {
            context = trusting(authority);
        } catch (GeneralSecurityException | IOException e) {
            return new Untrusted("kubernetes_ca_cert holds no certificate in PEM");
        }
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, false)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return new Reached();
        } catch (SSLException e) {
            return new Untrusted(
                    String.valueOf(e.getMessage()).contains("No subject alternative")
                                    || String.valueOf(e.getMessage()).contains("No name matching")
                            ? "its certificate is not for " + host
                            : "its certificate is not signed by that authority");
        }
    }

    private static SSLContext trusting(String authority) throws GeneralSecurityException, IOException {
        Collection<? extends Certificate> certificates = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(authority.getBytes(StandardCharsets.UTF_8)));
        if (certificates.isEmpty()) {
            throw new GeneralSecurityException("no certificate");
        }
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        for (Certificate certificate : certificates) {
            trusted.setCertificateEntry("authority-" + trusted.size(), certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
