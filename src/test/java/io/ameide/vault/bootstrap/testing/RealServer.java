package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A real node for tests: one per class as a static field with {@code @RegisterExtension}, one per test as an instance
 * field. It runs from a binary as {@link ServerBinary} finds it, or else in a container of HashiCorp Vault. Where
 * neither is to be had the test is skipped with the reason, and fails where the environment variable CI is set.
 */
public final class RealServer extends ServerExtension {

    private static final Duration UNSEAL_TIMEOUT = Duration.ofSeconds(30);

    /**
     * What the server answered.
     *
     * @param body missing where the answer had none
     */
    public record Answer(int status, JsonNode body) {}

    private final ThrowAwayServer.Options options;
    private final boolean initialized;
    private final Requests requests = Requests.inTheClear();

    private Optional<Node> node = Optional.empty();
    private List<Sensitive> shares = List.of();
    private Optional<Sensitive> rootToken = Optional.empty();

    private RealServer(ThrowAwayServer.Options options, boolean initialized) {
        this.options = options;
        this.initialized = initialized;
    }

    /** A node as it is after installation: neither initialized nor unsealed. */
    public static RealServer empty() {
        return empty(ThrowAwayServer.Options.DEFAULT);
    }

    public static RealServer empty(ThrowAwayServer.Options options) {
        return new RealServer(options, false);
    }

    /** A node that is initialized with one share of one and serves. */
    public static RealServer unsealed() {
        return new RealServer(ThrowAwayServer.Options.DEFAULT, true);
    }

    /** A binary to run local processes from; skips or fails the test where there is none. */
    public static ServerBinary binary() {
        ServerBinary.Search search = ServerBinary.find(Optional.empty(), System.getenv());
        return search.found().orElseGet(() -> unavailable(search.looked()));
    }

    /** For tests that have no use for JUnit's life cycle. */
    @Override
    public RealServer start() {
        node = Optional.of(startNode());
        if (initialized) {
            initialize(1, 1);
            unseal();
        }
        return this;
    }

    @Override
    public void close() {
        node.ifPresent(Node::close);
        node = Optional.empty();
        shares = List.of();
        rootToken = Optional.empty();
    }

    public URI address() {
        return running().address();
    }

    public Product product() {
        return running().product();
    }

    /** The file of the declared audit device; empty on Vault, which has none until one is created over the API. */
    public Optional<Path> auditLog() {
        return running().auditLog();
    }

    /** From the last {@link #initialize}. */
    public List<Sensitive> shares() {
        return shares;
    }

    /** From the last {@link #initialize}. */
    public Sensitive rootToken() {
        return rootToken.orElseThrow(() -> new IllegalStateException("this server was not initialized here"));
    }

    public void initialize(int secretShares, int secretThreshold) {
        ObjectNode request = Requests.JSON.createObjectNode();
        request.put("secret_shares", secretShares).put("secret_threshold", secretThreshold);
        JsonNode answer = Requests.expectSuccess(send("PUT", "sys/init", request.toString(), Optional.empty()));
        List<Sensitive> made = new ArrayList<>();
        answer.get("keys_base64").forEach(share -> made.add(Sensitive.of(share.textValue())));
        shares = List.copyOf(made);
        rootToken = Optional.of(Sensitive.of(answer.get("root_token").textValue()));
    }

    /** Gives the shares of the last {@link #initialize} and waits until the node is active. */
    public void unseal() {
        for (Sensitive share : shares) {
            ObjectNode request = Requests.JSON.createObjectNode().put("key", share.reveal());
            Requests.expectSuccess(send("PUT", "sys/unseal", request.toString(), Optional.empty()));
        }
        long deadline = System.nanoTime() + UNSEAL_TIMEOUT.toNanos();
        while (health() != 200) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("the server is not active " + UNSEAL_TIMEOUT + " after unseal");
            }
            pause(Duration.ofMillis(20));
        }
    }

    /** Status code of {@code sys/health}: 200 active, 501 not initialized, 503 sealed. */
    public int health() {
        return send("GET", "sys/health", "", Optional.empty()).status();
    }

    /**
     * A request with the root token.
     *
     * @param path without {@code /v1/}
     * @param json the body; empty for none
     */
    public Answer call(String method, String path, String json) {
        return send(method, path, json, Optional.of(rootToken()));
    }

    /** The body of a GET with the root token; fails the test when the status is not 2xx. */
    public JsonNode read(String path) {
        return Requests.expectSuccess(call("GET", path, ""));
    }

    /** A POST with the root token; fails the test when the status is not 2xx. */
    public JsonNode write(String path, String json) {
        Answer answer = call("POST", path, json);
        // An engine of version 2 refuses for a moment after it was mounted.
        for (int i = 0; i < 50 && answer.body().toString().contains("Upgrading from non-versioned"); i++) {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            answer = call("POST", path, json);
        }
        return Requests.expectSuccess(answer);
    }

    /** Ends the process with SIGKILL; storage stays. */
    public void kill() {
        running().kill();
    }

    /** Kills and starts again, same address and storage; comes back sealed. */
    public void restart() {
        running().restart();
    }

    /** Freezes the process: connections are taken, nobody answers. */
    public void pause() {
        running().pause();
    }

    public void resume() {
        running().resume();
    }

    private Node running() {
        return node.orElseThrow(() -> new IllegalStateException("this server was not started"));
    }

    private Node startNode() {
        ServerBinary.Search search = ServerBinary.find(Optional.empty(), System.getenv());
        if (search.found().isPresent()) {
            return new LocalNode(ThrowAwayServer.start(search.found().get(), options));
        }
        if (!options.extraHcl().isEmpty() || !options.listenerHcl().isEmpty()) {
            return unavailable(search.looked() + "; the container does not take the configuration this test needs");
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return unavailable(search.looked() + ", and Docker does not answer");
        }
        return new ContainerNode();
    }

    static <T> T unavailable(String reason) {
        String ci = System.getenv("CI");
        if (ci != null && !ci.isBlank()) {
            throw new AssertionError(reason);
        }
        return Assumptions.abort(reason);
    }

    /** A request with the token that is given, or none. */
    public Answer send(String method, String path, String json, Optional<Sensitive> token) {
        try {
            return requests.send(address(), method, path, json, token);
        } catch (IOException e) {
            throw new AssertionError(method + " " + path + " failed: " + e, e);
        }
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
