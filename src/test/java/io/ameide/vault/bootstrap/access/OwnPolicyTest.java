package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.testing.Certificates;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/** The tool may do what its desired state needs, and nothing else. */
class OwnPolicyTest {

    private static final String SMALL = """
            policies:
              - { name: readers, rules: 'path "secret/data/*" { capabilities = ["read"] }' }
            """;

    private static final String LARGE = """
            policies:
              - { name: readers, rules: 'path "secret/data/*" { capabilities = ["read", "list"] }' }
              - { name: with "quotes" and \\, rules: 'path "x" { capabilities = ["read"] }' }
            secretEngines:
              - { path: secret, type: kv, options: { version: "2" }, config: { max_lease_ttl: 1h } }
              - { path: team/pki, type: pki, config: { max_lease_ttl: 8760h } }
              - { path: transit, type: transit }
            authMethods:
              - path: people
                type: userpass
                tune: { default_lease_ttl: 30m }
                roles:
                  - { name: ann, password: p-1, token_policies: [readers] }
              - path: kubernetes
                type: kubernetes
                config: { kubernetes_host: https://kubernetes.default.svc, kubernetes_ca_cert: "%s", disable_local_ca_jwt: true }
                roles:
                  - { name: eso, bound_service_account_names: [eso], bound_service_account_namespaces: [eso], token_policies: [readers] }
              - path: machines
                type: approle
                roles:
                  - { name: reader, token_policies: [readers] }
              - path: token
                type: token
                tune: { default_lease_ttl: 30m }
                roles:
                  - { name: ci, allowed_policies: [readers] }
            auditDevices:
              - { path: file, type: file, options: { file_path: audit.log } }
            secrets:
              - fixtures: fixtures.json
              - { name: made, generate: { length: 16, charset: alphanumeric } }
            resources:
              - path: identity/group/name/platform
                data: { policies: [readers] }
              - path: team/pki/roles/web
                data: { allowed_domains: [svc.example] }
              - path: sys/quotas/rate-limit/all
                data: { rate: 100000, path: "" }
              - path: sys/config/cors
                data: { enabled: true, allowed_origins: [https://ui.example] }
              - path: sys/config/ui/headers/X-Team
                data: { values: [platform] }
            """.formatted(Certificates.AUTHORITY.replace("\n", "\\n"));

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    @Test
    void exampleNeedsThis() {
        DesiredState example = new DesiredStateParser(name -> Optional.empty())
                .parse(Path.of("examples/local/desired-state.yaml").toAbsolutePath());

        AccessSettings settings = InProcessTick.in(folder, server.address()).access();
        assertThat(OwnPolicy.of(settings, example, List.of("other"), "own").rules())
                .isEqualTo("""
                path "auth/approle/role/external-secrets" { capabilities = ["create", "read", "update"] }
                path "auth/token/lookup-self" { capabilities = ["read"] }
                path "auth/token/revoke-self" { capabilities = ["update"] }
                path "auth/userpass/users/developer" { capabilities = ["create", "read", "update"] }
                path "other/data/*" { capabilities = ["read"] }
                path "own/*" { capabilities = ["create", "read", "update"] }
                path "secret/config" { capabilities = ["read"] }
                path "secret/data/*" { capabilities = ["create", "read", "update"] }
                path "secret/metadata/*" { capabilities = ["update"] }
                path "sys/audit" { capabilities = ["read", "sudo"] }
                path "sys/audit/file" { capabilities = ["update", "sudo"] }
                path "sys/auth" { capabilities = ["read"] }
                path "sys/auth/approle" { capabilities = ["update", "sudo"] }
                path "sys/auth/userpass" { capabilities = ["update", "sudo"] }
                path "sys/config/state/sanitized" { capabilities = ["read"] }
                path "sys/mounts" { capabilities = ["read"] }
                path "sys/mounts/auth/approle/tune" { capabilities = ["update"] }
                path "sys/mounts/auth/userpass/tune" { capabilities = ["update"] }
                path "sys/mounts/own" { capabilities = ["update"] }
                path "sys/mounts/secret" { capabilities = ["update"] }
                path "sys/mounts/secret/tune" { capabilities = ["update"] }
                path "sys/policies/acl/developer" { capabilities = ["read", "update"] }
                path "sys/policies/acl/external-secrets" { capabilities = ["read", "update"] }
                path "sys/policies/acl/vault-bootstrap" { capabilities = ["read", "update"] }
                path "sys/storage/raft/autopilot/state" { capabilities = ["read"] }
                path "sys/storage/raft/snapshot" { capabilities = ["read"] }
                """);
    }

    @Test
    void desiredStateThatGrowsIsFollowedWithoutARootToken() {
        InProcessTick tick = InProcessTick.in(folder, server.address());
        tick.write("fixtures.json", "{\"team/key\": \"v\"}");
        tick.desire(SMALL);
        assertThat(tick.run().converged()).isTrue();
        assertThat(tick.material().rootToken()).isEmpty();

        tick.desire(LARGE);
        Result grown = tick.run();

        assertThat(grown.converged()).as(grown.toString()).isTrue();
        assertThat(grown.changes("sign in")).containsExactly("policy vault-bootstrap: follow the desired state");
        Result after = tick.run();
        assertThat(after.unchanged()).as(after.toString()).isTrue();
        tick.desire(LARGE.replace("30m", "45m").replace("100000", "200000").replace("p-1", "p-2"));
        assertThat(tick.run().converged()).isTrue();
    }

    @Test
    void whatIsNotInTheDesiredStateIsOutOfReach() {
        InProcessTick tick = InProcessTick.in(folder, server.address());
        tick.write("fixtures.json", "{\"team/key\": \"v\"}");
        tick.desire(LARGE);
        assertThat(tick.run().converged()).isTrue();
        VaultNode node = Nodes.at(server.address());
        AppRoleCredential credential = tick.material().appRole().orElseThrow();
        VaultSession own =
                node.session(node.loginWithAppRole(credential.mount(), credential.roleId(), credential.secretId())
                        .token());

        assertThatNoException().isThrownBy(() -> own.kv("secret").read("anything"));
        for (String path : List.of(
                "other/data/key",
                "sys/policies/acl/root",
                "sys/policies/acl/other",
                "sys/raw/x",
                "auth/people/users/bob",
                "auth/vault-bootstrap/role/vault-bootstrap",
                "identity/group/name/other",
                "transit/keys/other")) {
            assertThatExceptionOfType(NodeException.Denied.class).as(path).isThrownBy(() -> own.read(path));
        }
        assertThatExceptionOfType(NodeException.Denied.class)
                .isThrownBy(() -> own.write("auth/token/create", Map.of("policies", List.of("root"))));
        assertThatExceptionOfType(NodeException.Denied.class).isThrownBy(() -> own.delete("secret/metadata/team/key"));
        assertThatExceptionOfType(NodeException.Denied.class).isThrownBy(() -> own.delete("sys/mounts/secret"));
        own.revoke();
    }
}
