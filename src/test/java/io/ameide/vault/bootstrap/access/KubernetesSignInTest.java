package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.cli.ExitCode;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** Signing in with ServiceAccount tokens that a real API server issues and reviews. */
class KubernetesSignInTest {

    private static final String ROLE = "auth/kubernetes/role/vault-bootstrap";

    /** The server runs outside the cluster, so it has to be told who reviews tokens. */
    private static final String REVIEWER = "token_reviewer_jwt: \"${file:reviewer}\"";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    static final RealServer SERVER =
            RealServer.empty(Options.DEFAULT.withListenerHcl("disable_unauthed_generate_root_endpoints = false"));

    @TempDir
    Path folder;

    private Stage stage;
    private InProcessTick appRole;
    private InProcessTick tick;
    private Sensitive rootInCustody;

    @BeforeAll
    static void accounts() {
        API.serviceAccount("vault", "vault");
        API.letReviewTokens("vault", "vault");
        API.serviceAccount("vault", "vault-bootstrap");
        API.serviceAccount("external-secrets", "external-secrets");
        API.serviceAccount("external-secrets", "other");
    }

    @BeforeEach
    void rootTokenInCustodyAndNothingSetUp() {
        stage = new Stage(SERVER);
        appRole = InProcessTick.in(folder, SERVER.address());
        tick = appRole.with(settings("vault-bootstrap"));
        tick.write("token", API.token("vault", "vault-bootstrap", "vault").reveal() + "\n");
        tick.write("reviewer", API.apiToken("vault", "vault").reveal());
        tick.write("fixtures.json", "{\"team/key\": \"v-1\"}");
        tick.desire(desired(REVIEWER));
        startOver();
    }

    @Test
    void firstTickSetsUpItsOwnRoleAndEndsTheRootToken() {
        Result first = tick.run();

        assertThat(first.converged()).as(first.toString()).isTrue();
        assertThat(first.changes("sign in"))
                .containsExactly(
                        "policy vault-bootstrap: create",
                        "Kubernetes role vault-bootstrap: set up at auth/kubernetes",
                        "root token: revoke, prove dead, erase from custody");
        assertThat(node().session(rootInCustody).alive()).isFalse();
        assertThat(tick.material().rootToken()).isEmpty();
        assertThat(tick.material().appRole()).isEmpty();
        assertThatNoTokenIsLeft();
        Result second = tick.run();
        assertThat(second.unchanged()).as(second.toString()).isTrue();
        assertThatNoTokenIsLeft();
    }

    @Test
    void roleIsBoundToWhatTheTokenSaysOfItself() {
        tick.run();

        var role = SERVER.read(ROLE).path("data");
        assertThat(role.path("bound_service_account_names")).hasToString("[\"vault-bootstrap\"]");
        assertThat(role.path("bound_service_account_namespaces")).hasToString("[\"vault\"]");
        assertThat(role.path("audience").asText()).isEqualTo("vault");
        assertThat(role.path("token_policies")).hasToString("[\"vault-bootstrap\"]");
        assertThat(role.path("token_ttl").asLong()).isEqualTo(600);
        assertThat(role.path("token_no_default_policy").asBoolean()).isTrue();
    }

    @Test
    void planChangesNothing() {
        Result plan = tick.run(Mode.PLAN);

        assertThat(plan.changes("sign in")).hasSize(3);
        assertThat(plan.report().requests().writes()).isZero();
        assertThat(SERVER.read("sys/auth").path("data").has("kubernetes/")).isFalse();
        assertThat(tick.material().rootToken()).contains(rootInCustody);
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_SENT", "AFTER_RECEIVED"})
    void killedAtAnyRequestTheNextTickGoesOn(Point point) {
        stage.assertThatEveryKillIsSurvived(tick, point, this::startOver);
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE_SENT", "AFTER_RECEIVED"})
    void killedAtAnyRequestOnTheWayFromTheAppRoleTheNextTickGoesOn(Point point) {
        stage.assertThatEveryKillIsSurvived(tick, point, () -> {
            startOver();
            assertThat(appRole.run().converged()).isTrue();
            SERVER.call("DELETE", "sys/auth/kubernetes", "");
        });
        assertThat(tick.material().appRole()).isEmpty();
    }

    @Test
    void loginThatDoesNotWorkLeavesTheRootTokenInCustody() {
        API.forbidReviewingTokens("vault", "vault");
        try {
            Result failed = tick.run();

            assertThat(failed.problems("sign in")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
                assertThat(problem.message())
                        .contains("signing in with it does not work", "permission denied")
                        .doesNotContain("no root token is left");
                assertThat(problem.hint()).contains("system:auth-delegator", "auth/kubernetes/config");
            });
            assertThat(tick.material().rootToken()).contains(rootInCustody);
            assertThat(node().session(rootInCustody).alive()).isTrue();
        } finally {
            API.letReviewTokens("vault", "vault");
        }
        assertThat(tick.run().converged()).isTrue();
        assertThat(tick.material().rootToken()).isEmpty();
    }

    @Test
    void configurationThatCannotWorkIsReplacedWhileTheRootTokenIsThere() {
        SERVER.write("sys/auth/kubernetes", "{\"type\": \"kubernetes\"}");
        SERVER.write(
                "auth/kubernetes/config",
                "{\"kubernetes_host\": \"https://127.0.0.1:1\", \"kubernetes_ca_cert\": %s}"
                        .formatted(API.quotedAuthority()));

        Result first = tick.run();

        assertThat(first.converged()).as(first.toString()).isTrue();
    }

    @Test
    void serverInNoPodIsToldWhatItNeeds() {
        tick.desire("policies: []");

        Result refused = tick.run();

        assertThat(refused.problems("sign in")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
            assertThat(problem.hint()).contains("kubernetes_ca_cert", "desired state");
        });
        // Mounted by now, and configured by nobody.
        tick.desire(desired(REVIEWER));
        assertThat(tick.run().converged()).isTrue();
    }

    @Test
    void authMethodThatSomebodyElseConfiguredStaysAsItIs() {
        tick.run();
        startOverKeepingTheAuthMethod();
        tick.desire("policies: []");
        String before = SERVER.read("auth/kubernetes/config").path("data").toString();

        assertThat(tick.run().converged()).isTrue();
        assertThat(SERVER.read("auth/kubernetes/config").path("data")).hasToString(before);
    }

    @Test
    void roleThatDriftedIsMendedWithoutARootToken() {
        tick.run();
        SERVER.write(
                ROLE,
                "{\"token_ttl\": \"1m\", \"token_no_default_policy\": false,"
                        + " \"bound_service_account_names\": [\"*\"]}");

        Result mended = tick.run();

        assertThat(mended.changes("sign in"))
                .containsExactly("Kubernetes role vault-bootstrap: bound_service_account_names,"
                        + " token_no_default_policy, token_ttl as it was set up");
        assertThat(tick.run().unchanged()).isTrue();
        roleIsBoundToWhatTheTokenSaysOfItself();
    }

    @Test
    void ownRoleThatCannotBeReadStopsNothingElse() {
        tick.run();
        tick.desire("policies: [{name: later, rules: 'path \"a\" { capabilities = [\"read\"] }'}]");
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/auth/kubernetes/role/vault-bootstrap"),
                    exchange -> new Verdict.Answer(500, "{\"errors\": [\"internal error\"]}"));

            Result result = tick.at(proxy.address()).run();

            assertThat(result.problems("sign in")).hasSize(1);
            assertThat(result.changes("configure")).contains("policy later: create");
            assertThat(result.exit()).isEqualTo(ExitCode.PARTIAL);
        }
    }

    @Test
    void comingFromTheAppRoleTakesNoRootToken() {
        assertThat(appRole.run().converged()).isTrue();
        SERVER.call("DELETE", "sys/auth/kubernetes", "");
        String least = policy();

        Result plan = tick.run(Mode.PLAN);
        Result over = tick.run();

        assertThat(plan.report().requests().writes()).isZero();
        assertThat(plan.changes("sign in"))
                .containsExactly(
                        "policy vault-bootstrap: let it set up Kubernetes role vault-bootstrap",
                        "Kubernetes role vault-bootstrap: set up at auth/kubernetes",
                        "AppRole vault-bootstrap: erase its credential from custody");
        assertThat(over.converged()).as(over.toString()).isTrue();
        assertThat(tick.material().appRole()).isEmpty();
        assertThat(SERVER.read("sys/auth").path("data").has("vault-bootstrap/")).isTrue();
        // The mount that it signs in at is there, so it no longer has to make it; its own role it has to mend.
        assertThat(policy())
                .isEqualTo(least.replace("path \"sys/auth/kubernetes\" { capabilities = [\"update\", \"sudo\"] }\n", "")
                        .replace(
                                "path \"auth/token/lookup-self\"",
                                "path \"" + ROLE + "\" { capabilities = [\"read\", \"update\"] }\n"
                                        + "path \"auth/token/lookup-self\""));
        assertThatNoTokenIsLeft();
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void comingFromAnAppRoleOfAnotherNameWorksAsWell() {
        assertThat(appRole.run().converged()).isTrue();
        tick = tick.with(settings("platform-bootstrap"));

        Result over = tick.run();

        assertThat(over.converged()).as(over.toString()).isTrue();
        assertThat(tick.run().unchanged()).isTrue();
        assertThat(tick.material().appRole()).isEmpty();
        SERVER.call("DELETE", "sys/policies/acl/platform-bootstrap", "");
    }

    @Test
    void backToTheAppRoleARootTokenForOneTickLeads() {
        tick.run();

        tick.custody().update(keys -> keys.withRootToken(Optional.of(stage.rootToken())));
        Result back = appRole.run();

        assertThat(back.converged()).as(back.toString()).isTrue();
        assertThat(appRole.material().appRole()).isPresent();
        assertThatNoTokenIsLeft();
        assertThat(appRole.run().unchanged()).isTrue();
    }

    @Test
    void whereTheListenerAllowsItTheSharesOpenTheWayAgain() {
        tick.run();
        SERVER.call("DELETE", "sys/auth/kubernetes", "");

        Result again = tick.run();

        assertThat(again.converged()).as(again.toString()).isTrue();
        assertThat(again.changes("sign in")).contains("Kubernetes role vault-bootstrap: set up at auth/kubernetes");
        assertThat(tick.material().rootToken()).isEmpty();
        assertThatNoTokenIsLeft();
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void ownPolicyThatWasDeletedIsMadeAnew() {
        tick.run();
        SERVER.call("DELETE", "sys/policies/acl/vault-bootstrap", "");

        Result again = tick.run();

        assertThat(again.converged()).as(again.toString()).isTrue();
        assertThatNoTokenIsLeft();
    }

    @Test
    void whereTheSharesOpenNothingTheOutcomeNamesTheWay() {
        try (RealServer closed = RealServer.unsealed().start()) {
            assumeFalse(Stage.opensGenerateRoot(closed), "this server opens generate-root unless told otherwise");
            Stage.put(tick.custody(), closed, closed.shares(), Optional.of(closed.rootToken()));
            tick = tick.at(closed.address());
            assertThat(tick.run().converged()).isTrue();
            API.forbidReviewingTokens("vault", "vault");
            try {
                Result refused = tick.run();

                assertThat(refused.problems("sign in")).singleElement().satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
                    assertThat(problem.message())
                            .contains(
                                    "Kubernetes role vault-bootstrap of auth/kubernetes is refused",
                                    "permission denied",
                                    "no root token is left");
                    assertThat(problem.hint())
                            .contains(
                                    "system:auth-delegator",
                                    "disable_unauthed_generate_root_endpoints = false",
                                    "put a root token into custody");
                });
            } finally {
                API.letReviewTokens("vault", "vault");
            }
            assertThat(tick.run().unchanged()).isTrue();
        }
    }

    @Test
    void whereTheSharesOpenTheServerAndTheLoginIsStillRefusedTheOutcomeNamesTheRefusal() {
        tick.run();
        API.forbidReviewingTokens("vault", "vault");
        try {
            Result refused = tick.run();

            assertThat(refused.problems("sign in")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.ACCESS);
                assertThat(problem.message()).contains("signing in with it does not work", "permission denied");
                assertThat(problem.hint()).contains("system:auth-delegator");
            });
            assertThatNoTokenIsLeft();
        } finally {
            API.letReviewTokens("vault", "vault");
        }
        assertThat(tick.run().converged()).isTrue();
        assertThat(tick.run().unchanged()).isTrue();
        assertThatNoTokenIsLeft();
    }

    @Test
    void clientsMayReviewTheirOwnTokens() {
        API.serviceAccount("vault", "self-reviewed");
        API.letReviewTokens("vault", "self-reviewed");
        tick.write(
                "token",
                API.token("vault", "self-reviewed", KubernetesApi.audience()).reveal());
        tick.desire(desired("disable_local_ca_jwt: true"));

        Result first = tick.run();

        assertThat(first.converged()).as(first.toString()).isTrue();
        // What signing in wrote is what configuring wants: everything of it can be read back.
        assertThat(first.changes("configure")).noneMatch(change -> change.startsWith("auth method kubernetes"));
        assertThat(tick.run().unchanged()).isTrue();
        API.forbidReviewingTokens("vault", "self-reviewed");
        assertThat(tick.run(Mode.PLAN).changes("sign in"))
                .containsExactly(
                        "root token: generate from the shares, to set up Kubernetes role vault-bootstrap anew");
    }

    @Test
    void externalSecretsReadsASeededKeyWithItsOwnTokenOnly() {
        assertThat(tick.run().converged()).isTrue();

        VaultSession externalSecrets = login("external-secrets", "vault");

        assertThat(externalSecrets
                        .read("secret/data/team/key")
                        .orElseThrow()
                        .at("/data/value")
                        .asText())
                .isEqualTo("v-1");
        assertThatExceptionOfType(NodeException.Denied.class)
                .isThrownBy(() -> externalSecrets.write("secret/data/team/key", Map.of()));
        externalSecrets.revoke();
        assertThatExceptionOfType(NodeException.Denied.class)
                .isThrownBy(() -> login("external-secrets", "elsewhere"))
                .withMessageContaining("invalid audience");
        assertThatExceptionOfType(NodeException.Denied.class)
                .isThrownBy(() -> login("other", "vault"))
                .withMessageContaining("service account name not authorized");
    }

    private static VaultSession login(String serviceAccount, String audience) {
        return node().session(node().loginWithKubernetes(
                        "kubernetes", "external-secrets", API.token("external-secrets", serviceAccount, audience))
                .token());
    }

    private AccessSettings settings(String role) {
        return new AccessSettings(
                new AccessSettings.AppRole("vault-bootstrap", "vault-bootstrap"),
                Optional.of(new AccessSettings.Kubernetes(
                        role, "kubernetes", folder.resolve("token"), "https://kubernetes.default.svc")),
                Duration.ofMinutes(10),
                true);
    }

    private static String desired(String review) {
        return """
                policies:
                  - name: external-secrets
                    rules: 'path "secret/data/*" { capabilities = ["read"] }'
                secretEngines:
                  - { path: secret, type: kv, options: { version: "2" } }
                authMethods:
                  - path: kubernetes
                    type: kubernetes
                    description: workloads
                    tune: { default_lease_ttl: 20m }
                    config:
                      kubernetes_host: %s
                      kubernetes_ca_cert: %s
                      %s
                    roles:
                      - name: external-secrets
                        bound_service_account_names: [external-secrets]
                        bound_service_account_namespaces: [external-secrets]
                        audience: vault
                        token_policies: [external-secrets]
                        token_ttl: 10m
                secrets:
                  - fixtures: fixtures.json
                """.formatted(API.address(), API.quotedAuthority(), review);
    }

    private static String policy() {
        return SERVER.read("sys/policies/acl/vault-bootstrap")
                .at("/data/policy")
                .asText();
    }

    private void startOver() {
        rootInCustody = stage.clear(tick.custody());
    }

    private void startOverKeepingTheAuthMethod() {
        rootInCustody = stage.rootToken();
        tick.custody().update(keys -> keys.withRootToken(Optional.of(rootInCustody)));
        SERVER.call("DELETE", ROLE, "");
    }

    private void assertThatNoTokenIsLeft() {
        assertThat(stage.tokens()).isEmpty();
    }

    private static VaultNode node() {
        return Nodes.at(SERVER.address());
    }
}
