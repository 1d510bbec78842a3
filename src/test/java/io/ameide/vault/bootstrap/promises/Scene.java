package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** An empty server, a folder for all that the application keeps, and a proxy through which it has to go. */
final class Scene implements AutoCloseable {

    static final List<String> SECRETS = List.of("api-key", "generated-password");

    private static final Set<String> SIGNING =
            Set.of("POST /v1/auth/vault-bootstrap/login", "POST /v1/auth/token/revoke-self");

    private static final String DESIRED_STATE = """
            policies:
              - name: readers
                rules: |
                  path "secret/data/*" { capabilities = ["read"] }
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            authMethods:
              - path: approle
                type: approle
                roles:
                  - name: reader
                    token_policies: [readers]
                    token_ttl: 10m
            secrets:
              - fixtures: fixtures.json
              - name: generated-password
                generate: { length: 24, charset: alphanumeric }
            """;

    /** Lets a test make itself a root token from the shares, after the application has revoked its own. */
    private static final ThrowAwayServer.Options OPEN =
            ThrowAwayServer.Options.DEFAULT.withListenerHcl("disable_unauthed_generate_root_endpoints = false");

    /** How the process is struck. */
    enum Blow {
        KILL,
        TERMINATE
    }

    /**
     * What became of a tick that was to be struck.
     *
     * @param struck whether it came to the place at all
     */
    record Struck(Result result, boolean struck) {}

    private final RealServer server;
    private final LoopbackProxy proxy;
    private final Path folder;
    private final PackagedApplication application;
    private final List<String> earlierWrites = new ArrayList<>();

    private Scene(RealServer server, Path folder) {
        this.server = server;
        this.proxy = LoopbackProxy.to(server.address());
        this.folder = folder;
        this.application = PackagedApplication.in(folder, proxy.address())
                .with("BOOTSTRAP_KEYS_SHARES", "3")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "2");
    }

    /** @param parent where to make the folder */
    static Scene in(Path parent) {
        try {
            Path folder = Files.createTempDirectory(parent, "scene-");
            Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
            Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
            return new Scene(RealServer.empty(OPEN).start(), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try (server) {
            proxy.close();
        }
    }

    RealServer server() {
        return server;
    }

    LoopbackProxy proxy() {
        return proxy;
    }

    Path folder() {
        return folder;
    }

    Path custodyFolder() {
        return folder.resolve("custody");
    }

    PackagedApplication application() {
        return application;
    }

    Custodian custodian() {
        return new Custodian(custodyFolder(), server.address());
    }

    /** One tick that nobody harms. */
    Result tick() {
        begin();
        return application.run("run", "--output", "json");
    }

    /** One tick whose process gets the blow at that place. */
    Struck tick(Strike strike, Blow blow) {
        begin();
        var running = new CompletableFuture<Running>();
        var struck = new AtomicBoolean();
        proxy.on(strike.point(), exchange -> strike.hits(exchange, proxy), exchange -> {
            struck.set(true);
            return switch (blow) {
                case KILL -> {
                    running.join().kill();
                    running.join().await();
                    yield Verdict.DROP_ALL;
                }
                case TERMINATE -> {
                    running.join().terminate();
                    awaitNoticed(running.join());
                    yield Verdict.PROCEED;
                }
            };
        });
        running.complete(application.start("run", "--output", "json"));
        return new Struck(running.join().await(), struck.get());
    }

    /**
     * Returns when the process has begun to end itself, so that whatever is answered now is answered to a process that
     * knows; a JVM tells it by the name of a thread. Where nothing tells it the test goes on, and strikes less exactly.
     */
    private static void awaitNoticed(Running running) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (running.alive() && System.nanoTime() - deadline < 0) {
            if (running.threads().contains("SIGTERM handler")) {
                return;
            }
            Thread.sleep(5);
        }
    }

    private void begin() {
        earlierWrites.addAll(writes());
        proxy.reset();
    }

    /** What was written to the server since the last tick began, but for signing in and out. */
    List<String> writes() {
        return proxy.writes().stream()
                .map(exchange -> exchange.method() + " " + exchange.path())
                .filter(write -> !SIGNING.contains(write))
                .toList();
    }

    /** What all ticks wrote, but for signing in and out. */
    List<String> allWrites() {
        return Stream.concat(earlierWrites.stream(), writes().stream()).toList();
    }
}
