package io.ameide.vault.bootstrap.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A request to the API server that did not do what was asked. The message never holds the content of a Secret. */
public abstract sealed class ApiServerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** How the API server's RBAC authorizer says what is not allowed; without a namespace it is of the whole cluster. */
    private static final Pattern PERMISSION = Pattern.compile(
            "cannot (?<verb>[a-z]+) resource \"(?<resource>[a-z./-]+)\" in API group \"[^\"]*\" (?<place>in the namespace|)");

    private final String hint;

    ApiServerException(String message, String hint, Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    /** The way out in one sentence, empty where there is none to give. */
    public String hint() {
        return hint;
    }

    /** Nobody answered, or the server cannot answer now. A later try may find it well. */
    public static final class Unreachable extends ApiServerException {
        private static final long serialVersionUID = 1L;

        Unreachable(String message, Throwable cause) {
            super(message, "is the API server up, and does a network policy let this process reach it?", cause);
        }
    }

    /** RBAC does not allow it, or the token is not accepted. */
    public static final class Denied extends ApiServerException {
        private static final long serialVersionUID = 1L;

        Denied(String message, String hint, Throwable cause) {
            super(message, hint, cause);
        }
    }

    /** Another version is there by now, or something of that name is already there. */
    public static final class Conflict extends ApiServerException {
        private static final long serialVersionUID = 1L;

        Conflict(String message, Throwable cause) {
            super(message, "", cause);
        }
    }

    /** The request is wrong in the server's eyes. */
    public static final class Refused extends ApiServerException {
        private static final long serialVersionUID = 1L;

        Refused(String message, Throwable cause) {
            super(message, "", cause);
        }
    }

    /**
     * What a client library's failure stands for.
     *
     * @param asked in words, for example {@code read Secret vault/keys}
     */
    static ApiServerException of(String asked, KubernetesClientException failure) {
        return switch (failure.getCode()) {
            case 401 ->
                new Denied(
                        asked + ": the API server does not accept this process's token",
                        "is its ServiceAccount still there?",
                        failure);
            case 403 ->
                new Denied(asked + ": denied to this process's ServiceAccount", lacking(failure.getMessage()), failure);
            case 409 -> new Conflict(asked + ": somebody else was faster", failure);
            // The library has -1 where nobody answered at all.
            case -1, 0, 408, 429, 500, 502, 503, 504 ->
                new Unreachable(asked + ": no answer from the API server", failure);
            default -> new Refused(asked + ": refused with status " + failure.getCode(), failure);
        };
    }

    /** Names the permission as a rule of RBAC does, which is what a person has to write. */
    private static String lacking(String said) {
        Matcher permission = PERMISSION.matcher(String.valueOf(said));
        return permission.find()
                ? "does a %s allow it %s on %s?"
                        .formatted(
                                permission.group("place").isEmpty() ? "ClusterRole" : "Role of that namespace",
                                permission.group("verb"),
                                permission.group("resource"))
                : "does a Role of its namespace allow this verb?";
    }
}
