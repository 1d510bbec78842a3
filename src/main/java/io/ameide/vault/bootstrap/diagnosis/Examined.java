package io.ameide.vault.bootstrap.diagnosis;

import java.util.List;
import java.util.Optional;

/**
 * What an examination came to.
 *
 * @param claims of the token, where it has any
 */
public record Examined(Optional<TokenClaims> claims, List<Finding> findings, Diagnosis diagnosis) {

    static Examined of(Evidence evidence) {
        return new Examined(evidence.claims(), Finding.of(evidence), Diagnosis.of(evidence));
    }

    /** Whether the login works, and may do what was asked. */
    public boolean well() {
        return diagnosis.cause() == Cause.NONE;
    }
}
