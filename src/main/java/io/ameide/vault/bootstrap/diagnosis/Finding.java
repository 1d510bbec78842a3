package io.ameide.vault.bootstrap.diagnosis;

import io.ameide.vault.bootstrap.kubernetes.Contact;
import io.ameide.vault.bootstrap.kubernetes.Reviews.Verdict;
import io.ameide.vault.bootstrap.vault.KubernetesLogin;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One thing that was looked at.
 *
 * @param what was looked at
 * @param said what was seen there, or why nobody could look
 */
public record Finding(State state, String what, String said) {

    /** What it means for the login. */
    public enum State {
        WELL,
        AMISS,
        UNKNOWN
    }

    /** In the order in which a login needs them; what nobody had a reason to look at is left out. */
    static List<Finding> of(Evidence evidence) {
        Question question = evidence.question();
        Evidence.Answers answers = evidence.answers();
        List<Finding> findings = new ArrayList<>();
        findings.add(token(evidence));
        findings.add(node(evidence.node()));
        add(
                findings,
                "auth/" + question.mount(),
                answers.mounted(),
                mounted -> new Finding(
                        mounted ? State.WELL : State.AMISS,
                        "",
                        mounted ? "answers as Kubernetes auth" : "does not answer as Kubernetes auth"));
        add(findings, "login as role " + question.role(), answers.login(), Finding::login);
        answers.leftOver().ifPresent(why -> findings.add(new Finding(State.UNKNOWN, "end of the login's token", why)));
        question.path()
                .ifPresent(path -> add(
                        findings,
                        "its token at " + path,
                        answers.capabilities(),
                        capabilities -> new Finding(
                                capabilities.contains("read") || capabilities.contains("root")
                                        ? State.WELL
                                        : State.AMISS,
                                "",
                                String.join(", ", capabilities))));
        add(findings, "TokenReview of this process", evidence.trial().review(), Finding::verdict);
        add(
                findings,
                "SubjectAccessReview of the reviewer",
                evidence.trial().reviewer(),
                access -> new Finding(
                        access.allowed() ? State.WELL : State.AMISS,
                        "",
                        "ServiceAccount %s may %screate tokenreviews"
                                .formatted(access.account(), access.allowed() ? "" : "not ")));
        add(findings, question.rolePath(), evidence.settings().role(), role -> role(role, evidence));
        add(findings, question.configPath(), evidence.settings().config(), Finding::config);
        add(findings, "its kubernetes_host, from here", evidence.settings().host(), Finding::contact);
        return List.copyOf(findings);
    }

    private static <T> void add(
            List<Finding> findings, String what, Looked<T> looked, java.util.function.Function<T, Finding> judgement) {
        switch (looked) {
            case Looked.Seen<T>(T value) -> {
                Finding finding = judgement.apply(value);
                findings.add(new Finding(finding.state(), what, finding.said()));
            }
            case Looked.NotSeen<T>(String why) -> {
                if (!why.isEmpty()) {
                    findings.add(new Finding(State.UNKNOWN, what, why));
                }
            }
        }
    }

    private static Finding token(Evidence evidence) {
        String what = evidence.question().token().toString();
        return switch (evidence.token()) {
            case Evidence.Token.Unusable unusable -> new Finding(State.AMISS, what, unusable.matter());
            case Evidence.Token.Readable(TokenClaims claims) ->
                new Finding(
                        claims.expiresAt()
                                        .filter(expiry -> evidence.now().isAfter(expiry))
                                        .isPresent()
                                ? State.AMISS
                                : State.WELL,
                        what,
                        "ServiceAccount %s, audience %s, issuer %s, expires %s"
                                .formatted(
                                        claims.account(),
                                        claims.audience(),
                                        claims.issuer(),
                                        claims.expiresAt().map(Object::toString).orElse("never")));
        };
    }

    private static Finding node(Evidence.Node node) {
        return switch (node) {
            case Evidence.Node.Serving serving -> new Finding(State.WELL, "node " + serving.address(), "serves");
            case Evidence.Node.Amiss amiss -> new Finding(State.AMISS, "node", amiss.matter());
        };
    }

    private static Finding login(KubernetesLogin login) {
        return switch (login) {
            case KubernetesLogin.Accepted(var accepted) ->
                new Finding(State.WELL, "", "works, with policies " + String.join(", ", accepted.policies()));
            case KubernetesLogin.Refused refused -> new Finding(State.AMISS, "", refused.said());
        };
    }

    private static Finding verdict(Verdict verdict) {
        return verdict.authenticated()
                ? new Finding(State.WELL, "", "the API server takes it as that of " + verdict.username())
                : new Finding(State.AMISS, "", "the API server says: " + verdict.error());
    }

    private static Finding role(Optional<KubernetesRole> found, Evidence evidence) {
        if (found.isEmpty()) {
            return new Finding(State.AMISS, "", "is not there");
        }
        KubernetesRole role = found.get();
        String bound = "bound to names %s, namespaces %s"
                .formatted(String.join(", ", role.names()), String.join(", ", role.namespaces()));
        String cidrs = role.cidrs().isEmpty() ? "" : ", addresses " + String.join(", ", role.cidrs());
        if (role.audience().isEmpty()) {
            return new Finding(
                    State.AMISS,
                    "",
                    "%s%s; takes a token of any audience: set audience (a field audiences is ignored)"
                            .formatted(bound, cidrs));
        }
        boolean audience = evidence.claims()
                .filter(claims -> !claims.audiences().contains(role.audience()))
                .isEmpty();
        return new Finding(
                audience ? State.WELL : State.AMISS, "", "%s, audience %s%s".formatted(bound, role.audience(), cidrs));
    }

    private static Finding config(Optional<KubernetesConfig> found) {
        return found.map(config -> new Finding(
                        State.WELL,
                        "",
                        "%s, reviewed with %s"
                                .formatted(
                                        config.host(),
                                        config.reviewerPinned()
                                                ? "a pinned token_reviewer_jwt"
                                                : config.clientReviews()
                                                        ? "the client's own token"
                                                        : "the token of the server's pod")))
                .orElseGet(() -> new Finding(State.AMISS, "", "is not there"));
    }

    private static Finding contact(Contact contact) {
        return switch (contact) {
            case Contact.Reached reached -> new Finding(State.WELL, "", "answers");
            case Contact.Silent silent -> new Finding(State.AMISS, "", silent.why());
            case Contact.Untrusted untrusted -> new Finding(State.AMISS, "", untrusted.why());
        };
    }
}
