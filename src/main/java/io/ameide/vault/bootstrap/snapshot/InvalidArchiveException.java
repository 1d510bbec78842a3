package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

/** What was read is not a whole, intact Raft snapshot of the expected age: it must neither be kept nor restored. */
public final class InvalidArchiveException extends ProblemException {

    private static final long serialVersionUID = 1L;

    /**
     * @param origin where the archive came from, as messages name it, for example {@code snapshot from http://…}
     * @param flaw what is the matter with it
     */
    InvalidArchiveException(String origin, String flaw, String hint) {
        super(Problem.error(origin + ": " + flaw, hint));
    }

    InvalidArchiveException(String origin, String flaw, String hint, Throwable cause) {
        super(Problem.error(origin + ": " + flaw, hint), cause);
    }
}
