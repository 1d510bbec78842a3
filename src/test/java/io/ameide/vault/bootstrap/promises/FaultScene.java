package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RaftCluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A hosted cluster to which faults happen, ticks on it, and what has to hold once it has converged. Times are as short as
 * they may be, so that a fault is met within seconds.
 */
final class FaultScene implements AutoCloseable {

    private static final int TICKS_TO_CONVERGE = 4;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Map<String, String> SHORT_TIMES = Map.of(
            "BOOTSTRAP_VAULT_READY_TIMEOUT", "3s",
            "BOOTSTRAP_VAULT_REQUEST_TIMEOUT", "4s",
            "BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "30s",
            "BOOTSTRAP_CUSTODY_KUBERNETES_LEASE_DURATION", "10s");

    private final HostedCluster hosted;

    private FaultScene(HostedCluster hosted) {
        this.hosted = hosted;
    }

    /** Three empty nodes. */
    static FaultScene empty(KubernetesApi api, Path parent) {
        return of(HostedCluster.start(api, parent));
    }

    static FaultScene of(HostedCluster hosted) {
        try {
            Files.writeString(hosted.folder().resolve("desired-state.yaml"), """
                    resources:
                      - path: sys/storage/raft/autopilot/configuration
                        data: { server_stabilization_time: 1s }
                    """, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new FaultScene(hosted);
    }

    /** After a first tick that nobody harmed. */
    static FaultScene converged(KubernetesApi api, Path parent) {
        FaultScene scene = empty(api, parent);
        scene.converge();
        return scene;
    }

    @Override
    public void close() {
        hosted.close();
    }

    HostedCluster hosted() {
        return hosted;
    }

    RaftCluster nodes() {
        return hosted.nodes();
    }

    PackagedApplication application() {
        PackagedApplication application = hosted.application();
        for (Map.Entry<String, String> time : SHORT_TIMES.entrySet()) {
            application = application.with(time.getKey(), time.getValue());
        }
        return application;
    }

    Result tick() {
        return application().run("run", "--output", "json");
    }

    Running start() {
        return application().start("run", "--output", "json");
    }

    /** Ticks until all holds, a few times at most. */
    Result converge() {
        Result last = tick();
        for (int tick = 1; tick < TICKS_TO_CONVERGE && last.exit() != 0; tick++) {
            last = tick();
        }
        assertThat(last.exit()).as(last.stdout() + last.stderr()).isZero();
        return last;
    }

    /** Ticks until all holds, and then shows that it does. */
    void convergesAndHolds() {
        converge();
        holds();
    }

    void holds() {
        nodes().awaitServing();
        assertThat(nodes().clusterIds()).as("clusters").hasSize(1);
        JsonNode keys = hosted.keys();
        assertThat(keys.path("shares")).hasSize(3);
        assertThat(keys.hasNonNull("rootToken")).as("root token in custody").isFalse();
        String version = hosted.secret().getMetadata().getResourceVersion();
        Result next = tick();
        assertThat(next.exit()).as(next.stdout() + next.stderr()).isZero();
        assertThat(next.json().at("/requests/writes").asInt()).isZero();
        assertThat(hosted.secret().getMetadata().getResourceVersion()).isEqualTo(version);
    }

    int follower() {
        return (nodes().awaitLeader() + 1) % nodes().size();
    }

    /** Whether the nodes declare an audit device, which {@link #asked} goes by. */
    boolean audited() {
        return nodes().node(0).auditLog().isPresent();
    }

    /** Whether a node was asked for something with a token, as its audit device tells. */
    boolean asked(int node, String path) {
        return nodes().node(node)
                .auditLog()
                .filter(Files::exists)
                .filter(log -> text(log).contains("\"path\":\"" + path))
                .isPresent();
    }

    /** Polls until something has come to be, and fails the test when it does not within a minute. */
    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    List<Integer> health() {
        return IntStream.range(0, nodes().size()).mapToObj(nodes()::health).toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
