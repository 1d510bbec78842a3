package io.ameide.vault.bootstrap.cli;

import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Answers of gateways, ingresses and other services, at the first requests of a tick: none of them is taken for Vault's, so
 * that nothing is written to custody and no init, share or token is sent.
 */
class OddAnswersTest {

    private static final List<Integer> STATUSES =
            List.of(200, 201, 204, 302, 400, 401, 403, 404, 418, 429, 500, 502, 503);

    private static final List<String> BODIES = List.of(
            "",
            "ok",
            "<!doctype html><title>Sign in</title>",
            "{}",
            "[]",
            "null",
            "true",
            "\"initialized\"",
            "{\"initialized\": false, \"sealed\": tr",
            "{\"status\": \"ok\"}",
            "{\"message\": \"no Route matched with those values\"}",
            "{\"errors\": null}",
            "{\"errors\": [{\"message\": \"not found\"}]}",
            "{\"request_id\": \"r\", \"data\": {\"initialized\": false, \"sealed\": true}}",
            "{\"initialized\": false}",
            "{\"initialized\": false, \"sealed\": true, \"standby\": true}",
            seal("\"false\"", "true", "0", "0"),
            seal("false", "\"true\"", "0", "0"),
            seal("false", "null", "0", "0"),
            seal("false", "false", "0", "0"),
            seal("true", "true", "\"3\"", "5"),
            seal("true", "true", "5", "3"),
            seal("true", "true", "-1", "5"),
            seal("false", "true", "0", "0").replace("\"shamir\"", "1"),
            seal("false", "true", "0", "0").replace("\"2.7.2\"", "{}"));

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    private static final List<String> REQUESTS = new CopyOnWriteArrayList<>();
    private static HttpServer gateway;
    private static int status;
    private static String body;

    @TempDir
    Path folder;

    @BeforeAll
    static void gateway() throws IOException {
        gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        gateway.createContext("/", exchange -> {
            REQUESTS.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            boolean none = bytes.length == 0 || status == 204;
            exchange.sendResponseHeaders(status, none ? -1 : bytes.length);
            if (!none) {
                exchange.getResponseBody().write(bytes);
            }
            exchange.close();
        });
        gateway.start();
    }

    @AfterAll
    static void stop() {
        gateway.stop(0);
    }

    static Stream<Arguments> oddAnswers() {
        return STATUSES.stream()
                .flatMap(code -> BODIES.stream().map(text -> arguments(code, text)))
                .filter(answer -> !answer.get()[0].equals(204) || answer.get()[1].equals(""));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("oddAnswers")
    void nothingIsBelievedWithEmptyCustody(int code, String text) {
        InProcessTick tick = InProcessTick.in(folder, answering(code, text));

        assertUnreachable(tick.run());

        assertThat(tick.custody().read()).isEqualTo(new Stored(Optional.empty(), Stored.ABSENT));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("oddAnswers")
    void nothingIsBelievedWithGoodCustody(int code, String text) {
        InProcessTick tick = InProcessTick.in(folder, answering(code, text));
        tick.custody().write(good(tick.node()), Stored.ABSENT);
        Stored before = tick.custody().read();

        Result result = tick.run();

        assertUnreachable(result);
        assertThat(result.toString()).doesNotContain("start anew", "wipe", "aside");
        assertThat(tick.custody().read()).isEqualTo(before);
    }

    private static void assertUnreachable(Result result) {
        assertThat(result.exit()).as(result.toString()).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(result.problems("discover"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.message())
                        .contains("GET sys/seal-status", "status " + status)
                        .doesNotContain("Route", "Sign in"));
        assertThat(REQUESTS).containsOnly("GET /v1/sys/seal-status");
    }

    static Stream<Arguments> laterRequests() {
        return Stream.of("/v1/sys/health", "/v1/auth/vault-bootstrap/login", "/v1/sys/policies/acl/vault-bootstrap")
                .flatMap(path -> Stream.of(
                                new Verdict.Answer(404, ""),
                                new Verdict.Answer(404, "{\"message\": \"no Route matched\"}"),
                                new Verdict.Answer(200, "{\"status\": \"ok\"}"),
                                new Verdict.Answer(204, ""),
                                new Verdict.Answer(403, "{\"message\": \"forbidden\"}"),
                                new Verdict.Answer(503, "<html>down</html>"))
                        .map(answer -> arguments(path, answer)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("laterRequests")
    void oddAnswerInTheMiddleOfATickIsNotBelieved(String path, Verdict.Answer answer) {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            InProcessTick tick = InProcessTick.in(folder, proxy.address());
            KeyMaterial keys = KeyMaterial.marker(
                            KeyMaterial.ShareKind.UNSEAL,
                            SERVER.shares().size(),
                            1,
                            new NodeAddress(proxy.address()),
                            Instant.EPOCH,
                            Whereabouts.current(),
                            new SecureRandom())
                    .initialized(SERVER.shares(), List.of(), Optional.of(rootToken()))
                    .withClusterId(
                            SERVER.read("sys/seal-status").path("cluster_id").asText());
            tick.custody().write(keys, Stored.ABSENT);
            assertThat(tick.run().converged()).isTrue();
            tick.custody().update(stored -> stored.withRootToken(Optional.of(rootToken())));
            Stored before = tick.custody().read();
            proxy.reset();
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.path().equals(path), exchange -> answer);

            Result result = tick.run();

            assertThat(result.exit()).as(result.toString()).isEqualTo(ExitCode.UNREACHABLE);
            assertThat(tick.custody().read()).isEqualTo(before);
            assertThat(proxy.exchanges())
                    .extracting(Exchange::path)
                    .doesNotContain("/v1/sys/init", "/v1/sys/unseal", "/v1/sys/generate-root/attempt");
        }
    }

    private static Sensitive rootToken() {
        return Sensitive.of(SERVER.write("auth/token/create-orphan", "{\"policies\": [\"root\"]}")
                .at("/auth/client_token")
                .asText());
    }

    private static URI answering(int code, String text) {
        REQUESTS.clear();
        status = code;
        body = text;
        return URI.create("http://127.0.0.1:" + gateway.getAddress().getPort());
    }

    private static KeyMaterial good(URI node) {
        return KeyMaterial.marker(
                        KeyMaterial.ShareKind.UNSEAL,
                        5,
                        3,
                        new NodeAddress(node),
                        Instant.EPOCH,
                        Whereabouts.current(),
                        new SecureRandom())
                .initialized(
                        IntStream.range(0, 5).mapToObj(OddAnswersTest::share).toList(),
                        List.of(),
                        Optional.of(Sensitive.of("s.root")));
    }

    private static Sensitive share(int number) {
        byte[] bytes = new byte[33];
        bytes[32] = (byte) (number + 1);
        return Sensitive.of(Base64.getEncoder().encodeToString(bytes));
    }

    private static String seal(String initialized, String sealed, String threshold, String shares) {
        return """
                {"type": "shamir", "initialized": %s, "sealed": %s, "t": %s, "n": %s, "progress": 0, "version": "2.7.2"}
                """.formatted(initialized, sealed, threshold, shares).strip();
    }
}
