package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.CertificateAuthority.PemFiles;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Raft clusters behind TLS, from empty to several voters, and back after nodes were lost. */
class ClusterIT {

    /** Nodes become voters at once instead of after ten seconds, which a test need not wait for. */
    private static final String DESIRED_STATE = """
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            secrets:
              - name: generated
                generate: { length: 24, charset: alphanumeric }
            resources:
              - path: sys/storage/raft/autopilot/configuration
                data: { server_stabilization_time: 1s }
            """;

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} nodes, retry_join {1}")
    @CsvSource({"1,false", "3,false", "3,true", "5,false"})
    void firstTickMakesOneClusterAndTheSecondWritesNothing(int size, boolean retryJoin) throws IOException {
        try (RaftCluster cluster = cluster(size, retryJoin).start()) {
            Result first = application(cluster).run("run", "--output", "json");

            assertThat(first.exit()).as(first.stdout()).isZero();
            assertThat(health(cluster)).containsOnlyOnce(200).isSubsetOf(200, 429);
            assertThat(cluster.clusterIds()).hasSize(1);
            assertThat(first.step("quorum").path("detail").asText())
                    .isEqualTo(size == 1 ? "a single node" : "%d voters, %d may fail".formatted(size, size / 2));
            changesNothing(cluster);
        }
    }

    /** Keys are not sent to nodes, so that each needs one of its own to join. */
    @Test
    void nodesThatAskForClientCertificatesJoinWithTheirOwn() throws IOException {
        try (RaftCluster cluster =
                RaftCluster.of(3).withClientCertificates().withRetryJoin().start()) {
            Result stranger = application(cluster)
                    .with("BOOTSTRAP_VAULT_READY_TIMEOUT", "2s")
                    .run("run", "--output", "json");
            assertThat(stranger.exit()).as(stranger.stdout()).isEqualTo(3);
            assertThat(stranger.stdout()).contains("asks for a client certificate");

            Result first = withOwnCertificate(cluster).run("run", "--output", "json");
            assertThat(first.exit()).as(first.stdout()).isZero();
            assertThat(first.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
            assertThat(cluster.clusterIds()).hasSize(1);

            cluster.node((cluster.awaitLeader() + 1) % 3).wipe();
            Result wiped = withOwnCertificate(cluster).run("run", "--output", "json");
            assertThat(wiped.exit()).as(wiped.stdout()).isZero();
            assertThat(wiped.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
            assertThat(cluster.clusterIds()).hasSize(1);
        }
    }

    /** As one that names leaders in its configuration, and tries them every two seconds. */
    @Test
    void nodeThatCouldNotJoinAsItWasAskedMayJoinByItself() throws IOException {
        try (RaftCluster cluster = cluster(3, false).start();
                LoopbackProxy proxy = LoopbackProxy.trusting(cluster.caFile())) {
            URI slow = proxy.before("slow", cluster.address(2), "127.0.0.1", 0);
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/storage/raft/join"), exchange -> {
                CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(() -> cluster.join(2, 0));
                return new Verdict.Answer(500, "{\"errors\": [\"failed to join raft cluster: no\"]}");
            });

            Result first = application(cluster)
                    .with(
                            "BOOTSTRAP_VAULT_ADDRESSES",
                            "%s,%s,%s".formatted(cluster.address(0), cluster.address(1), slow))
                    .run("run", "--output", "json");

            assertThat(first.exit()).as(first.stdout()).isZero();
            assertThat(first.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
        }
    }

    @Test
    void nodesThatAskForClientCertificatesAndDoNotJoinByThemselvesAreNamed() throws IOException {
        try (RaftCluster cluster = RaftCluster.of(3).withClientCertificates().start()) {
            Result first = withOwnCertificate(cluster)
                    .with("BOOTSTRAP_VAULT_READY_TIMEOUT", "5s")
                    .with("BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "5s")
                    .run("run", "--output", "json");

            assertThat(first.exit()).as(first.stdout()).isEqualTo(5);
            assertThat(first.step("join").path("problems"))
                    .hasSize(2)
                    .allSatisfy(problem ->
                            assertThat(problem.path("hint").asText()).contains("client certificates", "retry_join"));
            assertThat(first.step("join").path("problems").findValuesAsText("message"))
                    .anyMatch(message -> message.contains(cluster.address(1).toString()))
                    .anyMatch(message -> message.contains(cluster.address(2).toString()));
        }
    }

    private PackagedApplication withOwnCertificate(RaftCluster cluster) throws IOException {
        PemFiles own = cluster.authority().issue("bootstrap").writeTo(folder.resolve("own"));
        return application(cluster)
                .with("BOOTSTRAP_VAULT_TLS_CERTIFICATE_FILE", own.certificate().toString())
                .with("BOOTSTRAP_VAULT_TLS_KEY_FILE", own.key().toString());
    }

    @Test
    void nodesThatHoldTheirSealKeyAreInitializedWithRecoveryShares() throws IOException {
        try (RaftCluster cluster = RaftCluster.of(3).withStaticSeal().start()) {
            selfUnsealing(cluster);
        }
    }

    @Test
    void nodesUnsealedByAnotherServerAreInitializedWithRecoveryShares() throws IOException {
        try (RealServer other = RealServer.unsealed().start();
                RaftCluster cluster = RaftCluster.of(3).withTransitSeal(other).start()) {
            selfUnsealing(cluster);

            other.restart();
            assertThat(other.health()).as("sealed").isEqualTo(503);
            changesNothing(cluster);

            int follower = (cluster.awaitLeader() + 1) % 3;
            cluster.node(follower).kill();
            assertThatThrownBy(() -> cluster.node(follower).restart())
                    .as("a server ends when nobody unseals it")
                    .isInstanceOf(ProblemException.class);
            Result without = application(cluster)
                    .with("BOOTSTRAP_VAULT_READY_TIMEOUT", "2s")
                    .run("run", "--output", "json");
            assertThat(without.exit()).as(without.stdout()).isEqualTo(5);
            assertThat(without.step("discover").toString()).contains("nothing listens at " + cluster.address(follower));

            other.unseal();
            cluster.node(follower).restart();
            changesNothing(cluster);
        }
    }

    private void selfUnsealing(RaftCluster cluster) throws IOException {
        Result first = application(cluster).run("run", "--output", "json");

        assertThat(first.exit()).as(first.stdout()).isZero();
        assertThat(first.step("initialize").toString()).contains("initialize with 1 recovery share, threshold 1");
        assertThat(health(cluster)).containsOnlyOnce(200).isSubsetOf(200, 429);
        assertThat(cluster.clusterIds()).hasSize(1);
        assertThat(first.step("unseal").path("requests").path("writes").asInt()).isZero();
        changesNothing(cluster);
        Result proof = application(cluster).run("keys", "check", "--prove");
        assertThat(proof.exit()).as(proof.stdout() + proof.stderr()).isZero();
        assertThat(proof.stdout()).contains("1 recovery share", "the server tried 1 share");

        cluster.node(cluster.awaitLeader()).restart();
        changesNothing(cluster);

        IntStream.range(0, cluster.size()).forEach(node -> cluster.node(node).restart());
        changesNothing(cluster);
    }

    @Test
    void nodesThatWereLostComeBack() throws IOException {
        try (RaftCluster cluster = cluster(3, false).start()) {
            assertThat(application(cluster).run("run").exit()).isZero();

            cluster.node(cluster.awaitLeader()).restart();
            Result restarted = application(cluster).run("run", "--output", "json");
            assertThat(restarted.exit()).as(restarted.stdout()).isZero();
            assertThat(restarted.step("unseal").path("changes")).hasSize(1);

            IntStream.range(0, 3).forEach(node -> cluster.node(node).restart());
            Result allRestarted = application(cluster).run("run", "--output", "json");
            assertThat(allRestarted.exit()).as(allRestarted.stdout()).isZero();
            assertThat(allRestarted.step("unseal").path("changes")).hasSize(3);

            int follower = (cluster.awaitLeader() + 1) % 3;
            cluster.node(follower).wipe();
            Result wiped = application(cluster).run("run", "--output", "json");
            assertThat(wiped.exit()).as(wiped.stdout()).isZero();
            assertThat(wiped.step("join").path("changes")).hasSize(2);

            changesNothing(cluster);
        }
    }

    @Test
    void nodeThatDoesNotTakeItsSharesKeepsTheOthersFromNothing() throws IOException {
        try (RaftCluster cluster = cluster(3, false).start();
                LoopbackProxy proxy = LoopbackProxy.trusting(cluster.caFile())) {
            assertThat(application(cluster).run("run").exit()).isZero();
            int follower = (cluster.awaitLeader() + 1) % 3;
            URI broken = proxy.before("follower", cluster.address(follower), "127.0.0.1", 0);
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/sys/unseal"),
                    exchange -> new Verdict.Answer(500, "{\"errors\": [\"internal error\"]}"));
            cluster.node(follower).restart();

            Result result = application(cluster)
                    .with(
                            "BOOTSTRAP_VAULT_ADDRESSES",
                            IntStream.range(0, 3)
                                    .mapToObj(node -> node == follower ? broken : cluster.address(node))
                                    .map(URI::toString)
                                    .collect(Collectors.joining(",")))
                    .run("run", "--output", "json");

            assertThat(result.step("unseal").path("problems")).hasSize(1);
            assertThat(result.step("configure").path("outcome").asText()).isEqualTo("unchanged");
            assertThat(result.exit()).as(result.stdout()).isEqualTo(5);
        }
    }

    private static RaftCluster cluster(int size, boolean retryJoin) {
        RaftCluster cluster = RaftCluster.of(size).withOpenGenerateRoot();
        return retryJoin ? cluster.withRetryJoin() : cluster;
    }

    private PackagedApplication application(RaftCluster cluster) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        return PackagedApplication.in(folder, cluster.address(0))
                .with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        cluster.addresses().stream().map(URI::toString).collect(Collectors.joining(",")))
                .with("BOOTSTRAP_VAULT_TLS_CA_FILE", cluster.caFile().toString());
    }

    private void changesNothing(RaftCluster cluster) throws IOException {
        Result next = application(cluster).run("run", "--output", "json");

        assertThat(next.exit()).as(next.stdout()).isZero();
        assertThat(next.json().at("/requests/writes").asInt()).isZero();
    }

    private static List<Integer> health(RaftCluster cluster) {
        return IntStream.range(0, cluster.size()).mapToObj(cluster::health).toList();
    }
}
