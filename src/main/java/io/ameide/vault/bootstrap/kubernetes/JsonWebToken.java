package io.ameide.vault.bootstrap.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.io.IOException;
import java.util.Base64;
import java.util.Optional;

/**
 * A signed token in its compact form (RFC 7519, RFC 7515), three parts between dots. Nobody checks the signature here: that
 * is the API server's, when the Vault server asks it.
 */
public final class JsonWebToken {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonWebToken() {}

    /** What the token says of itself, an object; or nothing where this is no such token. */
    public static Optional<JsonNode> claims(Sensitive token) {
        String[] parts = token.reveal().split("\\.", -1);
        if (parts.length != 3) {
            return Optional.empty();
        }
        try {
            JsonNode claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
            return claims.isObject() ? Optional.of(claims) : Optional.empty();
        } catch (IllegalArgumentException | IOException e) {
            // Its message would quote the token.
            return Optional.empty();
        }
    }
}
