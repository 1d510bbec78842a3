package io.ameide.vault.bootstrap.promises;

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
final class FaultScene implements HostedSite, AutoCloseable {

    private static final int TICKS_TO_CONVERGE = 4;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Map<String, String> SHORT_TIMES = Map.of(
            "BOOTSTRAP_VAULT_READY_TIMEOUT", "3s",
            "BOOTSTRAP_VAULT_REQUEST_TIMEOUT", "4s",
            "BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "30s",
            "BOOTSTRAP_CUSTODY_KUBERNETES_LEASE_DURATION", "10s");

    private final KubernetesApi api;
    private final HostedCluster hosted;

    private FaultScene(KubernetesApi api, HostedCluster hosted) {
        this.api = api;
        this.hosted = hosted;
    }

    /** Three empty nodes. */
    static FaultScene empty(KubernetesApi api, Path parent) {
        return of(api, HostedCluster.start(api, parent));
    }

    static FaultScene of(KubernetesApi api, HostedCluster hosted) {
        try {
            Files.writeString(hosted.folder().resolve("desired-state.yaml"), VOTE_AT_ONCE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new FaultScene(api, hosted);
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

    @Override
    public KubernetesApi api() {
        return api;
    }

    @Override
    public HostedCluster hosted() {
        return hosted;
    }

    @Override
    public Path folder() {
        return hosted.folder();
    }

    /** Nobody stands between: that is what TLS is for. */
    @Override
    public List<String> writes() {
        return List.of();
    }

    @Override
    public List<String> allWrites() {
        return List.of();
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

    @Override
    public Result tick() {
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
        holds(0);
    }

    /** @param tokensOfKilledTicks as {@link Aftermath#holds} takes it */
    void holds(int tokensOfKilledTicks) {
        new Aftermath(this).holds(tokensOfKilledTicks);
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
