package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.Ann;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import static io.ameide.vault.bootstrap.testing.RestoreStage.ENGINE;
import static io.ameide.vault.bootstrap.testing.RestoreStage.application;
import static io.ameide.vault.bootstrap.testing.RestoreStage.becomeTheLostOne;
import static io.ameide.vault.bootstrap.testing.RestoreStage.converge;
import static io.ameide.vault.bootstrap.testing.RestoreStage.snapshots;
import static io.ameide.vault.bootstrap.testing.RestoreStage.status;
import static io.ameide.vault.bootstrap.testing.RestoreStage.take;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A restore of a lost cluster's snapshot into another one is killed (SIGKILL) at one request after the other. Ticks that
 * know nothing of it go on from there, with whichever shares the server then wants. The build tries the places that hurt
 * most; the profile {@code kill-test} tries every one.
 */
class RestoreKillIT {

    private static final String FORCED = "/v1/sys/storage/raft/snapshot-force";
    /** Asked until the server seals itself, which it may have done before it is asked. */
    private static final String WHILE_RESTORED = "/v1/auth/token/lookup-self";

    private static final String LOST_VALUE = "of the lost one";
    private static final String NEW_VALUE = "of the new one";
    /** What a server does with a snapshot that it was given, it does after it has answered. */
    private static final Duration RESTORE_LIMIT = Duration.ofSeconds(30);

    private static int restored;
    private static int untouched;
    private static int notReached;

    @RegisterExtension
    static final RealServer LOST = RealServer.empty();

    @TempDir
    static Path folder;

    private static PackagedApplication ofTheLost;
    private static Path archive;

    @BeforeAll
    static void lose() throws IOException {
        Path kept = Files.createDirectory(folder.resolve("lost"));
        ofTheLost = application(kept, List.of(LOST.address()));
        converge(ofTheLost);
        new Ann(LOST::send, ENGINE).write(LOST_VALUE);
        archive = kept.resolve("snapshots").resolve(take(ofTheLost));
    }

    @AfterAll
    static void tell() {
        System.out.printf(
                "restore killed at %d places: %d times the next ticks had what was restored, %d times what was there"
                        + " before, and the restore was done again; %d polls that were not needed%n",
                restored + untouched + notReached, restored, untouched, notReached);
    }

    /** A cluster of one node that is to become the lost one. */
    private static final class Fresh implements AutoCloseable {

        private final RealServer server = RealServer.empty();
        private final LoopbackProxy proxy;
        private final Ann ann = new Ann(server::send, ENGINE);
        private final PackagedApplication application;

        Fresh() throws IOException {
            proxy = LoopbackProxy.to(server.start().address());
            application = application(Files.createTempDirectory(folder, "fresh-"), List.of(proxy.address()));
        }

        /** @return the one snapshot that it takes */
        String begin() {
            converge(application);
            ann.write(NEW_VALUE);
            return snapshots(application).getFirst();
        }

        Running startRestore() {
            return application.start(becomeTheLostOne(
                    archive,
                    ofTheLost.custodyFile(),
                    status(server).path("cluster_name").asText()));
        }

        /** @return whether the process came to the place at all */
        boolean restoreKilledAt(Strike place) {
            proxy.reset();
            var running = new CompletableFuture<Running>();
            var struck = new AtomicBoolean();
            proxy.on(place.point(), exchange -> !struck.get() && place.hits(exchange, proxy.exchanges()), exchange -> {
                struck.set(true);
                running.join().kill();
                running.join().await();
                return Verdict.DROP_ALL;
            });
            running.complete(startRestore());
            Result end = running.join().await();
            // After the last answer of all it may be faster than the signal.
            assertThat(end.exit()).as(end.stdout() + end.stderr()).isIn(137, 0);
            assertThat(struck.get() || place.poll() || place.at(WHILE_RESTORED))
                    .as("only polls come less often than they did")
                    .isTrue();
            return struck.get();
        }

        /** With the shares of the lost one it is sealed, since it cannot open itself. */
        void awaitRestored() {
            assertThat(Waiter.REAL.until(
                            () -> Optional.of(status(server))
                                    .filter(seal -> seal.path("sealed").asBoolean() || ofTheLost(seal)),
                            Duration.ofMillis(100),
                            RESTORE_LIMIT))
                    .as("a server that works from the snapshot")
                    .isPresent();
        }

        /** Whether the server was given the snapshot, as far as anybody saw. */
        boolean sent(Strike place) {
            boolean held = place.at(FORCED) && place.point() == Point.BEFORE_SENT;
            return !held && proxy.exchanges().stream().map(Exchange::path).anyMatch(FORCED::equals);
        }

        @Override
        public void close() {
            try (server) {
                proxy.close();
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> ticksGoOnFromAKilledRestore() throws IOException {
        List<Strike> places;
        try (Fresh cluster = new Fresh()) {
            cluster.begin();
            cluster.proxy.reset();
            Result undisturbed = cluster.startRestore().await();
            assertThat(undisturbed.exit())
                    .as(undisturbed.stdout() + undisturbed.stderr())
                    .isZero();
            places = Strike.at(cluster.proxy.exchanges());
        }
        return Strikes.chosen(places, RestoreKillIT::sample).stream()
                .map(place -> DynamicTest.dynamicTest(place.toString(), () -> {
                    try {
                        killedAt(place);
                    } catch (AssertionError e) { // A report of the build tells only the number of such a test.
                        throw new AssertionError(place + ": " + e.getMessage(), e);
                    }
                }));
    }

    /** Of the last two the server has the data of another cluster, and custody goes by its own shares. */
    private static List<Strike> sample(List<Strike> places) {
        return List.of(
                Strikes.first(places, FORCED, Point.BEFORE_SENT),
                Strikes.first(places, FORCED, Point.AFTER_RECEIVED),
                Strikes.first(places, "/v1/sys/unseal", Point.AFTER_RECEIVED));
    }

    private static void killedAt(Strike place) throws IOException {
        try (Fresh cluster = new Fresh()) {
            String before = cluster.begin();
            if (!cluster.restoreKilledAt(place)) {
                notReached++;
                return;
            }
            boolean sent = cluster.sent(place);
            cluster.proxy.reset();
            if (sent) {
                cluster.awaitRestored();
            }

            converge(cluster.application);

            if (!sent) {
                assertThat(cluster.ann.read()).isEqualTo(NEW_VALUE);
                Result again = cluster.startRestore().await();
                assertThat(again.exit()).as(again.stdout() + again.stderr()).isZero();
                converge(cluster.application);
            }
            assertThat(cluster.ann.read()).isEqualTo(LOST_VALUE);
            assertThat(ofTheLost(status(cluster.server))).isTrue();
            assertThat(converge(cluster.application)
                            .json()
                            .path("requests")
                            .path("writes")
                            .asInt())
                    .as("the policy is as narrow as it was, and nothing else is left to do")
                    .isZero();
            assertThat(snapshots(cluster.application))
                    .as("what was taken earlier")
                    .contains(before);
            custodyOpensIt(cluster);
            if (sent) {
                restored++;
            } else {
                untouched++;
            }
        }
    }

    private static boolean ofTheLost(JsonNode sealStatus) {
        return sealStatus.path("cluster_id").equals(status(LOST).path("cluster_id"));
    }

    private static void custodyOpensIt(Fresh cluster) {
        cluster.server.restart();
        assertThat(cluster.server.health()).as("sealed").isEqualTo(503);
        converge(cluster.application);
        assertThat(new Custodian(cluster.application.folder().resolve("custody"), cluster.server.address())
                        .material()
                        .rootToken())
                .as("root token in custody")
                .isEmpty();
    }
}
