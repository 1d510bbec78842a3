package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class VaultNodeTest {

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    private final RequestCounter counter = new RequestCounter();
    private final VaultNode node = Nodes.at(SERVER.address(), counter);

    @ParameterizedTest
    @CsvSource({
        "200, ACTIVE",
        "429, STANDBY",
        "472, DR_SECONDARY",
        "473, PERFORMANCE_STANDBY",
        "474, STANDBY",
        "501, NOT_INITIALIZED",
        "503, SEALED",
        "530, REMOVED"
    })
    void healthTellsTheRole(int status, NodeRole role) {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> new Verdict.Answer(status, health(status)));

            assertThat(Nodes.at(proxy.address()).role()).isEqualTo(role);
        }
    }

    private static String health(int status) {
        return "{\"initialized\": %b, \"sealed\": %b, \"standby\": %b}"
                .formatted(status != 501, status == 501 || status == 503, status != 200);
    }

    @Test
    void healthOfAnyOtherStatusIsNoRole() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> new Verdict.Answer(418, health(418)));

            assertThatExceptionOfType(NodeException.Unreachable.class)
                    .isThrownBy(() -> Nodes.at(proxy.address()).role())
                    .withMessageContaining("418");
        }
    }

    @Test
    void realNodeTellsItsState() {
        SealStatus status = node.sealStatus();

        assertThat(status.initialized()).isTrue();
        assertThat(status.sealed()).isFalse();
        assertThat(status.type()).isEqualTo("shamir");
        assertThat(status.storage()).isEqualTo("raft");
        assertThat(status.clusterId()).isPresent();
        assertThat(node.role()).isEqualTo(NodeRole.ACTIVE);
        assertThat(node.leader().self()).isTrue();
        assertThat(node.leader().committedIndex()).isPositive();
    }

    @Test
    void requestsAreCountedByWhatTheyDo() {
        VaultSession root = node.session(SERVER.rootToken());
        root.read("sys/mounts");
        root.list("sys/policies/acl");
        root.write("sys/policies/acl/counted", Map.of("policy", "path \"x\" {}"));
        root.delete("sys/policies/acl/counted");
        node.session(Sensitive.of(SERVER.write("auth/token/create", "{}")
                        .at("/auth/client_token")
                        .asText()))
                .revoke();

        assertThat(counter.count()).isEqualTo(new RequestCount(2, 2, 1));
    }

    @Test
    void requestThatNobodyAnswersIsCountedToo() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> Verdict.DROP);
            VaultNode unreachable = Nodes.at(proxy.address(), counter);

            assertThatExceptionOfType(NodeException.Unreachable.class).isThrownBy(unreachable::sealStatus);
        }

        assertThat(counter.count()).isEqualTo(new RequestCount(1, 0, 0));
    }

    @Test
    void deadTokenIsNeitherAliveNorRevokedTwice() {
        VaultSession session = node.session(Sensitive.of(
                SERVER.write("auth/token/create", "{}").at("/auth/client_token").asText()));
        assertThat(session.alive()).isTrue();

        session.revoke();
        session.revoke();

        assertThat(session.alive()).isFalse();
    }

    @Test
    void livingTokenWithoutAPolicyIsNotTakenForADeadOne() {
        Sensitive token = Sensitive.of(
                SERVER.write("auth/token/create", "{\"policies\": [\"gone\"], \"no_default_policy\": true}")
                        .at("/auth/client_token")
                        .asText());
        VaultSession session = node.session(new Login(token, List.of("gone"), Duration.ofMinutes(10)));

        assertThatExceptionOfType(NodeException.Denied.class)
                .isThrownBy(session::revoke)
                .withMessageStartingWith("the token could not be given back, and lives 600 s at most")
                .withMessageContaining("auth/token/revoke-self");
        SERVER.write("auth/token/revoke", "{\"token\": \"" + token.reveal() + "\"}");
        session.revoke();
    }

    @Test
    void nodeThatFellSilentDoesNotHideOneThatServes() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            Cluster cluster = new Cluster(List.of(Nodes.at(proxy.address()), node), Waiter.REAL);
            assertThat(cluster.look()).isEmpty();
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> Verdict.DROP);

            assertThat(cluster.awaitActive(Duration.ofSeconds(10))).contains(node);
        }
    }

    @Test
    void frozenNodesAreAskedAtTheSameTime() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            CountDownLatch everyNodeAsked = new CountDownLatch(3);
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> {
                everyNodeAsked.countDown();
                return everyNodeAsked.await(5, TimeUnit.SECONDS) ? Verdict.PROCEED : Verdict.DROP;
            });
            Cluster cluster = new Cluster(
                    List.of(Nodes.at(proxy.address()), Nodes.at(proxy.address()), Nodes.at(proxy.address())),
                    Waiter.REAL);

            assertThat(cluster.look()).isEmpty();
            assertThat(cluster.answering()).containsExactlyElementsOf(cluster.nodes());
        }
    }

    @Test
    void nodeThatLeftTwoRequestsWithoutAnAnswerIsNotAskedAgain() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            CountDownLatch end = new CountDownLatch(1);
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> {
                end.await();
                return Verdict.DROP;
            });
            Transport impatient = new Transport(TlsSettings.PLATFORM, Duration.ofSeconds(2), Duration.ofMillis(300));
            VaultSession session = VaultNode.at(List.of(new NodeAddress(proxy.address())), impatient, counter)
                    .getFirst()
                    .session(SERVER.rootToken());

            for (int request = 0; request < 4; request++) {
                assertThatExceptionOfType(NodeException.Unreachable.class)
                        .isThrownBy(() -> session.read("sys/mounts"))
                        .withMessageContaining(request < 2 ? "in time" : "is not asked again");
            }
            assertThatExceptionOfType(NodeException.Unreachable.class)
                    .isThrownBy(session::snapshot)
                    .withMessageContaining("is not asked again");

            assertThat(counter.count().reads()).isEqualTo(2);
            end.countDown();
        }
    }

    @Test
    void standbyThatDoesNotReachTheActiveNodeIsWaitedFor() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            AtomicInteger asked = new AtomicInteger();
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/sys/health"),
                    exchange -> asked.incrementAndGet() > 2 ? Verdict.PROCEED : new Verdict.Answer(474, health(474)));
            Cluster cluster = new Cluster(List.of(Nodes.at(proxy.address())), Waiter.REAL);
            cluster.look();

            assertThat(cluster.awaitActive(Duration.ofSeconds(10))).isPresent();
        }
    }

    @Test
    void nodesThatAllFellSilentAreNotWaitedFor() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            Cluster cluster = new Cluster(List.of(Nodes.at(proxy.address())), pause -> {
                throw new AssertionError("waited");
            });
            cluster.look();
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> Verdict.DROP);

            assertThatExceptionOfType(NodeException.Unreachable.class)
                    .isThrownBy(() -> cluster.awaitActive(Duration.ofSeconds(10)));
            assertThat(cluster.active()).isEqualTo(Optional.empty());
        }
    }
}
