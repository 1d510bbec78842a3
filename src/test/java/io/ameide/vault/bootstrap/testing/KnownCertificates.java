package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Trusts certificates that it was told of one by one, whatever their dates and names: a test has bad ones too. */
final class KnownCertificates extends X509ExtendedTrustManager {

    private final Set<X509Certificate> known = ConcurrentHashMap.newKeySet();

    void add(X509Certificate certificate) {
        known.add(certificate);
    }

    /** @param client who connects, for servers that ask */
    SSLContext contextAs(Issued client) {
        return CertificateAuthority.context(client, this);
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        if (!known.contains(chain[0])) {
            throw new CertificateException(
                    "nobody gave this certificate to a node: " + chain[0].getSubjectX500Principal());
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
