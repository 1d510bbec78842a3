package io.ameide.vault.bootstrap.vault;

import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** What a status, an odd answer or none at all means, and what may be read in its message. */
class NodeExceptionTest {

    private static final Sensitive TOKEN = Sensitive.of("s3ntinel-token");

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    @ParameterizedTest
    @CsvSource({
        "400, Refused,     ERROR",
        "401, Denied,      ACCESS",
        "403, Denied,      ACCESS",
        "405, Unsupported, ERROR",
        "409, Refused,     ERROR",
        "412, Refused,     ERROR",
        "429, Unavailable, ACCESS",
        "472, Unavailable, ACCESS",
        "473, Unavailable, ACCESS",
        "500, Unavailable, ACCESS",
        "501, Unsupported, ERROR",
        "502, Unavailable, ACCESS",
        "503, Unavailable, ACCESS",
        "307, Unavailable, ACCESS",
    })
    void everyStatusHasItsMeaning(int status, String type, Problem.Kind kind) {
        NodeException thrown = answering(status, "{\"errors\": [\"for  a\\nreason\"]}");

        assertThat(thrown.getClass().getSimpleName()).isEqualTo(type);
        assertThat(thrown).hasMessageContaining("POST secret/data/a");
        if (status != 307) {
            assertThat(thrown).hasMessageContaining("for a reason");
        }
        assertThat(Problem.of(thrown).kind()).isEqualTo(kind);
    }

    @Test
    void losingCheckAndSetIsToldApart() {
        assertThat(answering(400, "{\"errors\": [\"check-and-set parameter did not match the current version\"]}"))
                .isInstanceOf(NodeException.CheckAndSetMismatch.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | <html><body>s3ntinel</body></html> | an HTML page",
                "404 | <html>                             | an HTML page",
                "403 | denied by s3ntinel                 | something that is not JSON",
                "200 | [1]                                | something that is not JSON",
                "500 | {\"errors\": [\"s3ntin             | something that is not JSON",
            })
    void whatIsNoAnswerOfAServerIsNeverQuoted(int status, String body, String what) {
        NodeException thrown = answering(status, body);

        assertThat(thrown).isInstanceOf(NodeException.Unreachable.class).hasMessageContaining(what);
        assertThat(thrown.getMessage()).doesNotContain("s3ntin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3ntinel-token",
                "s3ntinel value",
                "s3ntinel  with \\n white\\tspace",
                "s3ntinel \\\"quoted\\\" \\\\ value",
                "s3ntinel",
                "s3ntinel and more",
            })
    void secretThatAServerQuotesBackIsMasked(String quoted) {
        NodeException thrown = answering(400, "{\"errors\": [\"cannot use <%s>\"]}".formatted(quoted));

        // A secret of several lines is masked line by line.
        assertThat(thrown.getMessage()).matches(".*cannot use <\\*{6}( \\*{6})*>");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 500})
    void tokenThatAServerQuotesInTheRefusalOfAStreamIsMasked(int status, @TempDir Path folder) throws IOException {
        Path archive = Files.writeString(folder.resolve("archive"), "archive");
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    any -> true,
                    exchange -> new Verdict.Answer(status, "{\"errors\": [\"no right for s3ntinel-token\"]}"));
            VaultSession session = Nodes.at(proxy.address()).session(TOKEN);

            NodeException download = catchThrowableOfType(NodeException.class, session::snapshot);
            NodeException upload = catchThrowableOfType(NodeException.class, () -> session.restore(archive, true));

            assertThat(List.of(download, upload))
                    .allSatisfy(thrown -> assertThat(thrown).hasMessageEndingWith("no right for " + Sensitive.MASK));
        }
    }

    @Test
    void tokenThatAServerQuotesInAWarningIsMasked() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    any -> true,
                    exchange -> new Verdict.Answer(
                            200,
                            "{\"request_id\": \"r\", \"data\": null, \"warnings\":"
                                    + " [\"Endpoint ignored these unrecognized parameters: [s3ntinel-token]\"]}"));

            assertThat(Nodes.at(proxy.address()).session(TOKEN).writeFields("auth/a/config", Map.of("a", "b")))
                    .containsExactly(Sensitive.MASK);
        }
    }

    @Test
    void secretThatAServerQuotesWithEscapesIsMasked() {
        assertThat(answering(
                        400, "{\"errors\": [\"cannot use \\\"s3ntinel \\\\\\\"quoted\\\\\\\" \\\\\\\\ value\\\"\"]}"))
                .hasMessageEndingWith("cannot use \"" + Sensitive.MASK + "\"");
    }

    @Test
    void redirectIsNotFollowedSinceTheTokenWouldGoWithIt() throws IOException {
        var followed = new AtomicInteger();
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/elsewhere")) {
                followed.incrementAndGet();
            }
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            exchange.sendResponseHeaders(307, -1);
            exchange.close();
        });
        other.start();
        try {
            URI address = URI.create("http://127.0.0.1:" + other.getAddress().getPort());

            NodeException thrown = catchThrowableOfType(
                    NodeException.class, () -> Nodes.at(address).session(TOKEN).read("sys/mounts"));
            NodeException download = catchThrowableOfType(
                    NodeException.class,
                    () -> Nodes.at(address).session(TOKEN).snapshot().close());

            assertThat(List.of(thrown, download))
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOf(NodeException.Unavailable.class)
                            .hasMessageContaining("redirected to another node"));
            assertThat(followed).hasValue(0);
        } finally {
            other.stop(0);
        }
    }

    @Test
    void nobodyAtTheAddressIsToldSo() throws IOException {
        URI nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }

        assertThat(sealStatus(nobody, Nodes.TRANSPORT))
                .isInstanceOf(NodeException.Unreachable.class)
                .hasMessage("nothing listens at " + nobody);
    }

    @Test
    void unknownHostIsToldSo() {
        assertThat(sealStatus(URI.create("http://no-such-host.invalid:8200"), Nodes.TRANSPORT))
                .isInstanceOf(NodeException.Unreachable.class)
                .hasMessageContaining("host name of http://no-such-host.invalid:8200 is not known");
    }

    @Test
    void serverThatIsFrozenIsGivenUp() {
        SERVER.pause();
        try {
            NodeException thrown = sealStatus(
                    SERVER.address(),
                    new Transport(TlsSettings.PLATFORM, Duration.ofSeconds(2), Duration.ofMillis(300)));

            assertThat(thrown).isInstanceOf(NodeException.Unreachable.class).hasMessageContaining("in time");
        } finally {
            SERVER.resume();
        }
    }

    @Test
    void connectionThatBreaksIsToldSo() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.AFTER_RECEIVED, any -> true, exchange -> Verdict.DROP);

            assertThat(sealStatus(proxy.address(), Nodes.TRANSPORT))
                    .isInstanceOf(NodeException.Unreachable.class)
                    .hasMessageContaining("GET sys/seal-status");
        }
    }

    @Test
    void tlsAskedOfAPlainServerNamesTheWayOut() {
        URI https = URI.create(SERVER.address().toString().replace("http:", "https:"));

        assertThat(sealStatus(https, Nodes.TRANSPORT))
                .isInstanceOfSatisfying(NodeException.Unreachable.class, thrown -> {
                    assertThat(thrown).hasMessageContaining("does not speak TLS");
                    assertThat(thrown.hint()).contains("http://");
                });
    }

    private static NodeException sealStatus(URI address, Transport transport) {
        VaultNode node = VaultNode.at(List.of(new NodeAddress(address)), transport, new RequestCounter())
                .getFirst();
        return catchThrowableOfType(NodeException.class, node::sealStatus);
    }

    /** What a write of secrets comes to when the server answers like this. */
    private static NodeException answering(int status, String body) {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, any -> true, exchange -> new Verdict.Answer(status, body));
            Map<String, Object> secrets = Map.of(
                    "short", Sensitive.of("s3ntinel"),
                    "long", Sensitive.of("s3ntinel and more"),
                    "nested", Map.of("in", List.of(Sensitive.of("s3ntinel value"))),
                    "spaced", Sensitive.of("s3ntinel  with \n white\tspace"),
                    "quoted", Sensitive.of("s3ntinel \"quoted\" \\ value"));
            return catchThrowableOfType(
                    NodeException.class,
                    () -> Nodes.at(proxy.address()).session(TOKEN).write("secret/data/a", secrets));
        }
    }
}
