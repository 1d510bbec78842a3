package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** The API server is away during a first tick, others write what the tick keeps there, and ticks die holding the Lease. */
class ApiServerFaultIT {

    /** Longer than a tick is patient in what it can do without, shorter than it is with shares. */
    private static final Duration OUTAGE = Duration.ofSeconds(8);

    private static final String LABEL = "example.com/team";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    /** How far a first tick has come, by what it leaves behind. */
    enum Moment {
        BEFORE_INIT(scene -> scene.hosted().secret() != null),
        INITIALIZED(scene -> anyNode(scene, 503)),
        UNSEALED(scene -> anyNode(scene, 200)),
        JOINED(scene -> scene.health().stream().filter(state -> state == 429).count() == 2),
        SIGNED_IN("sys/mounts\""),
        SEEDED("secret/data/");

        private final Predicate<FaultScene> come;

        /** Whether it shows in an audit device alone. */
        private final boolean audited;

        Moment(Predicate<FaultScene> come) {
            this.come = come;
            this.audited = false;
        }

        Moment(String path) {
            this.come = scene -> IntStream.range(0, 3).anyMatch(node -> scene.asked(node, path));
            this.audited = true;
        }
    }

    static Stream<Arguments> outages() {
        return Strikes.sampled()
                ? Stream.of(arguments(Moment.INITIALIZED, Outage.REFUSED), arguments(Moment.JOINED, Outage.SILENT))
                : Stream.of(Moment.values())
                        .flatMap(moment -> Stream.of(Outage.values()).map(outage -> arguments(moment, outage)));
    }

    @ParameterizedTest
    @MethodSource("outages")
    void firstTickOutlivesAnOutage(Moment moment, Outage outage) throws InterruptedException {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            assumeTrue(!moment.audited || scene.audited(), "needs a server that declares its audit device");
            Running tick = scene.start();
            FaultScene.await(moment + " or the end", () -> !tick.alive() || moment.come.test(scene));
            assertThat(tick.alive()).as("the tick is still at work").isTrue();
            outage.begin(API);
            try {
                Thread.sleep(OUTAGE);
            } finally {
                outage.end(API);
            }
            Result first = tick.await();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isIn(0, 3, 5);
            if (first.exit() == 3) {
                // A server that cannot have a token reviewed says no more than that.
                assertThat(first.step("sign in").toString()).contains("permission denied");
            } else if (first.exit() != 0) {
                assertThat(first.stdout()).contains("the Lease could not be renewed in time");
            }
            scene.convergesAndHolds();
        }
    }

    /** The worst of moments: the shares exist in this process only, and where they belong nobody answers. */
    @Test
    void sharesThatCannotBeStoredAreKeptUntilTheyCanAlsoByATickThatIsAskedToEnd() throws InterruptedException {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            Running tick = scene.application()
                    .with("BOOTSTRAP_CUSTODY_KUBERNETES_OUTAGE_TIMEOUT", "1s")
                    .start("run", "--output", "json");
            FaultScene.await("init was answered", () -> anyNode(scene, 503));
            API.pause();
            try {
                tick.terminate();
                Thread.sleep(OUTAGE);
                assertThat(tick.alive()).as("still holds the shares").isTrue();
            } finally {
                API.resume();
            }
            Result first = tick.await();

            assertThat(first.exit()).isEqualTo(143);
            assertThat(scene.hosted().shares()).hasSize(3);
            scene.convergesAndHolds();
        }
    }

    /** Somebody is faster between the read and the guarded update of every write, of the one with the shares as well. */
    @Test
    void updatesThatTheServerRefusesSinceSomebodyLabelledTheSecretAreTriedAgain() {
        try (HostedScene scene = HostedScene.on(API, folder)) {
            var labelled = new AtomicInteger();
            Result first = scene.tick(
                    Point.BEFORE_SENT, exchange -> updatesCustody(exchange) && !again(scene, exchange), exchange -> {
                        label(scene.hosted(), "touched-" + labelled.incrementAndGet());
                        return Verdict.PROCEED;
                    });

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            assertThat(labelled.get())
                    .as("the marker, the shares, the end of the root token")
                    .isGreaterThanOrEqualTo(3);
            assertThat(scene.requests())
                    .filteredOn(exchange ->
                            updatesCustody(exchange) && exchange.status().orElse(0) == HttpURLConnection.HTTP_CONFLICT)
                    .as("conflicts")
                    .hasSize(labelled.get());
            assertThat(scene.hosted().secret().getMetadata().getLabels())
                    .containsEntry(LABEL, "touched-" + labelled.get());
            new Aftermath(scene).holdsAfterConvergence(0);
        }
    }

    private static boolean updatesCustody(Exchange exchange) {
        return exchange.write() && exchange.path().equals(HostedScene.CUSTODY);
    }

    /** Whether it repeats the last one: no node was asked for anything since. */
    private static boolean again(HostedScene scene, Exchange update) {
        List<Exchange> before = scene.requests().stream()
                .filter(exchange -> exchange.number() < update.number())
                .toList();
        return before.stream().anyMatch(ApiServerFaultIT::updatesCustody)
                && before.reversed().stream()
                        .takeWhile(exchange -> !updatesCustody(exchange))
                        .allMatch(exchange -> exchange.server().equals(HostedScene.KUBERNETES));
    }

    @Test
    void leaseOfAKilledTickIsTakenOverWhenItsTimeIsUp() {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            PackagedApplication application =
                    scene.application().with("BOOTSTRAP_CUSTODY_KUBERNETES_LEASE_DURATION", "15s");
            Running killed = application.start("run", "--output", "json");
            FaultScene.await("a node is unsealed", () -> anyNode(scene, 200));
            killed.kill();
            killed.await();

            Result impatient =
                    application.with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "0s").run("run", "--output", "json");
            assertThat(impatient.exit()).isEqualTo(3);
            assertThat(impatient.stderr()).contains("another tick is at work", "the Lease is free after 15 s");

            Result patient =
                    application.with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "60s").run("run", "--output", "json");
            assertThat(patient.exit()).as(patient.stdout() + patient.stderr()).isZero();
            // The killed one may have signed in before the signal came.
            scene.holds(1);
        }
    }

    private static void label(HostedCluster hosted, String value) {
        API.admin()
                .secrets()
                .inNamespace(hosted.namespace())
                .withName(HostedCluster.SECRET)
                .edit(secret -> new SecretBuilder(secret)
                        .editMetadata()
                        .addToLabels(LABEL, value)
                        .endMetadata()
                        .build());
    }

    private static boolean anyNode(FaultScene scene, int health) {
        return scene.health().contains(health);
    }
}
