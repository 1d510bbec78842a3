package io.ameide.vault.bootstrap.cli;

import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.seal.ShareSettings;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Init is answered once: whatever came is stored before it is judged, and what it lacks is said in every tick. */
class OddInitTest {

    private HttpServer server;
    private boolean initialized;
    private String answer = "";

    @TempDir
    Path folder;

    private InProcessTick tick;

    @BeforeEach
    void server() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            boolean init = path.equals("/v1/sys/init");
            boolean share = path.equals("/v1/sys/unseal");
            byte[] bytes = (init ? answer : share ? "{\"errors\": [\"no share\"]}" : sealStatus())
                    .getBytes(StandardCharsets.UTF_8);
            initialized |= init;
            exchange.sendResponseHeaders(share ? 400 : 200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        tick = InProcessTick.in(
                        folder,
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .with(new ShareSettings(5, 3, List.of()));
    }

    private String sealStatus() {
        return """
                {"type": "shamir", "initialized": %b, "sealed": true, "t": %d, "n": %d, "progress": 0}
                """.formatted(initialized, initialized ? 3 : 0, initialized ? 5 : 0);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    static Stream<Arguments> answers() {
        return Stream.of(
                arguments("2 of 5", keys("\"a\", \"b\"", "r"), List.of("a", "b"), "2 of the 5 shares"),
                arguments(
                        "5 equal ones",
                        keys("\"a\", \"a\", \"a\", \"a\", \"a\"", "r"),
                        List.of("a", "a", "a", "a", "a"),
                        "some of its shares are equal"),
                arguments("nulls", keys("null, \"b\", null, null, null", "r"), List.of("b"), "1 of the 5 shares"),
                arguments("empty ones", keys("\"\", \"b\", \"\", \"\", \"\"", "r"), List.of("b"), "1 of the 5 shares"),
                arguments(
                        "no root token",
                        keys("\"a\", \"b\", \"c\", \"d\", \"e\"", ""),
                        List.of("a", "b", "c", "d", "e"),
                        "no root token"),
                arguments(
                        "8 shares",
                        keys("\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"", "r"),
                        List.of("a", "b", "c", "d", "e", "f", "g", "h"),
                        "8 of the 5 shares"),
                arguments(
                        "hex only",
                        keys("\"a\", \"b\", \"c\", \"d\", \"e\"", "r").replace("keys_base64", "keys"),
                        List.of("a", "b", "c", "d", "e"),
                        "it has no keys_base64"),
                arguments("no keys", "{\"root_token\": \"r\"}", List.of(), "0 of the 5 shares"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("answers")
    void whateverCameIsStored(String what, String told, List<String> shares, String lack) {
        answer = told;

        Result first = tick.run();

        assertThat(first.exit()).as(first.toString()).isEqualTo(ExitCode.BLOCKED);
        assertThat(first.outcome("initialize")).isInstanceOf(Outcome.Failed.class);
        assertThat(first.problems("initialize").getFirst().message()).contains(lack, "field initAnswer");
        KeyMaterial stored = tick.material();
        assertThat(stored.phase()).isEqualTo(KeyMaterial.Phase.INITIALIZED);
        assertThat(stored.shares()).extracting(Sensitive::reveal).isEqualTo(shares);
        assertThat(stored.initAnswer()).contains(Sensitive.of(told));

        Result next = tick.run();

        assertThat(next.exit()).as(next.toString()).isEqualTo(ExitCode.BLOCKED);
        assertThat(next.problems("initialize")).extracting(Problem::kind).containsOnly(Problem.Kind.BLOCKED);
        assertThat(tick.material()).isEqualTo(stored);
    }

    @Test
    void answerWithoutAnySecretLeavesTheMarkerWithIt() {
        answer = "{\"status\": \"ok\"}";

        assertThat(tick.run().exit()).isEqualTo(ExitCode.BLOCKED);

        assertThat(tick.material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZING);
        assertThat(tick.material().initAnswer()).contains(Sensitive.of(answer));
    }

    @Test
    void answerThatIsNoJsonLeavesTheMarker() {
        answer = "<html>gateway</html>";

        assertThat(tick.run().exit()).isEqualTo(ExitCode.UNREACHABLE);

        assertThat(tick.material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZING);
    }

    private static String keys(String shares, String rootToken) {
        return "{\"keys_base64\": [%s], \"root_token\": \"%s\"}".formatted(shares, rootToken);
    }
}
