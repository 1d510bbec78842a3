package io.ameide.vault.bootstrap.vault;

import javax.net.ssl.TrustManagerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;

/** Certificate authorities that a file names. */
public final class PemAuthorities {

    private PemAuthorities() {}

    /**
     * Trust in nothing but the certificates of a PEM file.
     *
     * @throws IOException if it cannot be read
     * @throws GeneralSecurityException if it holds something else than certificates, or none
     */
    public static TrustManagerFactory trust(Path file) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        int number = 0;
        for (Certificate authority : certificates(file)) {
            trusted.setCertificateEntry("authority-" + number++, authority);
        }
        return trust(trusted);
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException, CertificateException {
        try (InputStream pem = Files.newInputStream(file)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(pem);
            if (certificates.isEmpty()) {
                throw new CertificateException("there is no certificate");
            }
            return certificates;
        }
    }

    /** @param trusted null for the platform's own */
    static TrustManagerFactory trust(KeyStore trusted) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory;
    }
}
