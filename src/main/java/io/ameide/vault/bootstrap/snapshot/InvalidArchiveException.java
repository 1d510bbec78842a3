package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.DamagedMessageException;
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

    /** Of one that is encrypted, and damaged as it is stored. */
    InvalidArchiveException(String origin, DamagedMessageException damage) {
        this(
                origin,
                damage.problem().message(),
                "it was cut short or changed where it is stored: use another copy of it, or another snapshot",
                damage);
    }
}
