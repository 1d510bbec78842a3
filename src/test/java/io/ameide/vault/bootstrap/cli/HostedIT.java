package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.vault.Login;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application as the CronJob runs it: a three-node cluster behind TLS, found and signed in to as a Pod would. */
class HostedIT {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    @Test
    void firstTickLeadsFromNothingToALoginOfExternalSecretsAndTheSecondWritesNothing() {
        try (HostedCluster hosted = HostedCluster.start(API, folder)) {
            Result first = hosted.application().run("run", "--output", "json");

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            RaftCluster nodes = hosted.nodes();
            assertThat(Stream.of(0, 1, 2).map(nodes::health))
                    .containsOnlyOnce(200)
                    .containsOnly(200, 429);
            assertThat(nodes.clusterIds()).hasSize(1);
            assertThat(rootTokens(hosted))
                    .as("root tokens, with the one that looks")
                    .isEqualTo(1);
            assertThat(hosted.asRoot(nodes::voters)).containsExactly("vault-0", "vault-1", "vault-2");
            assertThat(hosted.keys().hasNonNull("rootToken"))
                    .as("root token in custody")
                    .isFalse();
            VaultNode leader = hosted.leader();
            Sensitive jwt = API.token("external-secrets", "external-secrets", "vault");
            Login login = leader.loginWithKubernetes("kubernetes", "external-secrets", jwt);
            assertThat(leader.session(login.token())
                            .read("secret/data/api-key")
                            .orElseThrow()
                            .at("/data/value")
                            .asText())
                    .isEqualTo("k-1");

            String version = hosted.secret().getMetadata().getResourceVersion();
            Result second = hosted.application().run("run", "--output", "json");

            assertThat(second.exit()).as(second.stdout() + second.stderr()).isZero();
            assertThat(second.json().at("/requests/writes").asInt()).isZero();
            assertThat(hosted.secret().getMetadata().getResourceVersion()).isEqualTo(version);
        }
    }

    @Test
    void nodesAreReachedByTheNamesThatTheirCertificatesBear() throws IOException {
        try (HostedCluster hosted = HostedCluster.start(API, RaftCluster.of(1), folder)) {
            Path hosts = Files.writeString(
                    hosted.folder().resolve("hosts"),
                    "127.0.0.1 localhost\n%s vault-0.vault-internal.%s.svc\n"
                            .formatted(hosted.nodes().address(0).getHost(), hosted.namespace()));

            Result first = hosted.application()
                    .without("BOOTSTRAP_VAULT_DISCOVERY_BY")
                    .without("BOOTSTRAP_VAULT_TLS_SERVER_NAME")
                    // Stands for the cluster's DNS.
                    .with("JAVA_TOOL_OPTIONS", "-Djdk.net.hosts.file=" + hosts)
                    .run("run", "--output", "json");

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            assertThat(first.step("unseal").toString())
                    .contains("https://vault-0.vault-internal.%s.svc".formatted(hosted.namespace()));
        }
    }

    @Test
    void ofFiveTicksThatStartAtOnceOneMakesTheClusterAndNoneHarmsIt() {
        try (HostedCluster hosted = HostedCluster.start(API, folder)) {
            List<Running> ticks = Stream.of(1, 2, 3, 4, 5)
                    .map(i -> hosted.application()
                            .with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "100s")
                            .start("run"))
                    .toList();

            assertThat(ticks.stream().map(tick -> tick.await().exit()).toList()).containsOnly(0);
            assertThat(hosted.nodes().clusterIds()).hasSize(1);
            assertThat(hosted.asRoot(hosted.nodes()::voters)).hasSize(3);
        }
    }

    private static long rootTokens(HostedCluster hosted) {
        return hosted.asRoot(root -> {
            VaultSession observer = hosted.leader().session(root);
            return observer.list("auth/token/accessors").stream()
                    .map(accessor -> observer.write("auth/token/lookup-accessor", Map.of("accessor", accessor)))
                    .filter(token -> token.path("policies").toString().contains("\"root\""))
                    .count();
        });
    }
}
