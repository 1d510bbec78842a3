package io.ameide.vault.bootstrap.vault;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.Nodes;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * A snapshot that is asked of a node, or sent to it, is neither asked of nor sent to where the node points: a standby of
 * HashiCorp Vault points at the leader with 307, and anybody who can answer in its place at whom they like.
 */
class RedirectTest {

    private static final Sensitive TOKEN = Sensitive.of("s3ntinel-token");

    @TempDir
    private Path folder;

    private final AtomicInteger asked = new AtomicInteger();
    private HttpServer elsewhere;

    @BeforeEach
    void startElsewhere() throws IOException {
        elsewhere = listening(HttpServer.create(), exchange -> {
            asked.incrementAndGet();
            return "http://127.0.0.1:1/v1/sys/storage/raft/snapshot";
        });
    }

    @AfterEach
    void stop() {
        elsewhere.stop(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirectIsNotFollowedAndNamesWhereItPoints(int status) throws IOException {
        HttpServer standby = listening(HttpServer.create(), status, exchange -> address("http", elsewhere) + "/v1/x?q");
        try {
            VaultSession session = Nodes.at(address("http", standby)).session(TOKEN);

            assertRefused(
                    session::snapshot,
                    "GET sys/storage/raft/snapshot at %s was redirected to %s, and not sent there"
                            .formatted(address("http", standby), address("http", elsewhere)));
            assertRefused(
                    () -> session.restore(archive(), true),
                    "POST sys/storage/raft/snapshot-force at %s was redirected to %s, and not sent there"
                            .formatted(address("http", standby), address("http", elsewhere)));
        } finally {
            standby.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/v1/sys/storage/raft/snapshot", "http://a b\nERROR forged/"})
    void locationThatIsNoAddressIsNotQuoted(String location) throws IOException {
        HttpServer standby = listening(HttpServer.create(), exchange -> location);
        try {
            VaultSession session = Nodes.at(address("http", standby)).session(TOKEN);

            assertRefused(session::snapshot, "was redirected to another node, and not sent there");
        } finally {
            standby.stop(0);
        }
    }

    @Test
    void redirectOutOfTlsIsNamedAsThat() throws IOException {
        CertificateAuthority authority = new CertificateAuthority("vault-ca");
        HttpsServer standby = HttpsServer.create();
        standby.setHttpsConfigurator(
                new HttpsConfigurator(authority.issue("127.0.0.1").context()));
        listening(standby, exchange -> address("http", elsewhere) + "/v1/sys/storage/raft/snapshot");
        try {
            VaultSession session =
                    trusting(authority, address("https", standby)).session(TOKEN);
            String refusal =
                    "was redirected to %s, without TLS, and not sent there".formatted(address("http", elsewhere));

            assertRefused(session::snapshot, refusal);
            assertRefused(() -> session.restore(archive(), false), refusal);
        } finally {
            standby.stop(0);
        }
    }

    private void assertRefused(ThrowingCallable request, String words) {
        assertThatThrownBy(request)
                .isInstanceOf(NodeException.Unavailable.class)
                .hasMessageContaining(words)
                .hasMessageNotContainingAny(TOKEN.reveal(), "\n");
        assertThat(asked).as("requests elsewhere").hasValue(0);
    }

    private Path archive() throws IOException {
        return Files.write(folder.resolve("a.snap"), new byte[1000]);
    }

    private VaultNode trusting(CertificateAuthority authority, URI address) {
        TlsSettings tls = new TlsSettings(
                Optional.of(authority.writeTo(folder.resolve("ca.crt"))), Optional.empty(), Optional.empty());
        Transport transport = new Transport(tls, Duration.ofSeconds(5), Duration.ofSeconds(5));
        return VaultNode.at(List.of(new NodeAddress(address)), transport, new RequestCounter())
                .getFirst();
    }

    /** Where to. */
    private interface Pointing {
        String from(HttpExchange exchange);
    }

    private static HttpServer listening(HttpServer server, Pointing pointing) throws IOException {
        return listening(server, 307, pointing);
    }

    private static HttpServer listening(HttpServer server, int status, Pointing pointing) throws IOException {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            String location = pointing.from(exchange).replace("\n", "");
            if (!location.isEmpty()) {
                exchange.getResponseHeaders().add("Location", location);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static URI address(String scheme, HttpServer server) {
        return URI.create(
                "%s://127.0.0.1:%d".formatted(scheme, server.getAddress().getPort()));
    }
}
