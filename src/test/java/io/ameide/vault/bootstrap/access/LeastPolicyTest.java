package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.access.OwnPolicy.Capability;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

import static org.assertj.core.api.Assertions.assertThat;

/** Everything that the own policy grants is needed: whatever of it is missing, some tick fails. */
class LeastPolicyTest {

    private static final String DESIRED = """
            policies:
              - { name: readers, rules: 'path "secret/data/*" { capabilities = ["read"] }' }
            secretEngines:
              - { path: secret, type: kv, options: { version: "2" }, config: { max_lease_ttl: 1h } }
            authMethods:
              - path: kubernetes
                type: kubernetes
                tune: { default_lease_ttl: 20m }
                config: { kubernetes_host: %s, kubernetes_ca_cert: %s, token_reviewer_jwt: "${file:reviewer}" }
                roles:
                  - { name: external-secrets, bound_service_account_names: [eso], bound_service_account_namespaces: [eso],
                      audience: vault, token_policies: [readers], token_ttl: 10m }
              - path: people
                type: userpass
                tune: { default_lease_ttl: 20m }
                roles:
                  - { name: ann, password: p-1, token_ttl: 10m }
            auditDevices:
              - { path: extra, type: file, options: { file_path: extra-audit.log } }
            secrets:
              - { fixtures: fixtures.json, mode: enforce }
            resources:
              - path: identity/group/name/platform
                data: { policies: [readers] }
              - path: sys/config/cors
                data: { enabled: true, allowed_origins: [https://one.example] }
            """;

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    static final RealServer SERVER =
            RealServer.empty(Options.DEFAULT.withExtraHcl("unsafe_allow_api_audit_creation = true"));

    @TempDir
    Path folder;

    private Stage stage;
    private int runs;

    @BeforeAll
    static void accounts() {
        API.serviceAccount("vault", "vault");
        API.letReviewTokens("vault", "vault");
        API.serviceAccount("vault", "vault-bootstrap");
    }

    @Test
    void whatIsGrantedIsEnoughAndNothingOfItTooMuch() {
        stage = new Stage(SERVER);
        assertThat(trouble(UnaryOperator.identity())).as("with all of it").isEmpty();
        Set<String> needless = new TreeSet<>();
        granted()
                .forEach((path, capabilities) -> capabilities.forEach(capability -> {
                    if (trouble(policy -> without(policy, path, capability)).isEmpty()) {
                        needless.add(path + " " + capability);
                    }
                }));

        assertThat(needless)
                .containsExactly(
                        // Whether making a thing differs from changing it is known of no resource beforehand.
                        "identity/group/name/platform CREATE",
                        "sys/config/cors CREATE",
                        // Spares a write that some servers would refuse, and lets a plan tell so.
                        "sys/config/state/sanitized READ",
                        // Asked of a cluster, not of a single node.
                        "sys/storage/raft/autopilot/state READ");
    }

    /** What goes wrong in a tick that makes all there is, and in one that mends all there is. */
    private Optional<Result> trouble(UnaryOperator<OwnPolicy> granting) {
        clear();
        InProcessTick tick = tick().granting(granting);
        Result made = tick.run();
        if (!made.converged()) {
            return Optional.of(made);
        }
        SERVER.write("auth/kubernetes/role/vault-bootstrap", "{\"token_ttl\": \"1m\"}");
        String rules = SERVER.read("sys/policies/acl/vault-bootstrap")
                .at("/data/policy")
                .asText();
        SERVER.write(
                "sys/policies/acl/vault-bootstrap",
                "{\"policy\": \"# drifted\\n" + rules.replace("\"", "\\\"").replace("\n", "\\n") + "\"}");
        tick.write("fixtures.json", "{\"team/key\": \"v-2\"}");
        tick.forgetSnapshots();
        tick.write("reviewer", API.apiToken("vault", "vault").reveal());
        tick.desire(desired()
                .replace("[\"read\"]", "[\"list\"]")
                .replace("1h", "2h")
                .replace("20m", "30m")
                .replace("10m", "15m")
                .replace("one.example", "two.example")
                .replace("data: { policies: [readers] }", "data: { policies: [readers, default] }"));
        Result mended = tick.run();
        return mended.converged() ? Optional.empty() : Optional.of(mended);
    }

    private static OwnPolicy without(OwnPolicy policy, String path, Capability capability) {
        Map<String, Set<Capability>> paths = new TreeMap<>(policy.paths());
        Set<Capability> left = EnumSet.copyOf(paths.get(path));
        left.remove(capability);
        if (left.isEmpty()) {
            paths.remove(path);
        } else {
            paths.put(path, left);
        }
        return new OwnPolicy(policy.name(), paths);
    }

    private Map<String, Set<Capability>> granted() {
        InProcessTick tick = tick();
        return OwnPolicy.of(
                        tick.access(),
                        new DesiredStateParser(name -> Optional.empty())
                                .parse(tick.folder().resolve("desired-state.yaml")),
                        List.of(),
                        "vault-bootstrap")
                .paths();
    }

    private void clear() {
        for (String path : List.of(
                "sys/auth/people",
                "sys/mounts/secret",
                "sys/mounts/vault-bootstrap",
                "sys/audit/extra",
                "sys/policies/acl/readers",
                "identity/group/name/platform",
                "sys/config/cors")) {
            SERVER.call("DELETE", path, "");
        }
    }

    /** In a folder of its own, with a root token in custody. */
    private InProcessTick tick() {
        try {
            Path own = Files.createDirectory(folder.resolve("run-" + runs++));
            InProcessTick tick = InProcessTick.in(own, SERVER.address());
            tick.write("token", API.token("vault", "vault-bootstrap", "vault").reveal());
            tick.write("reviewer", API.apiToken("vault", "vault").reveal());
            tick.write("fixtures.json", "{\"team/key\": \"v-1\"}");
            tick.desire(desired());
            stage.clear(tick.custody());
            return tick.with(new AccessSettings(
                    tick.access().appRole(),
                    Optional.of(new AccessSettings.Kubernetes(
                            "vault-bootstrap", "kubernetes", own.resolve("token"), "https://kubernetes.default.svc")),
                    Duration.ofMinutes(10),
                    false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String desired() {
        return DESIRED.formatted(API.address(), API.quotedAuthority());
    }
}
