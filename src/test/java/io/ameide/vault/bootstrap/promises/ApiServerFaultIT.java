package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The API server falls silent during a tick, others write what the tick keeps there, and ticks die holding the Lease. */
class ApiServerFaultIT {

    /** Longer than a tick is patient in what it can do without, shorter than it is with shares. */
    private static final Duration OUTAGE = Duration.ofSeconds(8);

    private static final String LABEL = "example.com/team";
    private static final Duration LABEL_EVERY = Duration.ofMillis(50);

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

    static Stream<Moment> moments() {
        return Strikes.sampled() ? Stream.of(Moment.INITIALIZED, Moment.JOINED) : Stream.of(Moment.values());
    }

    @ParameterizedTest
    @MethodSource("moments")
    void firstTickOutlivesASilentApiServer(Moment moment) throws InterruptedException {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            assumeTrue(!moment.audited || scene.audited(), "needs a server that declares its audit device");
            Running tick = scene.start();
            FaultScene.await(moment + " or the end", () -> !tick.alive() || moment.come.test(scene));
            assertThat(tick.alive()).as("the tick is still at work").isTrue();
            API.pause();
            try {
                Thread.sleep(OUTAGE);
            } finally {
                API.resume();
            }
            Result first = tick.await();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isIn(0, 5);
            if (first.exit() != 0) {
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
                Thread.sleep(OUTAGE.multipliedBy(2));
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

    @Test
    void labelsThatSomebodyGivesTheSecretHarmNoTick() throws InterruptedException {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            Running tick = scene.start();
            while (tick.alive()) {
                label(scene, "touched-" + System.nanoTime());
                Thread.sleep(LABEL_EVERY);
            }
            Result first = tick.await();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            assertThat(scene.hosted().secret().getMetadata().getLabels()).containsKey(LABEL);
            scene.convergesAndHolds();
        }
    }

    @Test
    void leaseOfAKilledTickIsTakenOverWhenItsTimeIsUp() {
        try (FaultScene scene = FaultScene.empty(API, folder)) {
            PackagedApplication application =
                    scene.application().with("BOOTSTRAP_CUSTODY_KUBERNETES_LEASE_DURATION", "30s");
            Running killed = application.start("run", "--output", "json");
            FaultScene.await("a node is unsealed", () -> anyNode(scene, 200));
            killed.kill();
            killed.await();

            Result impatient =
                    application.with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "0s").run("run", "--output", "json");
            assertThat(impatient.exit()).isEqualTo(3);
            assertThat(impatient.stderr()).contains("another tick is at work", "the Lease is free after 30 s");

            Result patient =
                    application.with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "60s").run("run", "--output", "json");
            assertThat(patient.exit()).as(patient.stdout() + patient.stderr()).isZero();
            scene.holds();
        }
    }

    /** Unless the tick is faster this time. */
    private static void label(FaultScene scene, String value) {
        if (scene.hosted().secret() == null) {
            return;
        }
        try {
            edit(scene, value);
        } catch (KubernetesClientException e) {
            assertThat(e.getCode()).isIn(404, 409);
        }
    }

    private static void edit(FaultScene scene, String value) {
        API.admin()
                .secrets()
                .inNamespace(scene.hosted().namespace())
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
