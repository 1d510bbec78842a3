package io.ameide.vault.bootstrap.sandbox;

import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

class ThrowAwayServerTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path temporary;

    @Test
    void startsEmptyInAPrivateFolder() throws Exception {
        try (ThrowAwayServer server = ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT)) {
            assertThat(health(server)).isEqualTo(501);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.folder())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void closeLeavesNeitherProcessNorFolder() {
        ThrowAwayServer server = ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT);
        long pid = server.pid().orElseThrow();

        server.close();
        server.close();

        assertThat(ProcessHandle.of(pid)).isEmpty();
        assertThat(server.folder()).doesNotExist();
        assertThat(server.pid()).isEmpty();
    }

    @Test
    void killedServerComesBackAtTheSameAddress() throws Exception {
        try (ThrowAwayServer server = ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT)) {
            URI address = server.address();

            server.kill();
            assertThatThrownBy(() -> health(server)).isInstanceOf(ConnectException.class);

            server.restart();
            assertThat(health(server)).isEqualTo(501);
            assertThat(server.address()).isEqualTo(address);
        }
    }

    @Test
    void pausedServerTakesConnectionsAndDoesNotAnswer() throws Exception {
        try (ThrowAwayServer server = ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT)) {
            server.pause();
            assertThatThrownBy(() -> health(server)).isInstanceOf(HttpTimeoutException.class);

            server.resume();
            assertThat(health(server)).isEqualTo(501);

            server.pause();
        }
    }

    @Test
    void serverThatDoesNotStartIsShownWithItsLastWords() {
        ServerBinary binary = RealServer.binary();

        assertThatThrownBy(() -> ThrowAwayServer.start(binary, Options.DEFAULT.withExtraHcl("listener {")))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(binary.file().toString())
                .hasMessageContaining("ended with code 1")
                .hasMessageContaining("server.hcl");
    }

    @Test
    void takesAnotherPortWhenSomebodyWasQuicker() throws Exception {
        ServerBinary real = RealServer.binary();
        Path refusesOnce = Files.writeString(
                temporary.resolve("server"), """
                #!/bin/sh
                if mkdir '%s' 2>/dev/null; then
                  echo 'Error initializing listener of type tcp: bind: address already in use'
                  exit 1
                fi
                exec '%s' "$@"
                """.formatted(temporary.resolve("refused"), real.file()));
        Files.setPosixFilePermissions(refusesOnce, PosixFilePermissions.fromString("rwx------"));

        try (ThrowAwayServer server =
                ThrowAwayServer.start(new ServerBinary(refusesOnce, real.product()), Options.DEFAULT)) {
            assertThat(temporary.resolve("refused")).exists();
            assertThat(health(server)).isEqualTo(501);
        }
    }

    @Test
    void environmentDoesNotReachTheServer() throws Exception {
        try (ThrowAwayServer server = ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT)) {
            assertThat(server.log()).content().doesNotContainPattern("Environment Variables:.*\\bHOME\\b");
        }
    }

    @Test
    void outlivesTheThreadThatStartedIt() throws Exception {
        ServerBinary binary = RealServer.binary();
        FutureTask<ThrowAwayServer> start = new FutureTask<>(() -> ThrowAwayServer.start(binary, Options.DEFAULT));
        Thread starter = new Thread(start);
        starter.start();
        starter.join();

        try (ThrowAwayServer server = start.get()) {
            assertThat(health(server)).isEqualTo(501);
            assertThat(health(server)).isEqualTo(501);
        }
    }

    @Test
    void endsWithTheJvmThatIsTerminated() throws Exception {
        RealServer.binary();
        Process jvm = jvmWithServer();
        try (BufferedReader output = jvm.inputReader()) {
            long pid = Long.parseLong(output.readLine());
            Path folder = Path.of(output.readLine());

            jvm.destroy();

            assertThat(jvm.waitFor(20, TimeUnit.SECONDS)).isTrue();
            awaitEnd(pid);
            assertThat(folder).doesNotExist();
        } finally {
            jvm.destroyForcibly();
        }
    }

    @Test
    void endsWithTheJvmThatIsKilled() throws Exception {
        assumeThat(Path.of("/usr/bin/setpriv")).exists();
        RealServer.binary();
        Process jvm = jvmWithServer();
        try (BufferedReader output = jvm.inputReader()) {
            long pid = Long.parseLong(output.readLine());

            assertThat(ProcessHandle.of(pid)).isPresent();
            jvm.destroyForcibly();

            awaitEnd(pid);
        } finally {
            jvm.destroyForcibly();
        }
    }

    private Process jvmWithServer() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        JvmWithServer.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void awaitEnd(long pid) throws Exception {
        Optional<ProcessHandle> server = ProcessHandle.of(pid);
        if (server.isPresent()) {
            try {
                server.get().onExit().get(10, TimeUnit.SECONDS);
            } finally {
                server.get().destroyForcibly();
            }
        }
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    }

    private static int health(ThrowAwayServer server) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.address().resolve("/v1/sys/health"))
                .timeout(Duration.ofMillis(700))
                .build();
        return HTTP.send(request, BodyHandlers.discarding()).statusCode();
    }

    /** Starts a server, says its process id and folder, and waits to be ended. */
    static final class JvmWithServer {

        public static void main(String[] arguments) throws InterruptedException {
            ThrowAwayServer server = ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT);
            System.out.println(server.pid().orElseThrow());
            System.out.println(server.folder());
            Thread.sleep(Duration.ofMinutes(1));
        }
    }
}
