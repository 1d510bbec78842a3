package io.ameide.vault.bootstrap.access;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.JsonWebToken;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

/**
 * A ServiceAccount token as the kubelet projects it into a pod, and what its claims say.
 */
record ProjectedToken(Path file, Sensitive jwt, Account account, String audience, Instant expiresAt) {

    /** Clocks differ. */
    private static final Duration LEEWAY = Duration.ofMinutes(1);

    private static final int MAX_BYTES = 64 * 1024;

    private static final String HINT =
            "bootstrap.access.kubernetes.token-file names a projected volume of the pod, with a "
                    + "serviceAccountToken source that has an audience";

    /** @throws ProblemException of kind ACCESS when the file does not hold such a token */
    static ProjectedToken read(Path file) {
        String jwt = text(file).strip();
        if (jwt.isEmpty()) {
            throw unusable(file, "is empty");
        }
        JsonNode claims =
                JsonWebToken.claims(Sensitive.of(jwt)).orElseThrow(() -> unusable(file, "holds no JSON web token"));
        Account account = Account.ofSubject(claims.path("sub").asText())
                .orElseThrow(() -> unusable(file, "is not the token of a ServiceAccount"));
        if (!claims.path("exp").canConvertToLong()) {
            throw unusable(file, "does not say when it expires, so that nobody projected it");
        }
        return new ProjectedToken(
                file,
                Sensitive.of(jwt),
                account,
                audience(file, claims.path("aud")),
                expiry(file, claims.path("exp").asLong()));
    }

    private static Instant expiry(Path file, long seconds) {
        try {
            return Instant.ofEpochSecond(seconds);
        } catch (DateTimeException e) {
            throw unusable(file, "expires at a time that there is not");
        }
    }

    /** @throws ProblemException of kind ACCESS when it expired a while ago */
    void requireValid(Instant now) {
        if (now.isAfter(expiresAt.plus(LEEWAY))) {
            throw new ProblemException(Problem.access(
                    "the token in %s expired at %s".formatted(file, expiresAt),
                    "the kubelet renews it while its pod runs; is it a copy, and is the clock of this machine right?"));
        }
    }

    /** One, since a role asks for one. */
    private static String audience(Path file, JsonNode claim) {
        JsonNode only = claim.isArray() && claim.size() == 1 ? claim.path(0) : claim;
        if (!only.isTextual() || only.textValue().isEmpty()) {
            throw unusable(file, "has %s audiences, not one".formatted(claim.isArray() ? claim.size() : "no"));
        }
        return only.textValue();
    }

    private static String text(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw unusable(file, "is not there");
        } catch (IOException e) {
            throw unusable(file, "cannot be read: " + e.getClass().getSimpleName());
        }
    }

    private static ProblemException unusable(Path file, String matter) {
        return new ProblemException(
                Problem.access("cannot sign in to Kubernetes auth: %s %s".formatted(file, matter), HINT));
    }
}
