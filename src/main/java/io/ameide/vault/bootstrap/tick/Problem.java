package io.ameide.vault.bootstrap.tick;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.vault.NodeException;

import java.util.Arrays;
import java.util.Objects;

/**
 * Why something did not come to hold. Message and hint are lower case, without a full stop and without a secret value.
 *
 * @param kind what sort of answer it asks for, which decides the exit code
 * @param message what was asked and what is the matter
 * @param hint the way out in one sentence; empty where there is none to give
 */
public record Problem(Kind kind, String message, String hint) {

    /** Sorts of problems, from the one that most needs a person to the one that least does. */
    public enum Kind {
        /** A person has to decide: shares are lost, or custody and server do not belong together. */
        BLOCKED,
        /** What was asked for is itself wrong: a document, an option. */
        INVALID,
        /** A server, a login or key custody cannot be reached, or refuses. */
        ACCESS,
        /** The server refused one thing, or something nobody planned for happened. */
        ERROR,
        /** A key that is required is not there. */
        MISSING
    }

    public Problem {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(message);
        Objects.requireNonNull(hint);
    }

    public static Problem blocked(String message, String hint) {
        return new Problem(Kind.BLOCKED, message, hint);
    }

    public static Problem invalid(String message, String hint) {
        return new Problem(Kind.INVALID, message, hint);
    }

    public static Problem access(String message, String hint) {
        return new Problem(Kind.ACCESS, message, hint);
    }

    public static Problem error(String message, String hint) {
        return new Problem(Kind.ERROR, message, hint);
    }

    public static Problem missing(String message, String hint) {
        return new Problem(Kind.MISSING, message, hint);
    }

    /**
     * The problem that an exception stands for. Of one that nobody planned for only the type and the place are told: its
     * message may hold anything.
     */
    public static Problem of(RuntimeException exception) {
        return switch (exception) {
            case ProblemException known -> known.problem();
            case NodeException node ->
                switch (node) {
                    case NodeException.Unreachable e -> access(e.getMessage(), e.hint());
                    case NodeException.Denied e -> access(e.getMessage(), e.hint());
                    case NodeException.Unavailable e -> access(e.getMessage(), e.hint());
                    case NodeException.Refused e -> error(e.getMessage(), e.hint());
                    case NodeException.HalfInitialized e -> blocked(e.getMessage(), e.hint());
                    case NodeException.Unsupported e -> error(e.getMessage(), e.hint());
                    case NodeException.CheckAndSetMismatch e -> error(e.getMessage(), e.hint());
                };
            case ApiServerException api ->
                switch (api) {
                    case ApiServerException.Unreachable e -> access(e.getMessage(), e.hint());
                    case ApiServerException.Denied e -> access(e.getMessage(), e.hint());
                    case ApiServerException.Conflict e -> error(e.getMessage(), e.hint());
                    case ApiServerException.Refused e -> error(e.getMessage(), e.hint());
                };
            default -> unexpected(exception);
        };
    }

    static Problem unexpected(Throwable exception) {
        return error(
                "unexpected " + exception.getClass().getSimpleName() + origin(exception),
                "this is a defect of vault-bootstrap; please report it with this line");
    }

    private static String origin(Throwable exception) {
        return Arrays.stream(exception.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("io.ameide.vault.bootstrap"))
                .findFirst()
                .map(frame -> " at " + frame)
                .orElse("");
    }

    /** Message and hint in one line. */
    @Override
    public String toString() {
        return hint.isEmpty() ? message : message + " (" + hint + ")";
    }
}
