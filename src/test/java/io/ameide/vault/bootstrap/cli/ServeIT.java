package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.Documentation;
import io.ameide.vault.bootstrap.testing.LoopbackHttp;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application as it runs on and on: ticks, health, metrics, and its end. */
class ServeIT {

    private static final String DESIRED_STATE = """
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            secrets:
              - fixtures: fixtures.json
            """;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private int port;
    private PackagedApplication application;
    private Optional<Running> running = Optional.empty();

    @BeforeEach
    void application() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        Files.writeString(folder.resolve("fixtures.json"), """
                {"api-key": "k-1"}""");
        // The schedule is not what ticks here.
        application = PackagedApplication.in(folder, server.address())
                .with("QUARKUS_HTTP_PORT", Integer.toString(port))
                .with("BOOTSTRAP_SCHEDULE_EVERY", "1h");
    }

    @AfterEach
    void end() {
        running.ifPresent(Running::kill);
    }

    @Test
    void ticksAtOnceAndAgainWhenAFixtureChanges() throws IOException {
        Running serve = serve();
        await("a first tick", () -> serve.stderr().contains("metrics:"));
        assertThat(serve.stdout()).contains("converged");

        Files.writeString(folder.resolve("fixtures.json"), """
                {"api-key": "k-1", "added-later": "a-1"}""");
        await("a second tick", () -> ticks(serve.stdout()) == 2);

        assertThat(new Custodian(folder.resolve("custody"), server.address())
                        .signIn()
                        .kv("secret")
                        .read("added-later"))
                .isPresent();

        Files.writeString(folder.resolve("fixtures.local.json"), """
                {"only-here": "o-1"}""");
        await("a third tick", () -> ticks(serve.stdout()) == 3);
        assertThat(serve.stderr()).contains("fixtures.local.json overrides 0 and adds 1 secret");
    }

    @Test
    void servesHealthAndTheMetricsThatAreDocumented() {
        Running serve = serve();
        await("a first tick", () -> serve.stderr().contains("metrics:"));

        assertThat(LoopbackHttp.get(port, "/q/health").statusCode()).isEqualTo(200);
        assertThat(LoopbackHttp.get(port, "/q/health").body()).contains("\"status\": \"UP\"");
        String metrics = LoopbackHttp.get(port, "/q/metrics").body();
        assertThat(metrics).contains("vault_bootstrap_ticks_total{result=\"converged\"} 1.0");
        assertThat(Pattern.compile("^(vault_bootstrap_\\w+)(?=[{ ])", Pattern.MULTILINE)
                        .matcher(metrics)
                        .results()
                        .map(match -> match.group(1))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(
                        Documentation.page("docs/configuration.md").column("metric"));
    }

    @Test
    void endsSoonWhenAskedTo() {
        Running serve = serve();
        await("a first tick", () -> serve.stderr().contains("metrics:"));

        long asked = System.nanoTime();
        serve.terminate();
        Result result = serve.await();

        // 143 is what a JVM makes of SIGTERM, however it ended.
        assertThat(result.exit()).isIn(0, 143);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(10));
        assertThat(result.stderr()).doesNotContain("Exception");
    }

    @Test
    void portInUseIsNamedWithTheWayOut() throws IOException {
        try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("0.0.0.0"))) {
            Result result = application.run("serve");

            assertThat(result.exit()).isEqualTo(ExitCode.FAILED.number());
            assertThat(result.stderr())
                    .as("port %d is taken", taken.getLocalPort())
                    .contains("port", "in use by another process", "hint: ");
        }
        assertThat(server.health()).as("nothing was initialized").isEqualTo(501);
    }

    private Running serve() {
        Running serve = application.start("serve");
        running = Optional.of(serve);
        return serve;
    }

    /** Every tick ends its table with one such line. */
    private static long ticks(String stdout) {
        return Pattern.compile("^converged: ", Pattern.MULTILINE)
                .matcher(stdout)
                .results()
                .count();
    }

    private void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            Running serve = running.orElseThrow();
            assertThat(serve.alive())
                    .as("still running while waiting for %s:%n%s%n%s", what, serve.stdout(), serve.stderr())
                    .isTrue();
            assertThat(System.nanoTime()).as("%s within %s", what, LIMIT).isLessThan(deadline);
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
