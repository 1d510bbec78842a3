package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The leader dies during each step of a tick, and comes back sealed. The ticks after it converge. */
class LeaderFaultIT {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    /** The first request of each step that is made with a token, as the leader's audit device tells; else what it left. */
    enum Moment {
        INITIALIZE((scene, leader) -> scene.nodes().health(leader) == 503),
        UNSEAL((scene, leader) -> scene.nodes().health(leader) == 200),
        JOIN((scene, leader) -> scene.health().contains(429)),
        SIGN_IN("sys/policies/acl/vault-bootstrap"),
        CONFIGURE("sys/mounts\""),
        SEED("secret/"),
        SNAPSHOT("sys/storage/raft/snapshot"),
        QUORUM("sys/storage/raft/autopilot/state");

        private final BiPredicate<FaultScene, Integer> come;

        /** Whether it shows in an audit device alone. */
        private final boolean audited;

        Moment(BiPredicate<FaultScene, Integer> come) {
            this.come = come;
            this.audited = false;
        }

        Moment(String path) {
            this.come = (scene, leader) -> scene.asked(leader, path);
            this.audited = true;
        }
    }

    static Stream<Moment> moments() {
        return Strikes.sampled() ? Stream.of(Moment.JOIN, Moment.SIGN_IN, Moment.SEED) : Stream.of(Moment.values());
    }

    @ParameterizedTest
    @MethodSource("moments")
    void leaderOfANewClusterMayDieDuringEveryStep(Moment moment) {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            assumeTrue(!moment.audited || scene.audited(), "needs a server that declares its audit device");
            Running tick = scene.start();
            // Nodes are listed by name, and the first is the one that is initialized.
            FaultScene.await(moment + " or the end", () -> !tick.alive() || moment.come.test(scene, 0));
            assertThat(tick.alive()).as("the tick is still at work").isTrue();
            scene.nodes().node(0).kill();
            Result first = tick.await();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isIn(0, 3, 5);
            scene.nodes().node(0).restart();
            if (moment == Moment.INITIALIZE && scene.tick().exit() == 4) {
                wipeWhatAnInitLeftHalfMade(scene);
            }
            scene.converge();
            // Of a cluster that has lost its majority with its first leader, nobody takes a token back.
            scene.holds(1);
        }
    }

    /** The server itself cannot go on from there, and a tick wipes nothing. */
    private static void wipeWhatAnInitLeftHalfMade(FaultScene scene) {
        assertThat(scene.tick().step("initialize").toString())
                .contains("cluster already has state", "wipe it, restart the node, and run again");
        scene.nodes().node(0).wipe();
    }

    @Test
    void tokenOfATickWhoseLeaderDiedIsGivenBackToTheNext() throws IOException {
        try (FaultScene scene = FaultScene.converged(API, folder)) {
            assumeTrue(scene.audited(), "needs a server that declares its audit device");
            StringBuilder policies = new StringBuilder("policies:\n");
            for (int policy = 0; policy < 40; policy++) {
                policies.append("  - { name: more-%d, rules: 'path \"a/%d\" { capabilities = [\"read\"] }' }\n"
                        .formatted(policy, policy));
            }
            Path desired = scene.hosted().folder().resolve("desired-state.yaml");
            Files.writeString(
                    desired, Files.readString(desired).replace("policies:\n", policies), StandardOpenOption.WRITE);
            int leader = scene.nodes().awaitLeader();
            Running tick = scene.start();
            FaultScene.await(
                    "policies are written", () -> !tick.alive() || scene.asked(leader, "sys/policies/acl/more-5\""));
            scene.nodes().node(leader).kill();
            Result struck = tick.await();

            assertThat(struck.exit()).as(struck.stdout()).isEqualTo(5);
            assertThat(struck.step("sign out").path("outcome").asText()).isEqualTo("unchanged");
            scene.nodes().node(leader).restart();
            // Which includes that no token is left.
            scene.convergesAndHolds();
        }
    }
}
