package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

/**
 * A place for snapshots did not do what was asked. The message says what was asked of which place and what is the matter,
 * for example {@code store a.snap in folder /backup: No space left on device}. Neither message nor cause holds a credential:
 * a client's exception that quotes a signed address is not passed on.
 */
public abstract sealed class StoreException extends ProblemException {

    private static final long serialVersionUID = 1L;

    private StoreException(Problem problem) {
        super(problem);
    }

    private StoreException(Problem problem, Throwable cause) {
        super(problem, cause);
    }

    /**
     * The place does not let us, and will not until a person changes something: credentials, permissions, a bucket that
     * does not exist, a clock that is too wrong to sign with.
     */
    public static final class Denied extends StoreException {
        private static final long serialVersionUID = 1L;

        public Denied(String message, String hint) {
            super(Problem.access(message, hint));
        }

        public Denied(String message, String hint, Throwable cause) {
            super(Problem.access(message, hint), cause);
        }
    }

    /** There is no object of that name. A bucket or container that is not there is {@link Denied}. */
    public static final class Missing extends StoreException {
        private static final long serialVersionUID = 1L;

        public Missing(String message, String hint) {
            super(Problem.access(message, hint));
        }

        public Missing(String message, String hint, Throwable cause) {
            super(Problem.access(message, hint), cause);
        }
    }

    /** There is an object of that name, or one is being stored. */
    public static final class Exists extends StoreException {
        private static final long serialVersionUID = 1L;

        /** @param asked what the message begins with */
        public Exists(String asked) {
            super(Problem.error(
                    asked + ": one of that name is already there or being stored",
                    "another run was faster: nothing is lost"));
        }
    }

    /** No room: the disk, or a quota. */
    public static final class Full extends StoreException {
        private static final long serialVersionUID = 1L;

        public Full(String message, String hint) {
            super(Problem.access(message, hint));
        }

        public Full(String message, String hint, Throwable cause) {
            super(Problem.access(message, hint), cause);
        }
    }

    /** The place keeps the object until a time or until a hold is lifted. */
    public static final class Locked extends StoreException {
        private static final long serialVersionUID = 1L;

        public Locked(String message, String hint) {
            super(Problem.access(message, hint));
        }

        public Locked(String message, String hint, Throwable cause) {
            super(Problem.access(message, hint), cause);
        }
    }

    /** It did not work this time: nobody answers, overload, a broken connection, content that arrived damaged. */
    public static final class Unavailable extends StoreException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, String hint) {
            super(Problem.access(message, hint));
        }

        public Unavailable(String message, String hint, Throwable cause) {
            super(Problem.access(message, hint), cause);
        }
    }
}
