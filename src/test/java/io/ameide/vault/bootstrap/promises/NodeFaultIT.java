package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.RealServer.Answer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Nodes of a cluster in use die, freeze and come back empty. After each the cluster has converged again. */
class NodeFaultIT {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    private static FaultScene scene;

    @BeforeAll
    static void converge() {
        scene = FaultScene.of(API, HostedCluster.start(API, RaftCluster.of(3).withRelays(), folder));
        scene.converge();
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @AfterEach
    void holdsAgain() {
        scene.holds();
    }

    @Test
    void restartedNodeIsUnsealedByTheNextTick() {
        scene.nodes().node(scene.nodes().awaitLeader()).restart();

        Result healed = scene.tick();

        assertThat(healed.exit()).as(healed.stdout()).isZero();
        assertThat(healed.step("unseal").path("changes")).hasSize(1);
    }

    @Test
    void deadNodeIsWaitedForAndNamedWhileTheOthersServe() {
        int dead = scene.follower();
        scene.nodes().node(dead).kill();

        Result without = scene.tick();

        assertThat(without.exit()).as(without.stdout()).isEqualTo(5);
        assertThat(reasons(without, "discover"))
                .contains("nothing listens at " + scene.nodes().address(dead), "is the node up");
        assertThat(without.step("discover").path("durationMillis").asInt()).isBetween(3000, 10_000);
        assertThat(without.step("seed").path("outcome").asText()).isEqualTo("unchanged");
        scene.nodes().node(dead).restart();
        scene.converge();
    }

    @Test
    void deadLeaderIsSucceededWithinATick() {
        int dead = scene.nodes().awaitLeader();
        scene.nodes().node(dead).kill();

        Result without = scene.tick();

        assertThat(without.exit()).as(without.stdout()).isEqualTo(5);
        assertThat(reasons(without, "discover"))
                .contains("nothing listens at " + scene.nodes().address(dead));
        assertThat(without.step("seed").path("outcome").asText()).isEqualTo("unchanged");
        scene.nodes().node(dead).restart();
        scene.converge();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void frozenNodeIsWaitedForOnceAndNamed(boolean leads) {
        int frozen = leads ? scene.nodes().awaitLeader() : scene.follower();
        scene.nodes().node(frozen).pause();
        try {
            Result without = scene.tick();

            assertThat(without.exit()).as(without.stdout()).isEqualTo(5);
            assertThat(reasons(without, "discover"))
                    .contains("no answer from " + scene.nodes().address(frozen), "does a firewall or network policy");
            assertThat(without.step("seed").path("outcome").asText()).isEqualTo("unchanged");
        } finally {
            scene.nodes().node(frozen).resume();
        }
        scene.converge();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nodeThatIsCutOffFromItsPeersHarmsNothing(boolean leads) {
        int lonely = leads ? scene.nodes().awaitLeader() : scene.follower();
        scene.nodes().partition(lonely);
        try {
            // Not before it is cut off in that direction too: a leader that reaches the others goes on leading.
            scene.nodes()
                    .await(
                            "another one leads",
                            () -> !leads
                                    || scene.nodes().health(lonely) != 200
                                            && scene.health().contains(200));
            long heard = committed(lonely);
            Result tick = scene.application()
                    .with("BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "5s")
                    .run("run", "--output", "json");

            assertThat(tick.exit()).as(tick.stdout()).isIn(0, 5);
            assertThat(tick.step("join").path("changes")).as(tick.stdout()).isEmpty();
            assertThat(tick.step("seed").path("outcome").asText()).isEqualTo("unchanged");
            assertThat(committed(lonely)).as("has heard nothing of that").isEqualTo(heard);
            assertThat(committed(scene.nodes().awaitLeader())).isGreaterThan(heard);
        } finally {
            scene.nodes().reunite(lonely);
        }
        scene.converge();
    }

    /** How far a node knows the log; a login is an entry of it. */
    private static long committed(int node) {
        return scene.nodes()
                .call(node, "GET", "sys/leader", "", Optional.empty())
                .body()
                .path("raft_committed_index")
                .asLong();
    }

    @Test
    void nodesThatDoNotReachEachOtherAreWaitedFor() {
        IntStream.range(0, 3).forEach(scene.nodes()::partition);
        try {
            scene.nodes().await("nobody leads", () -> !scene.health().contains(200));
            Result without = scene.application()
                    .with("BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "3s")
                    .run("run", "--output", "json");

            assertThat(without.exit()).as(without.stdout()).isEqualTo(5);
            assertThat(reasons(without, "unseal"))
                    .contains("no node serves, though 3 of 3 are unsealed: a leader needs more than half");
        } finally {
            IntStream.range(0, 3).forEach(scene.nodes()::reunite);
        }
        scene.converge();
    }

    @Test
    void nodeThatComesBackEmptyJoinsAgain() {
        scene.nodes().node(scene.follower()).wipe();

        Result joined = scene.tick();

        assertThat(joined.exit()).as(joined.stdout()).isZero();
        assertThat(joined.step("join").path("changes")).hasSize(2);
        assertThat(voters()).hasSize(3);
    }

    @Test
    void anotherPeerAtTheSameAddressTakesThePlaceOfTheFormerOne() {
        int replaced = scene.follower();
        String name = "vault-%d-anew".formatted(replaced);
        scene.nodes().replaceWithNewPeer(replaced, name);

        Result joined = scene.tick();

        assertThat(joined.exit()).as(joined.stdout()).isZero();
        assertThat(voters()).hasSize(3).contains(name);
    }

    @Test
    void lostMajorityIsSaidAndComesBack() {
        int last = scene.nodes().awaitLeader();
        List<Integer> lost =
                IntStream.range(0, 3).filter(node -> node != last).boxed().toList();
        lost.forEach(node -> scene.nodes().node(node).kill());

        Result without = scene.application()
                .with("BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "10s")
                .run("run", "--output", "json");

        assertThat(without.exit()).as(without.stdout()).isEqualTo(5);
        assertThat(reasons(without, "unseal"))
                .contains("no node serves that answers, though 1 of 3 are unsealed", "too few are left for a majority");
        lost.forEach(node -> scene.nodes().node(node).restart());
        scene.converge();
    }

    /** A peer that nobody takes off counts for the majority for ever, though no tick can tell whether it comes back. */
    @Test
    void peerWhosePodIsGoneForGoodIsNamedWithTheWayOut() {
        try (FaultScene four = FaultScene.of(API, HostedCluster.start(API, RaftCluster.of(4), folder))) {
            String namespace = four.hosted().namespace();
            API.removePod(namespace, "vault-3");
            four.converge();
            int gone = IntStream.range(0, 3)
                    .filter(node -> node != four.nodes().awaitLeader())
                    .findFirst()
                    .orElseThrow();
            four.nodes().node(gone).kill();
            API.removePod(namespace, "vault-" + gone);
            API.pod(namespace, "vault-3", Optional.of(four.nodes().address(3).getHost()), "Running");

            Result joined = four.tick();
            assertThat(joined.step("join").path("changes")).as(joined.stdout()).hasSize(2);
            String wayOut = "take it off with operator raft remove-peer vault-" + gone;
            four.nodes()
                    .await(
                            "the leader misses the peer",
                            () -> reasons(four.tick(), "quorum").contains(wayOut));

            Result named = four.tick();
            assertThat(named.exit()).as(named.stdout()).isEqualTo(5);
            assertThat(reasons(named, "quorum")).contains("is not healthy", "if it is gone for good", wayOut);

            Answer removed = four.hosted()
                    .asRoot(root -> four.nodes()
                            .call(
                                    four.nodes().awaitLeader(),
                                    "POST",
                                    "sys/storage/raft/remove-peer",
                                    "{\"server_id\": \"vault-%d\"}".formatted(gone),
                                    Optional.of(root)));
            assertThat(removed.status()).isEqualTo(204);
            assertThat(four.converge().step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
        }
    }

    private static List<String> voters() {
        return scene.hosted().asRoot(scene.nodes()::voters);
    }

    private static String reasons(Result result, String step) {
        return result.step(step).path("waitingFor").toString();
    }
}
