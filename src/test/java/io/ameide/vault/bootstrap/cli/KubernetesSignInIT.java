package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.VaultNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application in a cluster: custody in a Secret, no credential at rest, its ServiceAccount to sign in. */
class KubernetesSignInIT {

    private static final String SECRET = "vault-bootstrap-keys";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void pod() throws IOException {
        API.admin().secrets().inNamespace("default").withName(SECRET).delete();
        String account = API.account(List.of(
                KubernetesApi.rule("", "secrets", List.of(), "create"),
                KubernetesApi.rule("", "secrets", List.of(SECRET, SECRET + "-probe"), "get", "update", "delete"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(), "create"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(SECRET), "get", "update")));
        String reviewer = API.account(List.of());
        API.letReviewTokens("default", reviewer);
        Files.writeString(
                folder.resolve("reviewer"), API.apiToken("default", reviewer).reveal());
        Files.writeString(
                folder.resolve("token"), API.token("default", account, "vault").reveal());
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        Files.writeString(folder.resolve("desired-state.yaml"), """
                secretEngines:
                  - { path: secret, type: kv, options: { version: "2" } }
                authMethods:
                  - path: kubernetes
                    type: kubernetes
                    config:
                      kubernetes_host: %s
                      kubernetes_ca_cert: %s
                      token_reviewer_jwt: "${file:reviewer}"
                secrets:
                  - fixtures: fixtures.json
                """.formatted(API.address(), API.quotedAuthority()));
        application = PackagedApplication.in(folder, server.address())
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET", SECRET)
                .with("BOOTSTRAP_ACCESS_KUBERNETES_ROLE", "vault-bootstrap")
                .with(
                        "BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE",
                        folder.resolve("token").toString())
                .with("KUBECONFIG", API.kubeconfig(folder, "default", account).toString());
    }

    @Test
    void firstTickEndsTheRootTokenAndTheSecondWritesNothing() {
        // Stopped once the server and its root token are there, to have a look at that token.
        Result stopped =
                application.with("BOOTSTRAP_ACCESS_KUBERNETES_MOUNT", "token").run("run", "--output", "json");
        assertThat(stopped.exit()).as(stopped.stdout()).isNotZero();
        Sensitive root = rootToken();
        assertThat(node().session(root).alive()).isTrue();

        Result first = application.run("run", "--output", "json");

        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        assertThat(node().session(root).alive()).isFalse();
        assertThat(custody()).doesNotContain("rootToken\": \"", root.reveal()).doesNotContain("secretId");
        String version = version();
        Result second = application.run("run", "--output", "json");
        assertThat(second.exit()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.json().path("requests").path("writes").asInt()).isZero();
        assertThat(version()).isEqualTo(version);
    }

    @Test
    void tokenFileThatIsMissingStopsTheTickBeforeAnythingIsWritten() {
        Result refused = application
                .with("BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE", "/nowhere/token")
                .run("run");

        assertThat(refused.exit()).isEqualTo(3);
        assertThat(refused.stderr()).contains("/nowhere/token is not there");
        assertThat(server.health()).isEqualTo(501);
    }

    @Test
    void policyIsShownWithoutAnyServer() {
        PackagedApplication alone = application
                .with("BOOTSTRAP_VAULT_ADDRESSES", "http://127.0.0.1:1")
                .without("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET");

        Result text = alone.run("policy");
        Result json = alone.run("policy", "--output", "json");

        assertThat(text.exit()).as(text.stderr()).isZero();
        assertThat(text.stdout())
                .contains("path \"auth/kubernetes/role/vault-bootstrap\" { capabilities = [\"read\", \"update\"] }");
        assertThat(json.json().path("name").asText()).isEqualTo("vault-bootstrap");
        assertThat(json.json().path("rules").asText()).isEqualTo(text.stdout());
    }

    private Sensitive rootToken() {
        String document = custody();
        int from = document.indexOf('"', document.indexOf(':', document.indexOf("\"rootToken\""))) + 1;
        return Sensitive.of(document.substring(from, document.indexOf('"', from)));
    }

    private static String custody() {
        return API.admin().secrets().inNamespace("default").withName(SECRET).get().getData().values().stream()
                .map(value -> new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8))
                .reduce("", String::concat);
    }

    private static String version() {
        return API.admin()
                .secrets()
                .inNamespace("default")
                .withName(SECRET)
                .get()
                .getMetadata()
                .getResourceVersion();
    }

    private VaultNode node() {
        return Nodes.at(server.address());
    }
}
