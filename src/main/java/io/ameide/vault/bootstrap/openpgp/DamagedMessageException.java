package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

/**
 * What was read is no whole and unchanged OpenPGP message. Nothing is wrong with what it was read from, which tells of its
 * own trouble in exceptions of its own.
 */
public final class DamagedMessageException extends ProblemException {

    private static final long serialVersionUID = 1L;

    private static final String HINT = "it cannot be mended: use another copy of it";

    /** @param flaw what is the matter with it, for example {@code it is no encrypted OpenPGP message} */
    DamagedMessageException(String flaw) {
        super(Problem.error(flaw, HINT));
    }

    DamagedMessageException(String flaw, Throwable cause) {
        super(Problem.error(flaw, HINT), cause);
    }
}
