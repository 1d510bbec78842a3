package io.ameide.vault.bootstrap.diagnosis;

import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.Contact;
import io.ameide.vault.bootstrap.kubernetes.Reviews.Verdict;
import io.ameide.vault.bootstrap.vault.KubernetesLogin;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * All that an examination found. It holds no token.
 *
 * @param now by the clock of this process
 */
record Evidence(
        Question question, Instant now, Token token, Node node, Answers answers, Settings settings, Trial trial) {

    /** The token of the login. */
    sealed interface Token {

        record Readable(TokenClaims claims) implements Token {}

        /** @param cause which of those that are about a token */
        record Unusable(Cause cause, String matter) implements Token {}
    }

    /** The node that was asked. */
    sealed interface Node {

        record Serving(String address) implements Node {}

        /** @param cause which of those that are about nodes */
        record Amiss(Cause cause, String matter, String hint) implements Node {}
    }

    /**
     * What the node answered without a session.
     *
     * @param mounted whether it is Kubernetes auth that answers at the mount
     * @param stale what it said to {@link TokenClaims#stale}
     * @param capabilities of the login's token at the path of the question
     * @param leftOver why the login's token could not be given back, if so
     */
    record Answers(
            Looked<Boolean> mounted,
            Looked<KubernetesLogin> login,
            Looked<KubernetesLogin> stale,
            Looked<List<String>> capabilities,
            Optional<String> leftOver) {}

    /**
     * What the tool's own session saw.
     *
     * @param type of the auth method at the mount; empty where there is none
     * @param role empty where there is none
     * @param host what came of going where the server goes for reviews
     */
    record Settings(
            Looked<Optional<String>> type,
            Looked<Optional<KubernetesRole>> role,
            Looked<Optional<KubernetesConfig>> config,
            Looked<Contact> host) {}

    /**
     * What the API server said.
     *
     * @param review of the token, for its own audiences
     * @param forApiServer of the token, for the API server's audience
     * @param reviewer whether the reviewer may review
     */
    record Trial(Looked<Verdict> review, Looked<Verdict> forApiServer, Looked<Access> reviewer) {}

    /** Whether somebody may create TokenReviews. */
    record Access(Account account, boolean allowed) {}

    Optional<TokenClaims> claims() {
        return token instanceof Token.Readable readable ? Optional.of(readable.claims()) : Optional.empty();
    }

    Optional<KubernetesRole> role() {
        return settings.role().value().flatMap(found -> found);
    }

    Optional<KubernetesConfig> config() {
        return settings.config().value().flatMap(found -> found);
    }
}
