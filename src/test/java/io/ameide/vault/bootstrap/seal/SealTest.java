package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.cli.ExitCode;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.Initialization;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.NodeRole;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.TlsSettings;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Initializing and unsealing a real node, and what may be the matter with its shares. */
class SealTest {

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private InProcessTick tick;

    @BeforeEach
    void fiveSharesOfWhichThreeOpen() {
        tick = InProcessTick.in(folder, server.address()).with(new ShareSettings(5, 3, List.of()));
    }

    @Test
    void emptyServerIsInitializedAndOpenedWithSharesThatCustodyHolds() {
        Result first = tick.run();

        assertThat(first.changes("initialize"))
                .singleElement()
                .satisfies(change -> assertThat(change).contains("initialize with 5 shares, threshold 3"));
        assertThat(first.converged()).as(first.toString()).isTrue();
        assertThat(tick.material().shares()).hasSize(5).doesNotHaveDuplicates();
        assertThat(tick.material().rootToken()).isEmpty();
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void planOfAnEmptyServerWritesNothing() {
        Result plan = tick.run(Mode.PLAN);

        assertThat(plan.changes("initialize")).hasSize(1);
        assertThat(plan.report().requests().writes()).isZero();
        assertThat(server.health()).isEqualTo(501);
        assertThat(tick.custody().read()).isEqualTo(new Stored(Optional.empty(), Stored.ABSENT));
    }

    @Test
    void nodeThatWasRestartedIsOpenedAgain() {
        tick.run();
        server.restart();

        Result again = tick.run();

        assertThat(again.converged()).as(again.toString()).isTrue();
        assertThat(again.changes("unseal")).containsExactly("node " + server.address() + ": unseal");
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void rightShareThatSomebodyGaveBeforeDoesNoHarm() {
        tick.run();
        server.restart();
        node().unseal(tick.material().shares().get(1));

        assertThat(tick.run().converged()).isTrue();
    }

    @Test
    void wrongShareThatSomebodyGaveBeforeIsForgotten() {
        tick.run();
        server.restart();
        node().unseal(wrong(tick.material().shares().get(4)));

        Result again = tick.run();

        assertThat(again.converged()).as(again.toString()).isTrue();
    }

    @Test
    void sharesOfAnotherClusterAreBlocked() {
        tick.run();
        server.restart();
        tick.custody()
                .update(keys ->
                        shares(keys, keys.shares().stream().map(SealTest::wrong).toList()));

        Result again = tick.run();

        assertThat(again.problems("unseal")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(problem.message()).contains("do not open " + server.address());
        });
        assertThat(again.outcome("sign in")).isInstanceOf(Outcome.Skipped.class);
        assertThat(node().sealStatus().progress()).isZero();
    }

    @Test
    void tooFewSharesAreBlocked() {
        tick.run();
        server.restart();
        tick.custody().update(keys -> shares(keys, keys.shares().subList(0, 2)));

        Result again = tick.run();

        assertThat(again.problems("unseal")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(problem.message()).contains("still sealed after all 2 shares");
        });
    }

    @Test
    void tooFewSharesAreBlockedAlsoWhileNoNodeIsSealed() {
        tick.run();
        tick.custody().update(keys -> shares(keys, keys.shares().subList(0, 2)).withClusterId(clusterId()));

        Result again = tick.run();

        assertThat(again.problems("unseal")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(problem.message()).contains("holds 2 of the 3 shares that it takes");
        });
        assertThat(again.outcome("sign in")).isInstanceOf(Outcome.Unchanged.class);
    }

    private String clusterId() {
        return node().sealStatus().clusterId().orElseThrow();
    }

    @Test
    void custodyThatIsOverwrittenDuringInitLosesNoShare() throws IOException {
        Path file = folder.resolve("custody/keys.json");
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            proxy.on(Point.AFTER_RECEIVED, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> {
                Files.writeString(file, "garbage");
                return Verdict.PROCEED;
            });

            Result first = tick.at(proxy.address()).run();

            assertThat(first.problems("initialize")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
                assertThat(problem.message())
                        .contains("its shares are kept in file " + folder.resolve("custody/keys.kept-"));
            });
        }
        assertThat(file).hasContent("garbage");
        try (Stream<Path> files = Files.list(folder.resolve("custody"))) {
            Path kept = files.filter(path -> path.getFileName().toString().startsWith("keys.kept-"))
                    .findFirst()
                    .orElseThrow();
            Files.move(kept, file, StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(tick.material().shares()).hasSize(5);
        assertThat(tick.run().converged()).isTrue();
    }

    @Test
    void storageThatIsLostIsSaidAfterASecondLookAndNotWhenItComesBack() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            InProcessTick there = tick.at(proxy.address());
            there.custody().write(held(List.of(share()), new NodeAddress(proxy.address())), Stored.ABSENT);
            Stored before = there.custody().read();

            Result lost = there.run();

            assertThat(lost.problems("initialize")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
                assertThat(problem.hint()).startsWith("first look ").contains("start anew");
            });
            assertThat(proxy.exchanges()).hasSize(2);

            proxy.reset();
            proxy.on(Point.BEFORE_SENT, 2, exchange -> new Verdict.Answer(404, "{\"message\": \"no Route matched\"}"));
            Result unsure = there.run();

            assertThat(unsure.exit()).isEqualTo(ExitCode.UNREACHABLE);
            assertThat(unsure.toString()).doesNotContain("start anew");
            assertThat(there.custody().read()).isEqualTo(before);
        }
    }

    private static Sensitive share() {
        return Sensitive.of(Base64.getEncoder().encodeToString(new byte[32]));
    }

    @Test
    void nodeThatItsClusterRemovedIsBlockedAndGivenNoShare() {
        try (RealServer leader = RealServer.unsealed().start();
                RealServer removed =
                        RealServer.empty(Options.DEFAULT.withNodeId("node-2")).start()) {
            assumeTrue(
                    leader.read("sys/seal-status").has("removed_from_cluster"),
                    "a node of this server does not know that it was removed");
            VaultNode node = Nodes.at(removed.address());
            node.join(new NodeAddress(leader.address()));
            leader.shares().forEach(node::unseal);
            await(() -> !node.sealStatus().sealed());
            leader.write("sys/storage/raft/remove-peer", "{\"server_id\": \"node-2\"}");
            await(() -> node.sealStatus().removed());
            assertThat(node.role()).isEqualTo(NodeRole.REMOVED);
            tick = tick.at(removed.address());
            tick.custody().write(held(leader.shares()), Stored.ABSENT);

            Result blocked = tick.run();

            assertThat(blocked.problems("unseal")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
                assertThat(problem.message()).contains(removed.address() + " was removed from its cluster");
            });
            assertThat(blocked.report().requests().writes()).isZero();
        }
    }

    private static void await(Supplier<Boolean> condition) {
        assertThat(Waiter.REAL.until(
                        () -> Optional.of(condition.get()).filter(met -> met),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(30)))
                .isPresent();
    }

    private static KeyMaterial held(List<Sensitive> shares) {
        return held(shares, NodeAddress.parse("http://127.0.0.1"));
    }

    private static KeyMaterial held(List<Sensitive> shares, NodeAddress asked) {
        return KeyMaterial.marker(
                        KeyMaterial.ShareKind.UNSEAL,
                        shares.size(),
                        shares.size(),
                        asked,
                        Instant.EPOCH,
                        Whereabouts.current(),
                        new SecureRandom())
                .initialized(shares, List.of(), Optional.empty());
    }

    @Test
    void custodyOfAnotherClusterIsBlockedBeforeAnythingIsSent() {
        tick.run();
        try (RealServer other = RealServer.unsealed().start();
                LoopbackProxy proxy = LoopbackProxy.to(other.address())) {
            Result elsewhere = tick.at(proxy.address()).run();

            assertThat(elsewhere.problems("unseal")).singleElement().satisfies(problem -> {
                assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
                assertThat(problem.message())
                        .contains("belongs to cluster "
                                + tick.material().clusterId().orElseThrow());
            });
            assertThat(elsewhere.outcome("sign in")).isInstanceOf(Outcome.Skipped.class);
            assertThat(proxy.writes()).isEmpty();
        }
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void serverThatSomebodyElseInitializesAtTheSameMomentIsTheirs() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> {
                server.initialize(1, 1);
                return Verdict.PROCEED;
            });

            Result beaten = tick.at(proxy.address()).run();

            assertThat(beaten.problems("initialize"))
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message()).contains("somebody else initialized it"));
        }
        assertThat(tick.custody().read().material()).as("the marker").isEmpty();

        Result next = tick.run();

        assertThat(next.problems("initialize")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(problem.message()).contains("somebody else initialized it");
        });
    }

    @Test
    void sharesThatTheServerMadeForATryThatDiedAreLostAlsoWhereTheNextTryIsRefused() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            tick = tick.at(proxy.address());
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> Verdict.DROP);
            assertThat(tick.run().problems("initialize")).hasSize(1);
            KeyMaterial marker = tick.material();
            proxy.reset();
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> {
                // What the first asked for, which the server works on until the second has seen that it is empty.
                server.initialize(1, 1);
                return Verdict.PROCEED;
            });

            assertSharesLost(tick.run());
            assertThat(tick.material()).isEqualTo(marker);

            proxy.reset();
            assertSharesLost(tick.run());
            assertThat(tick.material()).isEqualTo(marker);
        }
    }

    private static void assertSharesLost(Result result) {
        assertThat(result.problems("initialize")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(problem.message()).contains("were never stored");
        });
    }

    @Test
    void answerOfInitThatNeverArrivedIsToldAndNothingIsAskedAgain() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            proxy.on(
                    Point.AFTER_RECEIVED, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> Verdict.DROP);
            assertThat(tick.at(proxy.address()).run().problems("initialize")).hasSize(1);
        }

        Result next = tick.run();

        assertSharesLost(next);
        assertThat(next.report().requests().writes()).isZero();
    }

    @Test
    void answerOfInitIsWaitedForWhenOthersWouldBeGivenUp() {
        Duration timeout = Duration.ofMillis(500);
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            proxy.on(Point.AFTER_RECEIVED, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> {
                Thread.sleep(timeout.multipliedBy(3));
                return Verdict.PROCEED;
            });
            VaultNode node = VaultNode.at(
                            List.of(new NodeAddress(proxy.address())),
                            new Transport(TlsSettings.PLATFORM, timeout, timeout),
                            new RequestCounter())
                    .getFirst();

            assertThat(node.initialize(new Initialization.Request(3, 2, List.of(), false))
                            .shares())
                    .hasSize(3);
        }
    }

    @Test
    void peopleWhoHoldTheSharesThemselvesAreWaitedFor() throws PGPException, IOException {
        List<String> names = List.of("alice", "bob", "carol");
        List<PgpHolder> holders = new ArrayList<>();
        List<PgpKey> keys = new ArrayList<>();
        for (String name : names) {
            PgpHolder holder = PgpHolder.named(name);
            Path file = folder.resolve(name + ".asc");
            holders.add(holder);
            keys.add(PgpKey.read(
                    name.equals("bob")
                            ? Files.write(file, holder.binaryKey())
                            : Files.writeString(file, holder.armoredKey())));
        }
        tick = tick.with(new ShareSettings(3, 2, keys));

        Result first = tick.run();

        assertThat(first.outcome("unseal"))
                .isEqualTo(new Outcome.Waiting(
                        server.address() + " needs 2 more of the shares held by alice.asc, bob.asc, carol.asc"));
        KeyMaterial material = tick.material();
        assertThat(material.shares()).isEmpty();
        assertThat(material.escrowed())
                .extracting(EscrowedShare::holder)
                .containsExactly("alice.asc", "bob.asc", "carol.asc");

        node().unseal(share(holders, material, 2));
        assertThat(tick.run().outcome("unseal"))
                .isEqualTo(new Outcome.Waiting(
                        server.address() + " needs 1 more of the shares held by alice.asc, bob.asc, carol.asc"));

        node().unseal(share(holders, material, 1));
        Result opened = tick.run();

        assertThat(opened.converged()).as(opened.toString()).isTrue();
        assertThat(tick.material().rootToken()).isEmpty();
        assertThat(node().session(material.rootToken().orElseThrow()).alive()).isFalse();
        assertThat(tick.run().unchanged()).isTrue();
    }

    private static Sensitive share(List<PgpHolder> holders, KeyMaterial material, int holder)
            throws PGPException, IOException {
        return holders.get(holder).decrypt(material.escrowed().get(holder).ciphertext());
    }

    private VaultNode node() {
        return Nodes.at(server.address());
    }

    /** Of the same form as the right one, so that the server takes it and finds out only at the end. */
    private static Sensitive wrong(Sensitive share) {
        byte[] bytes = Base64.getDecoder().decode(share.reveal());
        bytes[0] ^= 1;
        return Sensitive.of(Base64.getEncoder().encodeToString(bytes));
    }

    private static KeyMaterial shares(KeyMaterial keys, List<Sensitive> shares) {
        return KeyMaterial.marker(
                        keys.kind(),
                        keys.shareCount(),
                        keys.threshold(),
                        NodeAddress.parse(keys.address()),
                        Instant.EPOCH,
                        Whereabouts.current(),
                        new SecureRandom())
                .initialized(shares, List.of(), Optional.empty())
                .withAppRole(keys.appRole());
    }
}
