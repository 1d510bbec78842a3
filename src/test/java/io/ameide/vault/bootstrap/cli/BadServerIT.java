package io.ameide.vault.bootstrap.cli;

import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.PemFiles;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

/** Addresses that lead to no server, to something else, or to a server that cannot be trusted. */
class BadServerIT {

    /** One node with a listener in the clear and three with TLS, each with another certificate. */
    private static RealServer server;

    private static final Map<String, URI> LISTENERS = new TreeMap<>();

    private static Path trusted;
    private static Path untrusted;

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeAll
    static void listeners(@TempDir Path certificates) throws IOException {
        CertificateAuthority authority = new CertificateAuthority("trusted");
        trusted = authority.writeTo(certificates.resolve("trusted.pem"));
        untrusted = new CertificateAuthority("untrusted").writeTo(certificates.resolve("untrusted.pem"));
        Instant now = Instant.now();
        Issued expired = authority.issue(now.minus(Duration.ofDays(2)), now.minus(Duration.ofDays(1)), "127.0.0.1");
        String hcl = listener("good", authority.issue("127.0.0.1").writeTo(certificates.resolve("good")))
                + listener(
                        "other-name", authority.issue("vault.example.com").writeTo(certificates.resolve("other-name")))
                + listener("expired", expired.writeTo(certificates.resolve("expired")));
        server = RealServer.empty(ThrowAwayServer.Options.DEFAULT.withExtraHcl(hcl))
                .start();
        LISTENERS.put("plain", server.address());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void validInput() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), "policies: []\n");
        application = PackagedApplication.in(folder, server.address());
    }

    @AfterEach
    void nothingWasWritten() {
        assertThat(server.health()).as("health of the server").isEqualTo(501);
        assertThat(application.custodyFile()).doesNotExist();
    }

    @Test
    void trustedCertificateIsAccepted() {
        Result result = with("good", trusted).run("plan", "--output", "json");

        assertThat(result.step("discover").path("outcome").asText())
                .as(result.stdout())
                .isEqualTo("unchanged");
        assertThat(result.exit()).isEqualTo(2);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    good, with another authority   | good       | is not signed by an authority in
                    other-name                     | other-name | certificate is not for 127.0.0.1 but for vault.example.com
                    expired                        | expired    | its certificate expired at
                    """)
    void certificateThatIsRefused(String what, String listener, String said) {
        unreachable(with(listener, what.contains("another") ? untrusted : trusted), said);
    }

    @Test
    void certificateOfAPrivateAuthorityNobodyNamed() {
        unreachable(
                application.with(
                        "BOOTSTRAP_VAULT_ADDRESSES", LISTENERS.get("good").toString()),
                "is not signed by a public authority");
    }

    @Test
    void tlsWhereNoneIsSpoken() {
        unreachable(
                application.with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        "https://127.0.0.1:" + server.address().getPort()),
                "does not speak TLS");
    }

    @Test
    void noTlsWhereItIsSpoken() {
        unreachable(
                application.with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        "http://127.0.0.1:" + LISTENERS.get("good").getPort()),
                "speaks TLS");
    }

    @ParameterizedTest
    @CsvSource({"absent.pem,there is none", "desired-state.yaml,holds no usable certificate"})
    void authorityFileThatIsNone(String file, String said) {
        unreachable(
                application.with(
                        "BOOTSTRAP_VAULT_TLS_CA_FILE", folder.resolve(file).toString()),
                said);
    }

    @Test
    void addressWhereNothingListens() {
        unreachable(application.with("BOOTSTRAP_VAULT_ADDRESSES", "http://127.0.0.1:1"), "nothing listens at");
    }

    @Test
    void hostThatNobodyKnows() {
        unreachable(
                application.with("BOOTSTRAP_VAULT_ADDRESSES", "http://vault.invalid:8200"),
                "host name of http://vault.invalid:8200 is not known");
    }

    @Test
    void loginPageInFrontOfTheServer() throws IOException {
        byte[] page = "<!doctype html><title>Sign in</title>".getBytes(StandardCharsets.UTF_8);
        List<String> methods = new ArrayList<>();
        HttpServer proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        proxy.createContext("/", exchange -> {
            methods.add(exchange.getRequestMethod());
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        proxy.start();
        try {
            unreachable(
                    application.with(
                            "BOOTSTRAP_VAULT_ADDRESSES",
                            "http://127.0.0.1:" + proxy.getAddress().getPort()),
                    "with an HTML page, status 200");
        } finally {
            proxy.stop(0);
        }
        assertThat(methods).containsOnly("GET");
    }

    @Test
    void statusTellsOfEveryNodeAndItsHint() {
        Result result = application
                .with("BOOTSTRAP_VAULT_ADDRESSES", server.address() + ",http://127.0.0.1:1")
                .run("status");

        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.stdout())
                .contains("not initialized, version ")
                .contains("nothing listens at http://127.0.0.1:1 (is the node up")
                .contains("keys.json  empty");
    }

    private PackagedApplication with(String listener, Path authority) {
        return application
                .with("BOOTSTRAP_VAULT_ADDRESSES", LISTENERS.get(listener).toString())
                .with("BOOTSTRAP_VAULT_TLS_CA_FILE", authority.toString());
    }

    private static void unreachable(PackagedApplication application, String said) {
        Result result = application.run("run", "--output", "json");

        assertThat(result.exit()).as(result.stdout()).isEqualTo(3);
        assertThat(result.step("discover").at("/problems/0/message").asText()).contains(said);
        assertThat(result.step("discover").at("/problems/0/hint").asText()).isNotEmpty();
    }

    private static String listener(String name, PemFiles certificate) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        LISTENERS.put(name, URI.create("https://127.0.0.1:" + port));
        return """
                listener "tcp" {
                  address = "127.0.0.1:%d"
                  tls_cert_file = "%s"
                  tls_key_file = "%s"
                }
                """.formatted(port, certificate.certificate(), certificate.key());
    }
}
