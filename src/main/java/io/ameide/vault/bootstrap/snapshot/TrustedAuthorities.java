package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.PemAuthorities;

import javax.net.ssl.TrustManager;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;

/** The certificates of a PEM file as the only ones that are trusted. */
final class TrustedAuthorities {

    private TrustedAuthorities() {}

    /** @throws ProblemException of kind INVALID if the file cannot be read or holds no certificate */
    static TrustManager[] in(Path file) {
        String asked = "read the authorities in " + file;
        try {
            return PemAuthorities.trust(file).getTrustManagers();
        } catch (IOException e) {
            throw new ProblemException(Problem.invalid(asked + ": " + FileTrouble.reason(e), "is it mounted?"), e);
        } catch (GeneralSecurityException e) {
            throw new ProblemException(
                    Problem.invalid(asked + ": there is no usable certificate", "it takes a file in PEM"), e);
        }
    }
}
