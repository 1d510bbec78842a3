package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every cause of a refused login, produced for real. The application asks the API server as the ServiceAccount of the
 * chart, with the permissions of the chart.
 */
class DoctorIT {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final String REVIEWER = "vault/vault";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    @TempDir
    Path folder;

    private final List<Sensitive> secrets = new ArrayList<>();
    private PackagedApplication application;

    @BeforeAll
    static void accounts() {
        API.admin()
                .namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("vault")
                        .endMetadata()
                        .build())
                .create();
        Chart.render("doctor", "vault")
                .resources(API.admin())
                .forEach(resource -> API.admin().resource(resource).create());
        API.serviceAccount("vault", "vault");
        API.letReviewTokens("vault", "vault");
        API.serviceAccount("vault", "powerless");
        API.serviceAccount("external-secrets", "external-secrets");
        API.serviceAccount("external-secrets", "other");
        API.serviceAccount("elsewhere", "external-secrets");
        SERVER.write("sys/mounts/secret", "{\"type\": \"kv\", \"options\": {\"version\": \"2\"}}");
        SERVER.write(
                "sys/policies/acl/external-secrets",
                "{\"policy\": \"path \\\"secret/data/*\\\" { capabilities = [\\\"read\\\"] }\"}");
        SERVER.write("sys/auth/approle", "{\"type\": \"approle\"}");
    }

    /** All is well, and the doctor has a root token to look with. */
    @BeforeEach
    void signInWorks() throws IOException {
        SERVER.call("DELETE", "sys/auth/kubernetes", "");
        SERVER.write("sys/auth/kubernetes", "{\"type\": \"kubernetes\"}");
        configure(API.address().toString(), API.caFile(), reviewer(API.apiToken("vault", "vault")));
        role("\"audience\": \"vault\"");
        application = PackagedApplication.in(folder, SERVER.address())
                .without("BOOTSTRAP_DESIRED_STATE_FILE")
                .with("QUARKUS_KUBERNETES_CLIENT_API_SERVER_URL", API.address().toString())
                .with("QUARKUS_KUBERNETES_CLIENT_CA_CERT_FILE", API.caFile().toString())
                .with(
                        "QUARKUS_KUBERNETES_CLIENT_TOKEN",
                        secret(API.apiToken("vault", "vault-bootstrap")).reveal());
        keepRootToken();
        token(API.token("external-secrets", "external-secrets", "vault"));
    }

    @Test
    void saysThatAllIsWell() {
        Result result = doctor("--path", "secret/data/team/key", "--reviewer", REVIEWER);

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
        assertThat(result.json().path("cause").asText()).isEqualTo("none");
        assertThat(result.json().at("/token/serviceAccount").asText()).isEqualTo("external-secrets");
        assertThat(result.json().path("looked"))
                .isNotEmpty()
                .allSatisfy(looked -> assertThat(looked.path("state").asText())
                        .as(looked.toString())
                        .isEqualTo("ok"));
        assertThatNothingSecretShows(result);
    }

    @Test
    void tokenOfTheLoginIsGivenBack() {
        int before = tokens();

        doctor("--path", "secret/data/team/key");

        assertThat(tokens()).isEqualTo(before);
    }

    @Test
    void tokenFileIsMissing() throws IOException {
        Files.delete(folder.resolve("token"));

        assertThatCauseIs("token-missing", doctor(), "is not there");
    }

    @Test
    void tokenFileIsEmpty() {
        token(Sensitive.of("\n"));

        assertThatCauseIs("token-empty", doctor(), "is empty");
    }

    @Test
    void tokenIsNoToken() {
        token(Sensitive.of("hvs.whatever-this-is"));

        assertThatCauseIs("token-malformed", doctor(), "no JSON web token");
    }

    @Test
    void tokenExpired() {
        Instant now = Instant.now();
        token(API.token("external-secrets", "external-secrets", "vault", now.minus(HOUR), now.minusSeconds(600)));

        assertThatCauseIs("token-expired", doctor(), "expired at");
    }

    @Test
    void tokenIsNotYetValid() {
        Instant now = Instant.now();
        token(API.token("external-secrets", "external-secrets", "vault", now.plusSeconds(900), now.plus(HOUR)));

        assertThatCauseIs("token-not-yet-valid", doctor(), "valid from");
    }

    @Test
    void tokenIsOfAnotherCluster() {
        try (KubernetesApi other = new KubernetesApi().start()) {
            other.serviceAccount("external-secrets", "external-secrets");
            token(other.token("external-secrets", "external-secrets", "vault"));

            assertThatCauseIs("token-of-other-cluster", doctor(), "does not know the token's signature or issuer");
        }
    }

    @Test
    void audienceIsNotTheOneTheRoleWants() {
        token(API.token("external-secrets", "external-secrets", "elsewhere"));

        Result result = doctor();

        assertThatCauseIs("audience-differs", result, "for audience elsewhere, but role external-secrets wants vault");
        assertThat(result.json().path("fix").asText())
                .contains("bao write auth/kubernetes/role/external-secrets audience=elsewhere", "audiences is ignored");
    }

    @Test
    void audiencesInsteadOfAudienceLeavesTheFormerOne() {
        role("\"audience\": \"former\"");
        SERVER.write("auth/kubernetes/role/external-secrets", "{\"audiences\": \"vault\"}");

        assertThatCauseIs("audience-differs", doctor(), "for audience vault, but role external-secrets wants former");
    }

    @Test
    void audiencesInsteadOfAudienceIsToldWhereTheLoginWorks() {
        role("\"audiences\": \"vault\"");

        Result result = doctor();

        assertThat(result.exit()).isZero();
        assertThat(looked(result, "auth/kubernetes/role/external-secrets"))
                .contains("takes a token of any audience", "a field audiences is ignored");
    }

    @Test
    void roleIsMissing() {
        SERVER.call("DELETE", "auth/kubernetes/role/external-secrets", "");

        Result result = doctor();

        assertThatCauseIs("role-missing", result, "there is no role external-secrets");
        assertThat(result.json().path("fix").asText())
                .contains("bound_service_account_names=external-secrets", "audience=vault");
    }

    @Test
    void serviceAccountIsNotBound() {
        token(API.token("external-secrets", "other", "vault"));

        Result result = doctor();

        assertThatCauseIs(
                "service-account-not-bound", result, "ServiceAccount other, but", "is bound to external-secrets");
        assertThat(result.json().path("fix").asText()).contains("bound_service_account_names=external-secrets,other");
    }

    @Test
    void namespaceIsNotBound() {
        token(API.token("elsewhere", "external-secrets", "vault"));

        Result result = doctor();

        assertThatCauseIs("namespace-not-bound", result, "of namespace elsewhere", "is bound to external-secrets");
        assertThat(result.json().path("fix").asText())
                .contains("bound_service_account_namespaces=external-secrets,elsewhere");
    }

    @Test
    void serviceAccountWasDeleted() {
        API.serviceAccount("external-secrets", "short-lived");
        token(API.token("external-secrets", "short-lived", "vault"));
        API.admin()
                .serviceAccounts()
                .inNamespace("external-secrets")
                .withName("short-lived")
                .delete();
        SERVER.write("auth/kubernetes/role/external-secrets", "{\"bound_service_account_names\": [\"short-lived\"]}");

        Result gone = doctor();
        API.serviceAccount("external-secrets", "short-lived");
        Result anew = doctor();

        assertThatCauseIs("service-account-gone", gone, "external-secrets/short-lived was deleted since");
        assertThatCauseIs("service-account-gone", anew, "deleted and made anew");
    }

    @Test
    void podOfTheTokenWasDeleted() {
        API.admin()
                .pods()
                .inNamespace("external-secrets")
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("gone")
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName("external-secrets")
                        .withAutomountServiceAccountToken(false)
                        .addNewContainer()
                        .withName("c")
                        .withImage("c")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        token(Sensitive.of(API.admin()
                .serviceAccounts()
                .inNamespace("external-secrets")
                .withName("external-secrets")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withAudiences("vault")
                        .withNewBoundObjectRef("v1", "Pod", "gone", null)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken()));
        API.admin()
                .pods()
                .inNamespace("external-secrets")
                .withName("gone")
                .withGracePeriod(0)
                .delete();

        assertThatCauseIs("pod-gone", doctor(), "is bound to was deleted");
    }

    @Test
    void authMethodIsNotMounted() {
        SERVER.call("DELETE", "sys/auth/kubernetes", "");

        assertThatCauseIs("auth-method-missing", doctor(), "no auth method is mounted at auth/kubernetes");
    }

    @Test
    void authMethodIsOfAnotherType() {
        Result result = application.run(
                "doctor",
                "--output",
                "json",
                "--mount",
                "approle",
                "--role",
                "external-secrets",
                "--token-file",
                folder.resolve("token").toString());

        assertThatCauseIs("auth-method-of-other-type", result, "of type approle");
    }

    @Test
    void authMethodWasNeverConfigured() {
        SERVER.call("DELETE", "sys/auth/kubernetes", "");
        SERVER.write("sys/auth/kubernetes", "{\"type\": \"kubernetes\"}");
        role("\"audience\": \"vault\"");

        assertThatCauseIs("auth-method-not-configured", doctor(), "was never configured");
    }

    @Test
    void reviewerMayNotReview() {
        configure(API.address().toString(), API.caFile(), reviewer(API.apiToken("vault", "powerless")));

        Result result = doctor("--reviewer", "vault/powerless");

        assertThatCauseIs("reviewer-not-allowed", result, "ServiceAccount vault/powerless", "tokenreviews");
        assertThat(result.json().path("fix").asText())
                .contains("--clusterrole=system:auth-delegator --serviceaccount=vault:powerless");
    }

    @Test
    void clientThatReviewsItsOwnTokenMayNot() {
        configure(API.address().toString(), API.caFile(), "\"disable_local_ca_jwt\": true");

        assertThatCauseIs(
                "reviewer-not-allowed", doctor(), "ServiceAccount external-secrets/external-secrets, which reviews");
    }

    @Test
    void clientThatReviewsItsOwnTokenHasNoneForTheApiServer() {
        configure(API.address().toString(), API.caFile(), "\"disable_local_ca_jwt\": true");
        API.letReviewTokens("external-secrets", "external-secrets");
        try {
            assertThatCauseIs("client-token-cannot-review", doctor(), "disable_local_ca_jwt", "audience vault");
        } finally {
            API.forbidReviewingTokens("external-secrets", "external-secrets");
        }
    }

    @Test
    void pinnedReviewerTokenExpired() {
        Instant now = Instant.now();
        configure(
                API.address().toString(),
                API.caFile(),
                reviewer(
                        API.token("vault", "vault", KubernetesApi.audience(), now.minus(HOUR), now.minusSeconds(600))));

        assertThatCauseIs("reviewer-token-dead", doctor("--reviewer", REVIEWER), "token_reviewer_jwt pinned");
    }

    @Test
    void serviceAccountOfThePinnedReviewerTokenIsGone() {
        API.serviceAccount("vault", "former");
        configure(API.address().toString(), API.caFile(), reviewer(API.apiToken("vault", "former")));
        API.admin().serviceAccounts().inNamespace("vault").withName("former").delete();

        Result result = doctor();

        assertThatCauseIs("reviewer-token-dead", result, "its ServiceAccount or pod is gone", "--reviewer");
    }

    @Test
    void serverDoesNotReachTheApiServer() {
        configure("https://127.0.0.1:1", API.caFile(), reviewer(API.apiToken("vault", "vault")));

        assertThatCauseIs(
                "api-server-unreachable", doctor("--reviewer", REVIEWER), "https://127.0.0.1:1", "nothing listens");
    }

    @Test
    void serverDoesNotTrustTheApiServer() {
        Path other = new CertificateAuthority("somebody else").writeTo(folder.resolve("other.crt"));
        configure(API.address().toString(), other, reviewer(API.apiToken("vault", "vault")));

        assertThatCauseIs(
                "api-server-not-trusted",
                doctor("--reviewer", REVIEWER),
                "kubernetes_ca_cert",
                "not signed by that authority");
    }

    @Test
    void signatureIsNoneOfThePinnedKeys() throws IOException {
        Path other = new CertificateAuthority("somebody else").writeTo(folder.resolve("other.crt"));
        configure(
                API.address().toString(),
                API.caFile(),
                reviewer(API.apiToken("vault", "vault")) + ", \"pem_keys\": [" + quoted(other) + "]");

        assertThatCauseIs("signature-keys-differ", doctor(), "pem_keys");
    }

    @Test
    void issuerIsNotTheConfiguredOne() {
        configure(
                API.address().toString(),
                API.caFile(),
                reviewer(API.apiToken("vault", "vault"))
                        + ", \"disable_iss_validation\": false, \"issuer\": \"https://other\"");

        assertThatCauseIs("issuer-differs", doctor(), KubernetesApi.audience(), "wants https://other");
    }

    @Test
    void addressIsNotBound() {
        role("\"audience\": \"vault\", \"token_bound_cidrs\": [\"10.9.0.0/16\"]");

        assertThatCauseIs("address-not-bound", doctor(), "token_bound_cidrs are 10.9.0.0/16");
    }

    @Test
    void policyDoesNotAllowThePath() {
        Result result = doctor("--path", "sys/mounts/elsewhere");

        assertThatCauseIs("path-not-allowed", result, "policies default, external-secrets", "sys/mounts/elsewhere");
        assertThat(result.json().path("fix").asText()).contains("path \"sys/mounts/elsewhere\"");
    }

    @Test
    void nodeIsSealedOrNotThere() {
        try (RealServer other = RealServer.empty().start()) {
            PackagedApplication there = application.with(
                    "BOOTSTRAP_VAULT_ADDRESSES", other.address().toString());
            assertThatCauseIs("node-not-initialized", doctor(there), "no node is initialized");
            other.initialize(1, 1);
            assertThatCauseIs("node-sealed", doctor(there), "sealed");
            other.kill();
            assertThatCauseIs("node-unreachable", doctor(there), "nothing listens");
        }
    }

    @Test
    void withoutASessionOfItsOwnItGoesByWhatTheServersSay() throws IOException {
        Files.delete(folder.resolve("custody").resolve("keys.json"));
        configure(API.address().toString(), API.caFile(), reviewer(API.apiToken("vault", "powerless")));

        assertThatCauseIs("review-failed", doctor(), "the token is good, but");
        assertThatCauseIs("reviewer-not-allowed", doctor("--reviewer", "vault/powerless"), "vault/powerless");
        role("\"audience\": \"vault\", \"token_bound_cidrs\": [\"10.9.0.0/16\"]");
        assertThatCauseIs("address-not-bound", doctor(), "token_bound_cidrs");
        token(API.token("external-secrets", "other", "vault"));
        SERVER.call("DELETE", "sys/auth/kubernetes", "");
        assertThatCauseIs("auth-method-missing", doctor(), "nothing is mounted there, or another type");
    }

    @Test
    void whatItMayNotLookAtIsSaid() throws IOException {
        Files.delete(folder.resolve("custody").resolve("keys.json"));
        configure(API.address().toString(), API.caFile(), reviewer(API.apiToken("vault", "powerless")));
        application = application.with(
                "QUARKUS_KUBERNETES_CLIENT_TOKEN",
                secret(API.apiToken("vault", "powerless")).reveal());

        Result result = doctor("--reviewer", "vault/powerless");

        assertThatCauseIs("review-failed", result, "or the review says no");
        assertThat(looked(result, "TokenReview of this process")).contains("denied to this process's ServiceAccount");
        assertThat(result.json().path("fix").asText()).contains("rbac.doctor");
    }

    @Test
    void apiServerThatIsDownCostsNoMoreThanAMoment() {
        application = application.with("QUARKUS_KUBERNETES_CLIENT_API_SERVER_URL", "https://127.0.0.1:1");
        long begun = System.nanoTime();

        Result result = doctor();

        assertThat(result.exit()).isZero();
        assertThat(looked(result, "TokenReview of this process")).contains("no answer from the API server");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void requestsATokenWhereItMay() {
        Result denied = requested("external-secrets/external-secrets");
        assertThat(denied.exit()).isEqualTo(3);
        assertThat(denied.json().toString()).contains("kubectl create token external-secrets -n external-secrets");

        application = application.with(
                "QUARKUS_KUBERNETES_CLIENT_TOKEN",
                secret(API.apiToken("vault", mayRequestTokens())).reveal());
        assertThat(requested("external-secrets/external-secrets").exit()).isZero();
        assertThatCauseIs("service-account-missing", requested("external-secrets/nobody"), "no such ServiceAccount");
    }

    @Test
    void looksAtItsOwnSignInWithoutOptions() {
        token(API.token("vault", "vault-bootstrap", "vault"));
        SERVER.write(
                "auth/kubernetes/role/vault-bootstrap",
                "{\"bound_service_account_names\": [\"vault-bootstrap\"], \"bound_service_account_namespaces\":"
                        + " [\"vault\"], \"audience\": \"other\"}");
        application = application
                .with("BOOTSTRAP_ACCESS_KUBERNETES_ROLE", "vault-bootstrap")
                .with(
                        "BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE",
                        folder.resolve("token").toString());

        Result json = application.run("doctor", "--output", "json");
        Result text = application.run("doctor");

        assertThatCauseIs("audience-differs", json, "role vault-bootstrap wants other");
        assertThat(text.exit()).isEqualTo(3);
        assertThat(text.stdout())
                .contains("not ok   login as role vault-bootstrap: invalid audience (aud) claim")
                .contains("cause: the token is for audience vault")
                .contains("fix:   bao write auth/kubernetes/role/vault-bootstrap audience=vault");
    }

    @Test
    void tokensThatCannotBeGivenBackAreToldInTheOneDocument() {
        looksAtItsOwnSignInThatWorks();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/auth/token/revoke-self"),
                    exchange -> Verdict.DROP);

            Result result = application
                    .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                    .run("doctor", "--output", "json");

            assertThat(result.json().path("cause").asText()).isEqualTo("none");
            assertThat(result.json().path("exitCode").asInt()).isEqualTo(3);
            assertThat(result.exit()).isEqualTo(3);
            assertThat(looked(result, "end of the login's token")).contains("could not be given back", "revoke-self");
            assertThat(looked(result, "end of this tool's own token")).contains("revoke-self");
            assertThat(result.stderr()).doesNotContain("error:");
        }
    }

    @Test
    void tokensOfAPolicyThatIsGoneAreToldWithHowLongTheyLive() {
        looksAtItsOwnSignInThatWorks();
        SERVER.write(
                "auth/kubernetes/role/vault-bootstrap",
                "{\"token_policies\": [\"gone\"], \"token_no_default_policy\": true, \"token_ttl\": 600}");

        Result result = application.run("doctor", "--output", "json");

        assertThat(result.exit()).as(result.stdout() + result.stderr()).isEqualTo(3);
        assertThat(looked(result, "end of the login's token")).contains("lives 600 s at most");
        assertThat(looked(result, "end of this tool's own token")).contains("lives 600 s at most");
    }

    @Test
    void terminatedItGivesItsOwnTokenBack() {
        looksAtItsOwnSignInThatWorks();
        int before = tokens();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            var doctor = new CompletableFuture<Running>();
            // What it looks at with a token of its own.
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/auth/kubernetes/role/vault-bootstrap"),
                    exchange -> {
                        doctor.join().terminate();
                        // Long enough for a process that waits for nothing to be gone.
                        Thread.sleep(2_000);
                        return Verdict.PROCEED;
                    });
            doctor.complete(application
                    .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                    .start("doctor", "--output", "json"));

            Result result = doctor.join().await();

            assertThat(proxy.exchanges())
                    .extracting(Exchange::path)
                    .contains("/v1/auth/kubernetes/role/vault-bootstrap");
            assertThat(tokens()).isEqualTo(before);
            assertThat(result.json().path("looked")).isNotEmpty();
        }
    }

    /** With a role that gives the policy {@code default}, as it may end its own token. */
    private void looksAtItsOwnSignInThatWorks() {
        token(API.token("vault", "vault-bootstrap", "vault"));
        SERVER.call("DELETE", "auth/kubernetes/role/vault-bootstrap", "");
        SERVER.write(
                "auth/kubernetes/role/vault-bootstrap",
                "{\"bound_service_account_names\": [\"vault-bootstrap\"], \"bound_service_account_namespaces\":"
                        + " [\"vault\"], \"audience\": \"vault\"}");
        application = application
                .with("BOOTSTRAP_ACCESS_KUBERNETES_ROLE", "vault-bootstrap")
                .with(
                        "BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE",
                        folder.resolve("token").toString());
    }

    private static int tokens() {
        return SERVER.call("LIST", "auth/token/accessors", "")
                .body()
                .at("/data/keys")
                .size();
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefused() {
        assertThat(application.run("doctor").exit()).isEqualTo(64);
        assertThat(application.run("doctor", "--role", "a").exit()).isEqualTo(64);
        assertThat(application
                        .run("doctor", "--role", "a", "--token-file", "t", "--reviewer", "nobody")
                        .stderr())
                .contains("write NAMESPACE/NAME");
    }

    private Result doctor(String... more) {
        return doctor(application, more);
    }

    private Result doctor(PackagedApplication with, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "doctor",
                "--output",
                "json",
                "--mount",
                "kubernetes",
                "--role",
                "external-secrets",
                "--token-file",
                folder.resolve("token").toString()));
        arguments.addAll(List.of(more));
        return with.run(arguments.toArray(String[]::new));
    }

    private Result requested(String account) {
        return application.run(
                "doctor",
                "--output",
                "json",
                "--role",
                "external-secrets",
                "--service-account",
                account,
                "--audience",
                "vault");
    }

    private void assertThatCauseIs(String cause, Result result, String... said) {
        assertThat(result.json().path("cause").asText())
                .as(result.stdout() + result.stderr())
                .isEqualTo(cause);
        assertThat(result.json().path("message").asText()).contains(said);
        assertThat(result.json().path("fix").asText()).isNotBlank();
        assertThat(result.exit()).isEqualTo(3);
        assertThatNothingSecretShows(result);
    }

    private void assertThatNothingSecretShows(Result result) {
        for (Sensitive secret : secrets) {
            String signature = secret.reveal().substring(secret.reveal().lastIndexOf('.') + 1);
            assertThat((result.stdout() + result.stderr()).contains(signature))
                    .as("secret %d of %d shows", secrets.indexOf(secret), secrets.size())
                    .isFalse();
        }
    }

    private static String looked(Result result, String what) {
        for (JsonNode looked : result.json().path("looked")) {
            if (looked.path("what").asText().equals(what)) {
                return looked.path("said").asText();
            }
        }
        throw new AssertionError("nothing of " + what + " in\n" + result.stdout());
    }

    private static void configure(String host, Path authority, String more) {
        SERVER.write(
                "auth/kubernetes/config",
                "{\"kubernetes_host\": \"%s\", \"kubernetes_ca_cert\": %s, %s}"
                        .formatted(host, quoted(authority), more));
    }

    private String reviewer(Sensitive token) {
        return "\"token_reviewer_jwt\": \"%s\"".formatted(secret(token).reveal());
    }

    private static void role(String more) {
        SERVER.call("DELETE", "auth/kubernetes/role/external-secrets", "");
        SERVER.write(
                "auth/kubernetes/role/external-secrets",
                "{\"bound_service_account_names\": [\"external-secrets\"], \"bound_service_account_namespaces\":"
                        + " [\"external-secrets\"], \"token_policies\": [\"external-secrets\"], %s}".formatted(more));
    }

    private void token(Sensitive token) {
        try {
            Files.writeString(folder.resolve("token"), token.reveal());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (token.reveal().contains(".")) {
            secret(token);
        }
    }

    private Sensitive secret(Sensitive value) {
        secrets.add(value);
        return value;
    }

    private void keepRootToken() {
        KeyStore custody = new FileKeyStore(folder.resolve("custody"));
        KeyMaterial marker = KeyMaterial.marker(
                KeyMaterial.ShareKind.UNSEAL,
                1,
                1,
                new NodeAddress(SERVER.address()),
                Instant.EPOCH,
                Whereabouts.current(),
                new SecureRandom());
        custody.write(
                marker.initialized(SERVER.shares(), List.of(), Optional.of(secret(SERVER.rootToken()))),
                custody.read().version());
    }

    /** Makes a ServiceAccount in the namespace vault that may have tokens made in the one of External Secrets. */
    private static String mayRequestTokens() {
        String name = "requests-tokens";
        API.serviceAccount("vault", name);
        API.admin()
                .load(new java.io.ByteArrayInputStream("""
                        apiVersion: rbac.authorization.k8s.io/v1
                        kind: Role
                        metadata: { name: requests-tokens, namespace: external-secrets }
                        rules:
                          - { apiGroups: [""], resources: [serviceaccounts/token], verbs: [create] }
                        ---
                        apiVersion: rbac.authorization.k8s.io/v1
                        kind: RoleBinding
                        metadata: { name: requests-tokens, namespace: external-secrets }
                        roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: requests-tokens }
                        subjects:
                          - { kind: ServiceAccount, name: requests-tokens, namespace: vault }
                        """.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .create();
        return name;
    }

    /** As a string in quotes that JSON reads. */
    private static String quoted(Path pem) {
        try {
            return "\"" + Files.readString(pem).replace("\n", "\\n").replace("\r", "") + "\"";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
