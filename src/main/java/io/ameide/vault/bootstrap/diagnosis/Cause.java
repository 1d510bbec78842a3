package io.ameide.vault.bootstrap.diagnosis;

import java.util.Locale;

/** Why a login does not work, in the order in which somebody would look. */
public enum Cause {
    /** It works. */
    NONE,
    TOKEN_MISSING,
    TOKEN_EMPTY,
    TOKEN_MALFORMED,
    SERVICE_ACCOUNT_MISSING,
    NODE_UNREACHABLE,
    NODE_NOT_INITIALIZED,
    NODE_SEALED,
    NODE_NOT_SERVING,
    AUTH_METHOD_MISSING,
    AUTH_METHOD_OF_OTHER_TYPE,
    AUTH_METHOD_NOT_CONFIGURED,
    ROLE_MISSING,
    ADDRESS_NOT_BOUND,
    SIGNATURE_KEYS_DIFFER,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET_VALID,
    ISSUER_DIFFERS,
    AUDIENCE_DIFFERS,
    NAMESPACE_NOT_BOUND,
    SERVICE_ACCOUNT_NOT_BOUND,
    SERVICE_ACCOUNT_GONE,
    POD_GONE,
    TOKEN_OF_OTHER_CLUSTER,
    API_SERVER_UNREACHABLE,
    API_SERVER_NOT_TRUSTED,
    REVIEWER_NOT_ALLOWED,
    CLIENT_TOKEN_CANNOT_REVIEW,
    REVIEWER_TOKEN_DEAD,
    /** The server could not have the token reviewed, and what was seen does not say why. */
    REVIEW_FAILED,
    /** The server refused in words that nobody planned for. */
    LOGIN_REFUSED,
    PATH_NOT_ALLOWED;

    /** As documents name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
