package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.time.Duration;
import java.util.Optional;

/** Key Vault, or what signs in to it, cannot answer now and may be able to a moment later. */
final class KeyVaultUnavailableException extends ProblemException {

    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    /** @param retryAfter how long the service asked to be left alone; zero when it did not */
    KeyVaultUnavailableException(Problem problem, Duration retryAfter, Throwable cause) {
        super(problem, cause);
        this.retryAfter = retryAfter;
    }

    Duration pause(Duration atLeast) {
        return Optional.of(retryAfter)
                .filter(asked -> asked.compareTo(atLeast) > 0)
                .orElse(atLeast);
    }
}
