package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

/** A key store was changed by somebody else since it was read; nothing was written. */
public final class KeyStoreConflictException extends ProblemException {

    private static final long serialVersionUID = 1L;

    public KeyStoreConflictException(String description) {
        super(Problem.error(
                "write custody to " + description + ": it was changed by somebody else since it was read",
                "nothing was written; run again, and look for a second tick on the same custody"));
    }
}
