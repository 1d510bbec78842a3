package io.ameide.vault.bootstrap.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.JsonWebToken;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * What a ServiceAccount token says of itself (RFC 7519). Nobody checks its signature here.
 *
 * @param audiences none where it is a token from before there were audiences
 */
public record TokenClaims(
        Account account,
        List<String> audiences,
        String issuer,
        Optional<Instant> issuedAt,
        Optional<Instant> notBefore,
        Optional<Instant> expiresAt) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The claims, or nothing where this is no token of a ServiceAccount. */
    static Optional<TokenClaims> of(Sensitive jwt) {
        return JsonWebToken.claims(jwt)
                .flatMap(claims -> Account.ofSubject(claims.path("sub").asText())
                        .map(account -> new TokenClaims(
                                account,
                                audiences(claims.path("aud")),
                                claims.path("iss").asText(),
                                time(claims.path("iat")),
                                time(claims.path("nbf")),
                                time(claims.path("exp")))));
    }

    private static List<String> audiences(JsonNode claim) {
        List<String> audiences = new ArrayList<>();
        if (claim.isTextual()) {
            audiences.add(claim.textValue());
        }
        claim.forEach(audience -> audiences.add(audience.asText()));
        return List.copyOf(audiences);
    }

    private static Optional<Instant> time(JsonNode claim) {
        return claim.canConvertToLong() ? Optional.of(Instant.ofEpochSecond(claim.asLong())) : Optional.empty();
    }

    /** For sentences. */
    String audience() {
        return audiences.isEmpty() ? "none" : String.join(", ", audiences);
    }

    /**
     * A token that nobody signed and that expired in 1970, for the same account. A server that complains of anything about
     * it but {@code permission denied} has let the address of this process pass and asks an API server about signatures.
     */
    Sensitive stale() {
        var claims = JSON.createObjectNode().put("iss", issuer).put("sub", account.subject());
        claims.put("exp", 1).put("iat", 0).put("nbf", 0);
        audiences.forEach(claims.putArray("aud")::add);
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        byte[] header = JSON.createObjectNode()
                .put("alg", "RS256")
                .put("typ", "JWT")
                .toString()
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] body = claims.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return Sensitive.of("%s.%s.%s"
                .formatted(
                        encoder.encodeToString(header),
                        encoder.encodeToString(body),
                        encoder.encodeToString(new byte[256])));
    }
}
