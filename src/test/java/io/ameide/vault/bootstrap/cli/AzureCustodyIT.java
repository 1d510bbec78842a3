package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.KeyVaultServer;
import io.ameide.vault.bootstrap.testing.KeyVaultServer.Answer;
import io.ameide.vault.bootstrap.testing.KeyVaultServer.Drop;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application with custody in Azure Key Vault, and a ServiceAccount that may use one Lease. */
class AzureCustodyIT {

    private static final String KEYS = "vault-bootstrap-keys";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private KeyVaultServer vault;
    private PackagedApplication application;

    @BeforeEach
    void workloadIdentity() throws IOException {
        vault = KeyVaultServer.in(folder);
        Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.SMALL);
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        String account = API.account(List.of(
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(), "create"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(KEYS), "get", "update")));
        application = PackagedApplication.in(folder, server.address())
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("BOOTSTRAP_CUSTODY_AZURE_VAULT_URL", vault.address().toString())
                .with("AZURE_TENANT_ID", KeyVaultServer.TENANT)
                .with("AZURE_CLIENT_ID", KeyVaultServer.CLIENT)
                .with("AZURE_FEDERATED_TOKEN_FILE", vault.tokenFile().toString())
                .with("AZURE_AUTHORITY_HOST", vault.authorityHost())
                // Would have the SDK log what it sends, if it had its way.
                .with("AZURE_HTTP_LOG_DETAIL_LEVEL", "BODY_AND_HEADERS")
                .with(
                        "JAVA_TOOL_OPTIONS",
                        "-Djdk.net.hosts.file=%s %s".formatted(vault.hostsFile(), vault.trustOptions()))
                .with("KUBECONFIG", API.kubeconfig(folder, "default", account).toString());
    }

    @AfterEach
    void close() {
        vault.close();
    }

    @Test
    void firstTickConvergesAndTheSecondWritesNothing() {
        Result first = application.run("run", "--output", "json");
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        assertThat(vault.values(KEYS)).last().asString().doesNotContain("rootToken");
        assertThat(vault.enabled(KEYS)).as("only the newest can be read").containsOnlyOnce(true);
        assertThat(vault.enabled(KEYS)).last().isEqualTo(true);
        int requests = vault.asked().size();

        Result second = application.run("run", "--output", "json");

        assertThat(second.exit()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.json().path("requests").path("writes").asInt()).isZero();
        assertThat(vault.asked().subList(requests, vault.asked().size()))
                .extracting(KeyVaultServer.Asked::method)
                .containsOnly("GET");
    }

    @Test
    void sharesSurviveAVaultThatIsAwayWhenTheyAreToBeStored() {
        var writes = new AtomicInteger();
        vault.on(asked -> asked.sets(KEYS), () -> switch (writes.incrementAndGet()) {
            case 2 -> new Drop(false);
            case 3, 4 -> new Answer(503, "ServiceUnavailable", "", Map.of());
            case 5 -> new Drop(true);
            default -> new KeyVaultServer.Proceed();
        });

        Result tick = application.run("run");

        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
        assertThat(writes.get()).isGreaterThan(5);
    }

    @Test
    void nothingShowsAtTrace() {
        Result tick = application
                .with("QUARKUS_LOG_LEVEL", "TRACE")
                .with("QUARKUS_LOG_MIN_LEVEL", "TRACE")
                .with("QUARKUS_LOG_CATEGORY__COM_AZURE__LEVEL", "TRACE")
                .with("QUARKUS_LOG_CATEGORY__COM_MICROSOFT_AAD_MSAL4J__LEVEL", "TRACE")
                .run("run");

        assertThat(tick.exit()).as("exit").isZero();
        String share = vault.values(KEYS).getLast().replaceAll("(?s).*\"shares\" : \\[ \"([^\"]+)\".*", "$1");
        assertThat(share).as("found").hasSizeLessThan(60);
        String said = tick.stdout() + tick.stderr();
        assertThat(said.contains("com.azure")).as("the SDK logged").isTrue();
        assertThat(said.contains(share)).as("a share shows").isFalse();
        assertThat(vault.tokens().stream().anyMatch(said::contains))
                .as("a token shows")
                .isFalse();
    }

    @Test
    void identityThatMayNotWriteIsToldBeforeTheServerIsInitialized() {
        vault.on(
                asked -> asked.method().equals("PUT"), () -> new Answer(403, "Forbidden", "ForbiddenByRbac", Map.of()));

        Result denied = application.run("run");

        assertThat(denied.exit()).isEqualTo(3);
        assertThat(denied.stdout()).contains(KEYS + "-probe", "ForbiddenByRbac");
        assertThat(server.health()).isEqualTo(501);
    }

    @Test
    void twoCustodiesAreRefusedByName() {
        Result both =
                application.with("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET", "keys").run("run");

        assertThat(both.exit()).isEqualTo(64);
        assertThat(both.stderr())
                .contains("bootstrap.custody.kubernetes.secret and bootstrap.custody.azure.vault-url are set at once");
    }
}
