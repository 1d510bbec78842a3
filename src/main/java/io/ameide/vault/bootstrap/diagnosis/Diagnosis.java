package io.ameide.vault.bootstrap.diagnosis;

import io.ameide.vault.bootstrap.diagnosis.Evidence.Access;
import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.Contact;
import io.ameide.vault.bootstrap.kubernetes.Reviews.Verdict;
import io.ameide.vault.bootstrap.vault.KubernetesLogin;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Accepted;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Reason;
import io.ameide.vault.bootstrap.vault.KubernetesLogin.Refused;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The one cause that fits the evidence. What the server itself says goes before what was found elsewhere; where it says
 * only {@code permission denied}, one cause after the other is excluded in the order in which the server works.
 *
 * @param message what is the matter
 * @param fix what to do about it, with the command; may have several lines; empty where nothing is the matter
 */
public record Diagnosis(Cause cause, String message, String fix) {

    /** Servers let this much pass. */
    private static final Duration LEEWAY = Duration.ofMinutes(1);

    static Diagnosis of(Evidence evidence) {
        return new Judge(evidence).judge();
    }

    private record Judge(Evidence evidence) {

        Diagnosis judge() {
            if (evidence.token() instanceof Evidence.Token.Unusable unusable) {
                return unusable(unusable);
            }
            if (evidence.node() instanceof Evidence.Node.Amiss amiss) {
                return amiss(amiss);
            }
            TokenClaims claims = evidence.claims().orElseThrow();
            return switch (evidence.answers().login()) {
                case Looked.NotSeen<KubernetesLogin>(String why) -> withoutLogin(why);
                case Looked.Seen<KubernetesLogin>(Accepted accepted) -> accepted();
                case Looked.Seen<KubernetesLogin>(Refused refused) -> refused(refused, claims);
            };
        }

        private Question question() {
            return evidence.question();
        }

        private Diagnosis unusable(Evidence.Token.Unusable unusable) {
            String fix = switch (question().token()) {
                case TokenSource.InFile file -> """
                    project one into the pod, with the audience that the role asks for:
                      - name: vault-token
                        projected:
                          sources:
                            - serviceAccountToken: { path: token, audience: vault, expirationSeconds: 600 }""";
                case TokenSource.Requested requested ->
                    "kubectl create serviceaccount %s -n %s"
                            .formatted(
                                    requested.account().name(),
                                    requested.account().namespace());
            };
            return new Diagnosis(
                    unusable.cause(), "the %s %s".formatted(question().token(), unusable.matter()), fix);
        }

        private static Diagnosis amiss(Evidence.Node.Amiss amiss) {
            return new Diagnosis(amiss.cause(), amiss.matter(), amiss.hint());
        }

        /** Before the login was tried it showed that there is nothing to try it at, or the node went away. */
        private Diagnosis withoutLogin(String why) {
            if (evidence.answers().mounted().value().equals(Optional.of(false))) {
                return notMounted();
            }
            return new Diagnosis(Cause.NODE_NOT_SERVING, why, "vault-bootstrap status");
        }

        private Diagnosis notMounted() {
            Optional<String> type = evidence.settings().type().value().flatMap(found -> found);
            if (type.isPresent()) {
                return new Diagnosis(
                        Cause.AUTH_METHOD_OF_OTHER_TYPE,
                        "the auth method at auth/%s is of type %s, not kubernetes"
                                .formatted(question().mount(), type.get()),
                        "sign in at the mount of a Kubernetes auth method: bao auth list");
            }
            boolean known = evidence.settings().type() instanceof Looked.Seen;
            return new Diagnosis(
                    Cause.AUTH_METHOD_MISSING,
                    known
                            ? "no auth method is mounted at auth/" + question().mount()
                            : "no Kubernetes auth answers at auth/%s: nothing is mounted there, or another type"
                                    .formatted(question().mount()),
                    "bao auth list\nbao auth enable -path=%s kubernetes"
                            .formatted(question().mount()));
        }

        private Diagnosis accepted() {
            if (question().path().isEmpty()) {
                return new Diagnosis(
                        Cause.NONE,
                        "the login as role %s works".formatted(question().role()),
                        "");
            }
            String path = question().path().get();
            return switch (evidence.answers().capabilities()) {
                case Looked.NotSeen<List<String>>(String why) ->
                    new Diagnosis(
                            Cause.PATH_NOT_ALLOWED,
                            "the login works, but what its token may do at %s could not be seen: %s"
                                    .formatted(path, why),
                            "keep the policy default on the role's tokens: bao write %s token_no_default_policy=false"
                                    .formatted(question().rolePath()));
                case Looked.Seen<List<String>>(List<String> capabilities)
                when capabilities.contains("read") || capabilities.contains("root") ->
                    new Diagnosis(
                            Cause.NONE,
                            "the login as role %s works, and its token may read %s"
                                    .formatted(question().role(), path),
                            "");
                case Looked.Seen<List<String>>(List<String> capabilities) -> pathNotAllowed(path);
            };
        }

        private Diagnosis pathNotAllowed(String path) {
            String policies = evidence.answers()
                    .login()
                    .value()
                    .map(login -> login instanceof Accepted accepted
                            ? accepted.login().policies()
                            : List.<String>of())
                    .filter(names -> !names.isEmpty())
                    .map(names -> " (policies %s)".formatted(String.join(", ", names)))
                    .orElse("");
            return new Diagnosis(
                    Cause.PATH_NOT_ALLOWED,
                    "the login works, but its token%s may not read %s".formatted(policies, path),
                    "add to a policy of the role: path \"%s\" { capabilities = [\"read\"] }%s"
                            .formatted(
                                    path,
                                    path.contains("/data/")
                                            ? ""
                                            : "\na secret of a KV v2 mount is read at MOUNT/data/NAME"));
        }

        private Diagnosis refused(Refused refused, TokenClaims claims) {
            return switch (refused.reason()) {
                case NOT_CONFIGURED ->
                    new Diagnosis(
                            Cause.AUTH_METHOD_NOT_CONFIGURED,
                            "the auth method at auth/%s was never configured"
                                    .formatted(question().mount()),
                            "bao write %s kubernetes_host=https://kubernetes.default.svc"
                                    .formatted(question().configPath()));
                case NO_SUCH_ROLE ->
                    new Diagnosis(
                            Cause.ROLE_MISSING,
                            "there is no role %s at auth/%s"
                                    .formatted(question().role(), question().mount()),
                            "bao list auth/%s/role\nbao write %s bound_service_account_names=%s bound_service_account_namespaces=%s audience=%s token_policies=…"
                                    .formatted(
                                            question().mount(),
                                            question().rolePath(),
                                            claims.account().name(),
                                            claims.account().namespace(),
                                            claims.audience()));
                case EXPIRED -> expired(claims);
                case NOT_YET_VALID -> notYetValid(claims);
                case ISSUER ->
                    new Diagnosis(
                            Cause.ISSUER_DIFFERS,
                            "the token is of issuer %s, but auth/%s/config wants %s"
                                    .formatted(
                                            claims.issuer(),
                                            question().mount(),
                                            evidence.config()
                                                    .map(KubernetesConfig::issuer)
                                                    .filter(issuer -> !issuer.isEmpty())
                                                    .orElse("another")),
                            "let the API server judge that, with all of the configuration in one write:\n"
                                    + configuration("disable_iss_validation=true issuer="));
                case AUDIENCE -> audienceDiffers(claims);
                case NAMESPACE ->
                    new Diagnosis(
                            Cause.NAMESPACE_NOT_BOUND,
                            "the token is of namespace %s, but role %s is bound to %s"
                                    .formatted(
                                            claims.account().namespace(),
                                            question().role(),
                                            bound(evidence.role().map(KubernetesRole::namespaces))),
                            "bao write %s bound_service_account_namespaces=%s"
                                    .formatted(
                                            question().rolePath(),
                                            with(
                                                    evidence.role().map(KubernetesRole::namespaces),
                                                    claims.account().namespace())));
                case SERVICE_ACCOUNT_NAME ->
                    new Diagnosis(
                            Cause.SERVICE_ACCOUNT_NOT_BOUND,
                            "the token is of ServiceAccount %s, but role %s is bound to %s"
                                    .formatted(
                                            claims.account().name(),
                                            question().role(),
                                            bound(evidence.role().map(KubernetesRole::names))),
                            "bao write %s bound_service_account_names=%s"
                                    .formatted(
                                            question().rolePath(),
                                            with(
                                                    evidence.role().map(KubernetesRole::names),
                                                    claims.account().name())));
                case UNTOLD -> untold(claims);
                case OTHER ->
                    new Diagnosis(
                            Cause.LOGIN_REFUSED,
                            "the server refuses the login: " + refused.said(),
                            "its log at level debug may say more");
            };
        }

        private Diagnosis audienceDiffers(TokenClaims claims) {
            Optional<String> wanted =
                    evidence.role().map(KubernetesRole::audience).filter(audience -> !audience.isEmpty());
            return new Diagnosis(
                    Cause.AUDIENCE_DIFFERS,
                    "the token is for audience %s, but role %s wants %s"
                            .formatted(claims.audience(), question().role(), wanted.orElse("another")),
                    "bao write %s audience=%s\nthe field is audience: a field audiences is ignored, and an old audience stays\n"
                                    .formatted(question().rolePath(), claims.audience())
                            + "or have the token made for %s: audience of the projected volume, or audiences of serviceAccountRef in an External Secrets store"
                                    .formatted(wanted.orElse("the role's audience")));
        }

        private Diagnosis expired(TokenClaims claims) {
            boolean here = claims.expiresAt()
                    .filter(expiry -> evidence.now().isAfter(expiry.minus(LEEWAY)))
                    .isPresent();
            return new Diagnosis(
                    Cause.TOKEN_EXPIRED,
                    "the token expired at %s%s"
                            .formatted(
                                    told(claims.expiresAt()),
                                    here
                                            ? ""
                                            : " by the server's clock, while it is %s here".formatted(evidence.now())),
                    here
                            ? "the kubelet renews a projected token while its pod runs: read it anew for every login, and use no copy"
                            : "set the clocks right: those of the server and of this machine differ");
        }

        private Diagnosis notYetValid(TokenClaims claims) {
            Optional<Instant> from = claims.notBefore().or(claims::issuedAt);
            boolean here = from.filter(begin -> evidence.now().isBefore(begin)).isPresent();
            return new Diagnosis(
                    Cause.TOKEN_NOT_YET_VALID,
                    "the token is valid from %s%s"
                            .formatted(
                                    told(from),
                                    here
                                            ? ", and it is %s here".formatted(evidence.now())
                                            : ", which the server's clock has not reached, while it is %s here"
                                                    .formatted(evidence.now())),
                    "set the clocks right: the API server's, which dates tokens, is ahead of the Vault server's");
        }

        private static String told(Optional<Instant> time) {
            return time.map(Instant::toString).orElse("an untold time");
        }

        /** The server said permission denied and nothing else. */
        private Diagnosis untold(TokenClaims claims) {
            if (evidence.answers().stale().value().filter(Judge::untold).isPresent()) {
                return beforeTheToken();
            }
            if (evidence.trial()
                    .review()
                    .value()
                    .filter(verdict -> !verdict.authenticated())
                    .isPresent()) {
                return notAuthenticated(evidence.trial().review().value().get(), claims);
            }
            if (evidence.settings().host().value().orElse(new Contact.Reached()) instanceof Contact.Silent silent) {
                return new Diagnosis(
                        Cause.API_SERVER_UNREACHABLE,
                        "the server is to have tokens reviewed at %s, but %s, as seen from here"
                                .formatted(host(), silent.why()),
                        "name the API server as the Vault server reaches it, with all of the configuration in one write:\n"
                                + configuration(""));
            }
            if (evidence.settings().host().value().orElse(new Contact.Reached())
                    instanceof Contact.Untrusted untrusted) {
                return new Diagnosis(
                        Cause.API_SERVER_NOT_TRUSTED,
                        "the server is to trust %s by the kubernetes_ca_cert of auth/%s/config, but %s"
                                .formatted(host(), question().mount(), untrusted.why()),
                        "kubectl get configmap kube-root-ca.crt -o jsonpath='{.data.ca\\.crt}' > ca.crt\n"
                                + configuration(""));
            }
            return reviewerFails();
        }

        private static boolean untold(KubernetesLogin login) {
            return login instanceof Refused refused && refused.reason() == Reason.UNTOLD;
        }

        private String host() {
            return evidence.config().map(KubernetesConfig::host).orElse("the API server");
        }

        /** It refuses whatever comes from here, or whatever is not signed by the keys it has. */
        private Diagnosis beforeTheToken() {
            List<String> cidrs = evidence.role().map(KubernetesRole::cidrs).orElse(List.of());
            int keys = evidence.config().map(KubernetesConfig::keys).orElse(0);
            if (cidrs.isEmpty() && keys > 0) {
                return new Diagnosis(
                        Cause.SIGNATURE_KEYS_DIFFER,
                        "auth/%s/config takes signatures of %d keys in pem_keys only, and the token's is none of them"
                                .formatted(question().mount(), keys),
                        "leave pem_keys out, so that the API server judges, with all of the configuration in one write:\n"
                                + configuration(""));
            }
            return new Diagnosis(
                    Cause.ADDRESS_NOT_BOUND,
                    "role %s refuses whatever comes from this address%s"
                            .formatted(
                                    question().role(),
                                    cidrs.isEmpty()
                                            ? ": its token_bound_cidrs, or pem_keys in auth/%s/config"
                                                    .formatted(question().mount())
                                            : ": its token_bound_cidrs are " + String.join(", ", cidrs)),
                    "add the network of the pods that sign in: bao write %s token_bound_cidrs=…"
                            .formatted(question().rolePath()));
        }

        /** Texts of kube-apiserver, which the review quotes. */
        private Diagnosis notAuthenticated(Verdict verdict, TokenClaims claims) {
            String error = verdict.error();
            if (error.contains("token has expired")) {
                return expired(claims);
            }
            if (error.contains("not valid yet")) {
                return notYetValid(claims);
            }
            Account account = claims.account();
            if (error.contains("serviceaccounts \"") && error.contains("not found")
                    || error.contains("does not match claim")) {
                return new Diagnosis(
                        Cause.SERVICE_ACCOUNT_GONE,
                        error.contains("not found")
                                ? "ServiceAccount %s was deleted since the token was made".formatted(account)
                                : "ServiceAccount %s was deleted and made anew since the token was made"
                                        .formatted(account),
                        (error.contains("not found")
                                        ? "kubectl create serviceaccount %s -n %s\n"
                                                .formatted(account.name(), account.namespace())
                                        : "")
                                + "restart the pods that hold its old tokens");
            }
            if (error.contains("has been invalidated")) {
                return new Diagnosis(
                        Cause.POD_GONE,
                        "the pod or Secret that the token of ServiceAccount %s is bound to was deleted"
                                .formatted(account),
                        "use the token of a pod that runs, and no copy of it");
            }
            return new Diagnosis(
                    Cause.TOKEN_OF_OTHER_CLUSTER,
                    "the API server that this process asks does not know the token's signature or issuer (%s)"
                            .formatted(claims.issuer()),
                    "mount one auth method a cluster, and sign in where the token's cluster is configured: kubectl get --raw /.well-known/openid-configuration tells its issuer");
        }

        private Diagnosis reviewerFails() {
            Optional<Access> reviewer = evidence.trial().reviewer().value();
            if (reviewer.filter(access -> !access.allowed()).isPresent()) {
                Account account = reviewer.get().account();
                return new Diagnosis(
                        Cause.REVIEWER_NOT_ALLOWED,
                        "ServiceAccount %s, which reviews tokens for the server, may not create tokenreviews"
                                .formatted(account),
                        "kubectl create clusterrolebinding %s-%s-reviews-tokens --clusterrole=system:auth-delegator --serviceaccount=%s:%s"
                                .formatted(account.namespace(), account.name(), account.namespace(), account.name()));
            }
            boolean clientReviews =
                    evidence.config().map(KubernetesConfig::clientReviews).orElse(false);
            boolean refusedThere = evidence.trial()
                    .forApiServer()
                    .value()
                    .filter(verdict -> !verdict.authenticated())
                    .isPresent();
            if (clientReviews && refusedThere) {
                return new Diagnosis(
                        Cause.CLIENT_TOKEN_CANNOT_REVIEW,
                        "auth/%s/config has disable_local_ca_jwt and no token_reviewer_jwt, so that each token reviews itself, but this one is for audience %s, not for the API server"
                                .formatted(
                                        question().mount(),
                                        evidence.claims()
                                                .map(TokenClaims::audience)
                                                .orElse("none")),
                        "let the server's own ServiceAccount review, with all of the configuration in one write:\n"
                                + configuration("disable_local_ca_jwt=false")
                                + "\nor give the token and the role an audience of the API server");
            }
            if (evidence.config().map(KubernetesConfig::reviewerPinned).orElse(false)) {
                return new Diagnosis(
                        Cause.REVIEWER_TOKEN_DEAD,
                        "the API server does not take the token_reviewer_jwt pinned in auth/%s/config: it expired, or its ServiceAccount or pod is gone%s"
                                .formatted(
                                        question().mount(),
                                        reviewer.isPresent()
                                                ? ""
                                                : "; or it may not review tokens, which --reviewer NAMESPACE/NAME tells"),
                        "where the server runs in a pod of the cluster, pin none:\nbao write %s kubernetes_host=%s\nelsewhere pin one that lasts:\nbao write %s kubernetes_host=%s kubernetes_ca_cert=@ca.crt token_reviewer_jwt=@reviewer-token"
                                .formatted(
                                        question().configPath(),
                                        host(),
                                        question().configPath(),
                                        host()));
            }
            return reviewFailed();
        }

        private Diagnosis reviewFailed() {
            String matter = evidence.trial().review().value().isPresent()
                    ? "the token is good, but the server could not have it reviewed"
                    : "the server could not have the token reviewed, or the review says no";
            return new Diagnosis(
                    Cause.REVIEW_FAILED,
                    matter,
                    Stream.of(
                                    evidence.trial().review().value().isPresent()
                                            ? ""
                                            : "let this process review tokens: value rbac.doctor of the chart",
                                    evidence.trial().reviewer().value().isPresent()
                                            ? ""
                                            : "name the ServiceAccount that the server runs as, or that token_reviewer_jwt is of: --reviewer NAMESPACE/NAME",
                                    "look at kubernetes_host, kubernetes_ca_cert and token_reviewer_jwt: bao read "
                                            + question().configPath(),
                                    "the server's log at level debug has the reason")
                            .filter(line -> !line.isEmpty())
                            .reduce((first, second) -> first + "\n" + second)
                            .orElseThrow());
        }

        /** A write of the configuration replaces all of it. */
        private String configuration(String more) {
            boolean inPod =
                    evidence.config().flatMap(KubernetesConfig::authority).isEmpty();
            String outside = inPod ? "" : " kubernetes_ca_cert=@ca.crt";
            String pinned =
                    evidence.config().map(KubernetesConfig::reviewerPinned).orElse(false)
                            ? " token_reviewer_jwt=@reviewer-token"
                            : "";
            return ("bao write %s kubernetes_host=https://…%s%s %s"
                            .formatted(question().configPath(), outside, pinned, more))
                    .strip();
        }

        private static String bound(Optional<List<String>> names) {
            return names.filter(list -> !list.isEmpty())
                    .map(list -> String.join(", ", list))
                    .orElse(names.isPresent() ? "none" : "others");
        }

        private static String with(Optional<List<String>> names, String one) {
            return Stream.concat(names.orElse(List.of()).stream(), Stream.of(one))
                    .distinct()
                    .reduce((first, second) -> first + "," + second)
                    .orElseThrow();
        }
    }
}
