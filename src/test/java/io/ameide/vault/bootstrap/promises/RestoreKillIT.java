package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.Ann;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A restore of a lost cluster's snapshot into another one is killed (SIGKILL) at one request after the other. Ticks that
 * know nothing of it go on from there, with whichever shares the server then wants. The build tries the places that hurt
 * most; the profile {@code kill-test} tries every one.
 */
class RestoreKillIT {

    private static final String ENGINE = "team";
    private static final String FORCED = "/v1/sys/storage/raft/snapshot-force";
    private static final String LOST_VALUE = "of the lost one";
    private static final String NEW_VALUE = "of the new one";
    private static final int TICKS_TO_CONVERGE = 3;

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
        Files.writeString(kept.resolve("desired-state.yaml"), DesiredStates.withAnn(ENGINE));
        ofTheLost = PackagedApplication.in(kept, LOST.address());
        converge(ofTheLost);
        new Ann(LOST::send, ENGINE).write(LOST_VALUE);
        assertThat(ofTheLost.run("snapshot", "take").exit()).isZero();
        archive = kept.resolve("snapshots").resolve(newest(ofTheLost));
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

        private final RealServer server = RealServer.empty().start();
        private final LoopbackProxy proxy = LoopbackProxy.to(server.address());
        private final Ann ann = new Ann(server::send, ENGINE);
        private final PackagedApplication application;
        private final String name;

        Fresh() throws IOException {
            Path own = Files.createTempDirectory(folder, "fresh-");
            Files.writeString(own.resolve("desired-state.yaml"), DesiredStates.withAnn(ENGINE));
            application = PackagedApplication.in(own, proxy.address());
            converge(application);
            ann.write(NEW_VALUE);
            name = status("cluster_name");
        }

        String status(String field) {
            return server.send("GET", "sys/seal-status", "", Optional.empty())
                    .body()
                    .path(field)
                    .asText();
        }

        Running startRestore() {
            return application.start(
                    "snapshot",
                    "restore",
                    archive.toString(),
                    "--force",
                    "--custody",
                    ofTheLost.custodyFile().toString(),
                    "--confirm",
                    name);
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
            assertThat(struck.get() || place.poll())
                    .as("only polls come less often than they did")
                    .isTrue();
            return struck.get();
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
            cluster.proxy.reset();
            Result undisturbed = cluster.startRestore().await();
            assertThat(undisturbed.exit())
                    .as(undisturbed.stdout() + undisturbed.stderr())
                    .isZero();
            places = Strike.at(cluster.proxy.exchanges());
        }
        return Strikes.chosen(places, RestoreKillIT::sample).stream()
                .map(place -> DynamicTest.dynamicTest(place.toString(), () -> killedAt(place)));
    }

    /** The worst: the server has the data of another cluster, and nobody has noted that its shares are others now. */
    private static List<Strike> sample(List<Strike> places) {
        return List.of(
                Strikes.first(places, FORCED, Point.BEFORE_SENT),
                Strikes.first(places, FORCED, Point.AFTER_RECEIVED),
                Strikes.first(places, "/v1/sys/unseal", Point.AFTER_RECEIVED));
    }

    private static void killedAt(Strike place) throws IOException {
        try (Fresh cluster = new Fresh()) {
            String before = newest(cluster.application);
            if (!cluster.restoreKilledAt(place)) {
                notReached++;
                return;
            }
            boolean sent = cluster.sent(place);
            cluster.proxy.reset();

            convergeAtLast(cluster.application);

            if (sent) {
                restored++;
            } else {
                untouched++;
                assertThat(cluster.ann.read()).isEqualTo(NEW_VALUE);
                Result again = cluster.startRestore().await();
                assertThat(again.exit()).as(again.stdout() + again.stderr()).isZero();
            }
            assertThat(cluster.ann.read()).isEqualTo(LOST_VALUE);
            assertThat(cluster.status("cluster_id"))
                    .isEqualTo(LOST.send("GET", "sys/seal-status", "", Optional.empty())
                            .body()
                            .path("cluster_id")
                            .asText());
            Path snapshots = cluster.application.folder().resolve("snapshots");
            assertThat(snapshots.resolve(before)).as("what was taken earlier").exists();
            custodyOpensIt(cluster);
        }
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

    private static void convergeAtLast(PackagedApplication application) {
        Result last = application.run("run");
        for (int tick = 2; tick <= TICKS_TO_CONVERGE && last.exit() != 0; tick++) {
            last = application.run("run");
        }
        assertThat(last.exit()).as(last.stdout() + last.stderr()).isZero();
    }

    private static void converge(PackagedApplication application) {
        Result tick = application.run("run");
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
    }

    private static String newest(PackagedApplication application) {
        return application
                .run("snapshot", "list", "--output", "json")
                .json()
                .at("/targets/0/snapshots/0/archive")
                .asText();
    }
}
