package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;

/** The certificates of a PEM file as the only ones that are trusted. */
final class TrustedAuthorities {

    private final TrustManagerFactory factory;

    private TrustedAuthorities(TrustManagerFactory factory) {
        this.factory = factory;
    }

    /** @throws ProblemException of kind INVALID if the file cannot be read or holds no certificate */
    static TrustedAuthorities in(Path file) {
        String asked = "read the authorities in " + file;
        try (InputStream in = Files.newInputStream(file)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new ProblemException(
                        Problem.invalid(asked + ": there is no certificate", "it takes a file in PEM"));
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates) {
                trusted.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            return new TrustedAuthorities(factory);
        } catch (IOException e) {
            throw new ProblemException(Problem.invalid(asked + ": " + FileTrouble.reason(e), "is it mounted?"), e);
        } catch (GeneralSecurityException e) {
            throw new ProblemException(
                    Problem.invalid(asked + ": these are no certificates", "it takes a file in PEM"), e);
        }
    }

    TrustManager[] managers() {
        return factory.getTrustManagers();
    }
}
