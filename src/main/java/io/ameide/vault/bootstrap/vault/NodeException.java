package io.ameide.vault.bootstrap.vault;

import java.net.http.HttpTimeoutException;
import java.util.concurrent.TimeoutException;

/**
 * A request that did not do what was asked. The message names the node and the path, never a token or a body; texts of
 * the server are quoted with every secret value of the request masked.
 */
public abstract sealed class NodeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String hint;

    NodeException(String message, String hint, Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    /** The way out in one sentence, empty where there is none to give. */
    public String hint() {
        return hint;
    }

    /** Nobody answered, or what answered is no Vault: connection, TLS, time limit, an HTML page. */
    public static final class Unreachable extends NodeException {
        private static final long serialVersionUID = 1L;

        Unreachable(String message, String hint, Throwable cause) {
            super(message, hint, cause);
        }

        /** Whether a whole request timeout went by: what a frozen process does, and one that is not there does not. */
        boolean late() {
            return getCause() instanceof TimeoutException || getCause() instanceof HttpTimeoutException;
        }
    }

    /** The node knows the request but not the permission: 401 and 403. */
    public static final class Denied extends NodeException {
        private static final long serialVersionUID = 1L;

        Denied(String message, String hint) {
            super(message, hint, null);
        }
    }

    /** The request is wrong in the node's eyes: other 4xx. */
    public static final class Refused extends NodeException {
        private static final long serialVersionUID = 1L;

        Refused(String message, String hint) {
            super(message, hint, null);
        }
    }

    /** An init before this one died half-way, and the node refuses another until its storage is wiped. */
    public static final class HalfInitialized extends NodeException {
        private static final long serialVersionUID = 1L;

        HalfInitialized(String message, String hint, Throwable cause) {
            super(message, hint, cause);
        }
    }

    /**
     * The node has no such operation, or it was switched off: 405, 501 to anything but a health request, and OpenBao's 400
     * to an audit device that its own configuration would have to declare.
     */
    public static final class Unsupported extends NodeException {
        private static final long serialVersionUID = 1L;

        Unsupported(String message, String hint) {
            super(message, hint, null);
        }
    }

    /** A version of the secret other than the expected one is there by now. */
    public static final class CheckAndSetMismatch extends NodeException {
        private static final long serialVersionUID = 1L;

        CheckAndSetMismatch(String message) {
            super(message, "", null);
        }
    }

    /** The node cannot answer now: sealed, no leader, rate limit, an internal error. A later tick may find it well. */
    public static final class Unavailable extends NodeException {
        private static final long serialVersionUID = 1L;

        Unavailable(String message, String hint) {
            this(message, hint, null);
        }

        Unavailable(String message, String hint, Throwable cause) {
            super(message, hint, cause);
        }
    }
}
