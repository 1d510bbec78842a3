package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.SecretKeyStore;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.TickAccount;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        Files.writeString(folder.resolve("desired-state.yaml"), """
                secretEngines:
                  - { path: secret, type: kv, options: { version: "2" } }
                secrets:
                  - fixtures: fixtures.json
                """ + TickAccount.authMethod(API));
        application = TickAccount.application(API, folder, server.address(), SECRET);
    }

    @Test
    void firstTickEndsTheRootTokenAndTheSecondWritesNothing() {
        // Stopped once the server and its root token are there, to have a look at that token.
        Result stopped =
                application.with("BOOTSTRAP_ACCESS_KUBERNETES_MOUNT", "token").run("run", "--output", "json");
        assertThat(stopped.exit()).as(stopped.stdout()).isNotZero();
        Sensitive root = custody().rootToken().orElseThrow();
        assertThat(node().session(root).alive()).isTrue();

        Result first = application.run("run", "--output", "json");

        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        assertThat(node().session(root).alive()).isFalse();
        assertThat(custody().rootToken()).isEmpty();
        assertThat(custody().appRole()).isEmpty();
        String version = version();
        Result second = application.run("run", "--output", "json");
        assertThat(second.exit()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.json().path("requests").path("writes").asInt()).isZero();
        assertThat(version()).isEqualTo(version);
    }

    @Test
    void listenerThatOpensGenerateRootLeadsOutOfABrokenLogin() throws IOException {
        int port = freePort();
        try (RealServer guarded = RealServer.empty(Options.DEFAULT.withExtraHcl("""
                        listener "tcp" {
                          address = "127.0.0.1:%d"
                          tls_disable = true
                          disable_unauthed_generate_root_endpoints = false
                        }
                        """.formatted(port)))
                .start()) {
            assumeTrue(
                    guarded.product() == Product.OPENBAO, "this server lets everybody with shares make a root token");
            PackagedApplication ticks = application.with(
                    "BOOTSTRAP_VAULT_ADDRESSES", guarded.address().toString());
            assertThat(ticks.run("run").exit()).isZero();
            // Somebody with a root token of their own breaks the login.
            VaultNode open = Nodes.at(URI.create("http://127.0.0.1:" + port));
            VaultSession somebody = open.session(open.generateRoot(custody().shares(), nonce -> {}));
            somebody.write("auth/kubernetes/role/vault-bootstrap", Map.of("audience", "elsewhere"));
            somebody.revoke();

            Result refused = ticks.run("run");
            Result opened = ticks.run("run", "--set", "bootstrap.vault.addresses=http://127.0.0.1:" + port);
            Result after = ticks.run("run", "--output", "json");

            assertThat(refused.exit()).isEqualTo(3);
            assertThat(refused.stdout())
                    .contains("invalid audience", "disable_unauthed_generate_root_endpoints = false");
            assertThat(opened.exit()).as(opened.stdout()).isZero();
            assertThat(after.exit()).as(after.stdout()).isZero();
            assertThat(after.json().path("requests").path("writes").asInt()).isZero();
            assertThat(custody().rootToken()).isEmpty();
        }
    }

    @Test
    void tokenFileThatIsMissingStopsTheTickBeforeAnythingIsWritten() {
        Result refused = application
                .with("BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE", "/nowhere/token")
                .run("run");

        assertThat(refused.exit()).isEqualTo(3);
        assertThat(refused.stdout()).contains("/nowhere/token is not there");
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

    private static KeyMaterial custody() {
        return new SecretKeyStore(new Secrets(API.admin(), "default"), SECRET, Waiter.REAL, Duration.ofSeconds(10))
                .read()
                .material()
                .orElseThrow();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
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
