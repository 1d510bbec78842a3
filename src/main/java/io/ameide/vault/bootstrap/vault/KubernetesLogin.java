package io.ameide.vault.bootstrap.vault;

/**
 * What a server made of a login through Kubernetes auth. Its words are those of the plugin that Vault and OpenBao share
 * (vault-plugin-auth-kubernetes).
 */
public sealed interface KubernetesLogin {

    /** @param login whose token the caller gives back */
    record Accepted(Login login) implements KubernetesLogin {}

    /** @param said the server's words, secrets masked */
    record Refused(Reason reason, String said) implements KubernetesLogin {}

    /** Why, as far as the server says. It looks at these in this order. */
    enum Reason {
        /** The auth method is there, its configuration is not. */
        NOT_CONFIGURED,
        NO_SUCH_ROLE,
        /**
         * {@code permission denied} and nothing else: the address is not bound, the signature is none of {@code pem_keys},
         * the TokenReview failed or says no. Also where no auth method is mounted.
         */
        UNTOLD,
        EXPIRED,
        NOT_YET_VALID,
        ISSUER,
        AUDIENCE,
        NAMESPACE,
        SERVICE_ACCOUNT_NAME,
        OTHER;

        static Reason of(String said) {
            if (said.contains("could not load backend configuration")) {
                return NOT_CONFIGURED;
            }
            if (said.startsWith("invalid role name")) {
                return NO_SUCH_ROLE;
            }
            if (said.equals("permission denied")) {
                return UNTOLD;
            }
            if (said.startsWith("invalid expiration time (exp) claim")) {
                return EXPIRED;
            }
            if (said.startsWith("invalid not before (nbf) claim") || said.startsWith("invalid issued at (iat) claim")) {
                return NOT_YET_VALID;
            }
            if (said.startsWith("invalid issuer (iss) claim")) {
                return ISSUER;
            }
            if (said.startsWith("invalid audience (aud) claim")) {
                return AUDIENCE;
            }
            if (said.startsWith("namespace not authorized")) {
                return NAMESPACE;
            }
            if (said.startsWith("service account name not authorized")) {
                return SERVICE_ACCOUNT_NAME;
            }
            return OTHER;
        }
    }
}
