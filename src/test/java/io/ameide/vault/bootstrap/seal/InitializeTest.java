package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.CriticalSection;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Which nodes have to be there before a cluster is made, on a real node that is empty: one that is away may hold it. */
class InitializeTest {

    private static final NodeAddress ELSEWHERE = NodeAddress.parse("http://10.0.0.1:8200");

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private KeyStore custody;
    private NodeAddress here;

    @BeforeEach
    void custody() {
        custody = new FileKeyStore(folder.resolve("custody"));
        here = new NodeAddress(server.address());
    }

    @Test
    void nodeThatATryBeforeAskedIsAwaitedThoughAllThatAnswerAreEmpty() {
        Stored before = tryThatDied(ELSEWHERE);

        assertAwaited(initialize(here, List.of()), ELSEWHERE.toString());
        assertThat(custody.read()).isEqualTo(before);

        custody.delete(before.version());
        assertThat(initialize(here, List.of())).isInstanceOf(Outcome.Changed.class);
    }

    @Test
    void nodeThatATryBeforeAskedIsAskedAgain() {
        tryThatDied(here);

        assertThat(initialize(here, List.of())).isInstanceOf(Outcome.Changed.class);
    }

    @Test
    void podThatATryBeforeAskedIsAskedAgainAtAnotherAddress() {
        tryThatDied(ELSEWHERE.ofPod("vault-0"));

        assertThat(initialize(here.ofPod("vault-0"), List.of())).isInstanceOf(Outcome.Changed.class);
        assertThat(custody.read().material())
                .hasValueSatisfying(keys -> assertThat(keys.pod()).contains("vault-0"));
    }

    @Test
    void anotherPodThatHasGotTheAddressIsNotTheOneThatWasAsked() {
        tryThatDied(here.ofPod("vault-0"));

        assertAwaited(initialize(here.ofPod("vault-1"), List.of()), here + " (Pod vault-0)");
    }

    @Test
    void nodeThatLeavesIsAwaitedUntilThereIsACluster() {
        List<String> leaving = List.of("Pod vault/vault-0 is terminating");

        Outcome waiting = initialize(here, leaving);

        assertThat(waiting)
                .isInstanceOfSatisfying(
                        Outcome.Waiting.class,
                        outcome -> assertThat(outcome.reasons())
                                .contains("no node that answers is initialized; all of them have to answer first")
                                .last()
                                .asString()
                                .contains("Pod vault/vault-0 is terminating"));
        assertThat(server.health()).isEqualTo(501);

        server.initialize(1, 1);
        assertThat(discover(cluster(), here, leaving)).isInstanceOf(Outcome.Unchanged.class);
    }

    private void assertAwaited(Outcome outcome, String node) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Waiting.class,
                        waiting -> assertThat(waiting.reasons())
                                .singleElement()
                                .asString()
                                .contains(
                                        "the marker of the try on " + node + " by ",
                                        "that node is not among those that answer",
                                        "take the marker away and run again: " + custody.removal()));
        assertThat(server.health()).isEqualTo(501);
    }

    private Stored tryThatDied(NodeAddress asked) {
        custody.write(
                KeyMaterial.marker(
                        KeyMaterial.ShareKind.UNSEAL,
                        1,
                        1,
                        asked,
                        Instant.EPOCH,
                        Whereabouts.current(),
                        new SecureRandom()),
                Stored.ABSENT);
        return custody.read();
    }

    private Outcome initialize(NodeAddress node, List<String> leaving) {
        Cluster cluster = cluster();
        discover(cluster, node, leaving);
        return new Initialize(
                        cluster,
                        custody,
                        new ShareSettings(1, 1, List.of()),
                        new CriticalSection(),
                        Clock.systemUTC(),
                        Waiter.REAL)
                .run(Mode.APPLY);
    }

    private static Outcome discover(Cluster cluster, NodeAddress node, List<String> leaving) {
        return new Discover(
                        cluster,
                        () -> new NodeDirectory.Listing(List.of(node), List.of(), leaving),
                        Waiter.REAL,
                        Duration.ZERO)
                .run(Mode.APPLY);
    }

    private static Cluster cluster() {
        return new Cluster(addresses -> VaultNode.at(addresses, Nodes.TRANSPORT, new RequestCounter()), Waiter.REAL);
    }
}
