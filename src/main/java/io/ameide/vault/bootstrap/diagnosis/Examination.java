package io.ameide.vault.bootstrap.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Access;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Answers;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Node;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Settings;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Token;
import io.ameide.vault.bootstrap.diagnosis.Evidence.Trial;
import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.Contact;
import io.ameide.vault.bootstrap.kubernetes.Reviews;
import io.ameide.vault.bootstrap.kubernetes.Reviews.Verdict;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.KubernetesLogin;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Accepted;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Reason;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Refused;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Gathers what can be seen of one login, and changes nothing; the token that the login gives is given back. */
public final class Examination {

    private static final Duration CONTACT_LIMIT = Duration.ofSeconds(5);
    private static final int MAX_TOKEN_BYTES = 64 * 1024;

    private final Question question;
    private final Reviews reviews;
    private final Clock clock;

    public Examination(Question question, Reviews reviews, Clock clock) {
        this.question = question;
        this.reviews = reviews;
        this.clock = clock;
    }

    /** A token that could be had, or why not. */
    private record Held(Token token, Optional<Sensitive> jwt) {

        static Held of(Sensitive jwt) {
            return TokenClaims.of(jwt)
                    .map(claims -> new Held(new Token.Readable(claims), Optional.of(jwt)))
                    .orElseGet(() -> unusable(Cause.TOKEN_MALFORMED, "is no JSON web token of a ServiceAccount"));
        }

        static Held unusable(Cause cause, String matter) {
            return new Held(new Token.Unusable(cause, matter), Optional.empty());
        }
    }

    /**
     * @param cluster whose nodes are known
     * @param ownSession what the tool may look with, or why it has nothing; asked once, where there is a use for it
     * @throws ProblemException when a token was to be requested and that is denied
     */
    public Examined examine(Cluster cluster, Function<VaultNode, Looked<VaultSession>> ownSession) {
        Held held = token();
        Node node = node(cluster);
        Optional<VaultNode> active = cluster.active();
        if (held.jwt().isEmpty() || active.isEmpty()) {
            return Examined.of(
                    new Evidence(question, clock.instant(), held.token(), node, unasked(), unseen(), untried()));
        }
        TokenClaims claims = ((Token.Readable) held.token()).claims();
        Answers answers = answers(active.get(), held.jwt().get(), claims);
        Looked<VaultSession> session = ownSession.apply(active.get());
        Settings settings = settings(session);
        return Examined.of(new Evidence(
                question,
                clock.instant(),
                held.token(),
                node,
                answers,
                settings,
                trial(held.jwt().get(), claims, settings)));
    }

    private Held token() {
        return switch (question.token()) {
            case TokenSource.InFile(Path file) -> read(file);
            case TokenSource.Requested(Account account, String audience) -> request(account, audience);
        };
    }

    private static Held read(Path file) {
        try (var in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(MAX_TOKEN_BYTES), StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? Held.unusable(Cause.TOKEN_EMPTY, "is empty") : Held.of(Sensitive.of(text));
        } catch (NoSuchFileException e) {
            return Held.unusable(Cause.TOKEN_MISSING, "is not there");
        } catch (IOException e) {
            return Held.unusable(
                    Cause.TOKEN_MISSING, "cannot be read: " + e.getClass().getSimpleName());
        }
    }

    private Held request(Account account, String audience) {
        try {
            return reviews.requestToken(account, audience)
                    .map(Held::of)
                    .orElseGet(() -> Held.unusable(
                            Cause.SERVICE_ACCOUNT_MISSING, "cannot be made: there is no such ServiceAccount"));
        } catch (ApiServerException.Denied e) {
            throw new ProblemException(
                    Problem.access(
                            e.getMessage(),
                            "kubectl create token %s -n %s --audience %s > token, and name that file with --token-file"
                                    .formatted(account.name(), account.namespace(), audience)),
                    e);
        }
    }

    private static Node node(Cluster cluster) {
        Map<VaultNode, NodeException> silent = cluster.look();
        if (cluster.answering().isEmpty()) {
            return silent.values().stream()
                    .findFirst()
                    .<Node>map(e -> new Node.Amiss(Cause.NODE_UNREACHABLE, e.getMessage(), e.hint()))
                    .orElseGet(() -> new Node.Amiss(
                            Cause.NODE_UNREACHABLE, "no node was found", "does the label selector fit its Pods?"));
        }
        if (!cluster.initialized()) {
            return new Node.Amiss(Cause.NODE_NOT_INITIALIZED, "no node is initialized", "vault-bootstrap run");
        }
        if (cluster.unsealed().isEmpty()) {
            return new Node.Amiss(Cause.NODE_SEALED, "every node that answers is sealed", "vault-bootstrap run");
        }
        try {
            return cluster.awaitActive(Duration.ZERO)
                    .<Node>map(active -> new Node.Serving(active.address().toString()))
                    .orElseGet(() -> new Node.Amiss(
                            Cause.NODE_NOT_SERVING,
                            "no node that answers serves; all are standbys",
                            "name the active node among the addresses"));
        } catch (NodeException e) {
            return new Node.Amiss(Cause.NODE_UNREACHABLE, e.getMessage(), e.hint());
        }
    }

    private static Answers unasked() {
        return new Answers(
                Looked.notNeeded(), Looked.notNeeded(), Looked.notNeeded(), Looked.notNeeded(), Optional.empty());
    }

    private static Settings unseen() {
        return new Settings(Looked.notNeeded(), Looked.notNeeded(), Looked.notNeeded(), Looked.notNeeded());
    }

    private static Trial untried() {
        return new Trial(Looked.notNeeded(), Looked.notNeeded(), Looked.notNeeded());
    }

    /** The token goes nowhere but to Kubernetes auth. */
    private Answers answers(VaultNode node, Sensitive jwt, TokenClaims claims) {
        Looked<Boolean> mounted = asked(() -> node.hasKubernetesAuth(question.mount()));
        if (!mounted.value().orElse(false)) {
            return new Answers(
                    mounted,
                    mounted instanceof Looked.NotSeen<Boolean>(String why) ? Looked.notSeen(why) : Looked.notNeeded(),
                    Looked.notNeeded(),
                    Looked.notNeeded(),
                    Optional.empty());
        }
        Looked<KubernetesLogin> login = asked(() -> node.tryKubernetesLogin(question.mount(), question.role(), jwt));
        return switch (login.value().orElse(new Refused(Reason.OTHER, ""))) {
            case Accepted accepted -> {
                VaultSession session = node.session(accepted.login());
                Looked<List<String>> capabilities = question.path()
                        .map(path -> asked(() -> session.capabilities(path)))
                        .orElseGet(Looked::notNeeded);
                yield new Answers(mounted, login, Looked.notNeeded(), capabilities, revoke(session, accepted));
            }
            case Refused refused ->
                new Answers(
                        mounted,
                        login,
                        refused.reason() == Reason.UNTOLD
                                ? asked(() ->
                                        node.tryKubernetesLogin(question.mount(), question.role(), claims.stale()))
                                : Looked.notNeeded(),
                        Looked.notNeeded(),
                        Optional.empty());
        };
    }

    private static Optional<String> revoke(VaultSession session, Accepted accepted) {
        try {
            session.revoke();
            return Optional.empty();
        } catch (NodeException e) {
            return Optional.of("could not be given back, and lives %d s at most: %s"
                    .formatted(
                            accepted.login().ttl().toSeconds(),
                            e instanceof NodeException.Denied
                                    ? "its policies do not allow auth/token/revoke-self, or are gone"
                                    : e.getMessage()));
        }
    }

    private Settings settings(Looked<VaultSession> looked) {
        return switch (looked) {
            case Looked.NotSeen<VaultSession>(String why) ->
                new Settings(Looked.notNeeded(), Looked.notSeen(why), Looked.notSeen(why), Looked.notNeeded());
            case Looked.Seen<VaultSession>(VaultSession session) -> {
                Looked<Optional<KubernetesConfig>> config =
                        asked(() -> session.read(question.configPath()).map(KubernetesConfig::of));
                yield new Settings(
                        asked(() -> type(session)),
                        asked(() -> session.read(question.rolePath()).map(KubernetesRole::of)),
                        config,
                        config.value()
                                .flatMap(found -> found)
                                .map(found -> Looked.seen(Contact.with(found.host(), found.authority(), CONTACT_LIMIT)))
                                .orElseGet(Looked::notNeeded));
            }
        };
    }

    private Optional<String> type(VaultSession session) {
        return session.read("sys/auth")
                .map(methods -> methods.path(question.mount() + "/").path("type"))
                .filter(JsonNode::isTextual)
                .map(JsonNode::asText);
    }

    private Trial trial(Sensitive jwt, TokenClaims claims, Settings settings) {
        boolean clientReviews = settings.config()
                .value()
                .flatMap(found -> found)
                .map(KubernetesConfig::clientReviews)
                .orElse(false);
        Optional<Account> reviewer = clientReviews ? Optional.of(claims.account()) : question.reviewer();
        Looked<Verdict> review = asked(() -> reviews.token(jwt, claims.audiences()));
        return new Trial(
                review,
                clientReviews ? asked(() -> reviews.token(jwt, List.of())) : Looked.notNeeded(),
                reviewer.map(account -> asked(() -> new Access(account, reviews.mayReviewTokens(account))))
                        .orElseGet(() ->
                                Looked.notSeen("who reviews for the server is not known; name it with --reviewer")));
    }

    private static <T> Looked<T> asked(Supplier<T> request) {
        try {
            return Looked.seen(request.get());
        } catch (NodeException | ApiServerException e) {
            return Looked.notSeen(e.getMessage());
        }
    }
}
