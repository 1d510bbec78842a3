package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

/** A key store was changed by somebody else since it was read; nothing was overwritten that is not kept. */
public final class KeyStoreConflictException extends ProblemException {

    private static final long serialVersionUID = 1L;

    public KeyStoreConflictException(String description) {
        this(Problem.error(
                "write custody to " + description + ": it was changed by somebody else since it was read",
                "nothing was written; run again, and look for a second tick on the same custody"));
    }

    private KeyStoreConflictException(Problem problem) {
        super(problem);
    }

    /** Of a store that can tell only afterwards that two wrote at once, and keeps what both wrote. */
    static KeyStoreConflictException between(String description, String ours, String other) {
        return new KeyStoreConflictException(Problem.error(
                "write custody to %s: somebody else wrote version %s at the same moment".formatted(description, other),
                "what this process wrote is version " + ours
                        + "; end the other writer, compare both, and make the right one the newest"));
    }
}
