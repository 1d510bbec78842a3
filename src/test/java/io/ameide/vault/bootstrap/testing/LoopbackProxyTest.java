package io.ameide.vault.bootstrap.testing;

import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Listener;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Tls;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.PemFiles;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

@Timeout(30)
class LoopbackProxyTest {

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeAll
    static void mountSecrets() {
        SERVER.write("sys/mounts/secret", "{\"type\":\"kv\",\"options\":{\"version\":\"2\"}}");
    }

    @Test
    void recordsWhatWasAskedAndAnswered() throws Exception {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            send(proxy, "POST", "secret/data/recorded", "{\"data\":{\"value\":\"sentinel\"}}");
            send(proxy, "LIST", "secret/metadata", "");
            send(proxy, "GET", "secret/data/recorded?version=7", "");
            send(proxy, "HEAD", "sys/health", "");

            assertThat(proxy.exchanges())
                    .extracting(Exchange::method, Exchange::path, Exchange::write, Exchange::status)
                    .containsExactly(
                            tuple("POST", "/v1/secret/data/recorded", true, OptionalInt.of(200)),
                            tuple("LIST", "/v1/secret/metadata", false, OptionalInt.of(200)),
                            tuple("GET", "/v1/secret/data/recorded?version=7", false, OptionalInt.of(404)),
                            tuple("HEAD", "/v1/sys/health", false, OptionalInt.of(200)));
            assertThat(proxy.writes()).extracting(Exchange::number).containsExactly(1);

            proxy.reset();
            send(proxy, "GET", "sys/health", "");
            assertThat(proxy.exchanges()).extracting(Exchange::number).containsExactly(1);
        }
    }

    @Test
    void countsRequestsToSeveralServersAsOneSequence(@TempDir Path folder) throws Exception {
        Issued certificate = new CertificateAuthority("upstream-ca").issue("127.0.0.1");
        PemFiles pem = certificate.writeTo(folder);
        Listener behindTls = Listener.DEFAULT.withTls(new Tls(pem.certificate(), pem.key(), Optional.empty()));
        try (LoopbackProxy proxy = LoopbackProxy.trusting(pem.authority());
                ThrowAwayServer guarded =
                        ThrowAwayServer.start(RealServer.binary(), Options.DEFAULT.withListener(behindTls))) {
            URI one = proxy.before("clear", SERVER.address(), "127.0.0.1", 0);
            URI other = proxy.before("guarded", guarded.address(), "127.0.0.12", 0);

            assertThat(read(other, "sys/seal-status")).isEqualTo(200);
            assertThat(read(one, "sys/seal-status")).isEqualTo(200);
            read(other, "sys/leader");

            assertThat(proxy.exchanges())
                    .extracting(Exchange::number, Exchange::server, Exchange::path)
                    .containsExactly(
                            tuple(1, "guarded", "/v1/sys/seal-status"),
                            tuple(2, "clear", "/v1/sys/seal-status"),
                            tuple(3, "guarded", "/v1/sys/leader"));
        }
    }

    @Test
    void droppedBeforeSentNeverReachesTheServer() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, 1, exchange -> Verdict.DROP);

            assertThatThrownBy(() -> send(proxy, "POST", "secret/data/before", "{\"data\":{}}"))
                    .isInstanceOf(IOException.class);

            assertThat(SERVER.call("GET", "secret/data/before", "").status()).isEqualTo(404);
            assertThat(proxy.exchanges()).extracting(Exchange::status).containsExactly(OptionalInt.empty());
        }
    }

    @Test
    void droppedAfterReceivedReachesTheServerOnly() {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.AFTER_RECEIVED, exchange -> exchange.write(), exchange -> Verdict.DROP);

            assertThatThrownBy(() -> send(proxy, "POST", "secret/data/received", "{\"data\":{}}"))
                    .isInstanceOf(IOException.class);

            assertThat(SERVER.call("GET", "secret/data/received", "").status()).isEqualTo(200);
            assertThat(proxy.exchanges()).extracting(Exchange::status).containsExactly(OptionalInt.of(200));
        }
    }

    @Test
    void nothingPassesWhileAHookRunsAfterAnAnswer() throws Exception {
        String write = "POST /v1/secret/data/answered HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: "
                + SERVER.rootToken().reveal() + "\r\nContent-Length: 11\r\n\r\n{\"data\":{}}";
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address());
                Socket client = new Socket("127.0.0.1", proxy.address().getPort())) {
            proxy.on(Point.AFTER_ANSWERED, 1, exchange -> {
                // Would give the second request all the time it needs to be answered.
                SERVER.read("sys/mounts");
                SERVER.read("sys/mounts");
                return Verdict.DROP_ALL;
            });

            client.getOutputStream().write((write + write).getBytes(StandardCharsets.UTF_8));
            String answers = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answers).containsOnlyOnce("HTTP/1.1 200");
            assertThat(proxy.exchanges()).extracting(Exchange::status).containsExactly(OptionalInt.of(200));
            assertThat(SERVER.read("secret/data/answered")
                            .at("/data/metadata/version")
                            .intValue())
                    .isEqualTo(1);
        }
    }

    @Test
    void replacedAnswerTakesThePlaceOfTheServers() throws Exception {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, 1, exchange -> new Verdict.Answer(503, "{\"errors\":[\"before\"]}"));
            proxy.on(Point.AFTER_RECEIVED, 2, exchange -> new Verdict.Answer(500, "{\"errors\":[\"after\"]}"));

            HttpResponse<String> first = send(proxy, "POST", "secret/data/replaced", "{\"data\":{}}");
            HttpResponse<String> second = send(proxy, "POST", "secret/data/replaced", "{\"data\":{}}");

            assertThat(first.statusCode()).isEqualTo(503);
            assertThat(first.body()).contains("before");
            assertThat(second.statusCode()).isEqualTo(500);
            assertThat(second.body()).contains("after");
            assertThat(SERVER.read("secret/data/replaced")
                            .at("/data/metadata/version")
                            .intValue())
                    .isEqualTo(1);
        }
    }

    @Test
    void delayHoldsOnlyTheRequestItIsMeantFor() throws Exception {
        CountDownLatch otherAnswered = new CountDownLatch(1);
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.path().endsWith("/held"), exchange -> {
                otherAnswered.await();
                return Verdict.PROCEED;
            });

            CompletableFuture<HttpResponse<String>> held = CLIENT.sendAsync(
                    request(proxy, "GET", "secret/data/held", BodyPublishers.noBody()), BodyHandlers.ofString());
            assertThat(send(proxy, "GET", "sys/health", "").statusCode()).isEqualTo(200);
            otherAnswered.countDown();

            assertThat(held.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(404);
        }
    }

    @Test
    void snapshotStreamsThroughWhole() throws Exception {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            HttpResponse<InputStream> response = CLIENT.send(
                    request(proxy, "GET", "sys/storage/raft/snapshot", BodyPublishers.noBody()),
                    BodyHandlers.ofInputStream());

            assertThat(response.headers().firstValue("Content-Length")).isEmpty();
            try (InputStream archive = new GZIPInputStream(response.body())) {
                String tar = new String(archive.readAllBytes(), StandardCharsets.ISO_8859_1);
                assertThat(tar).contains("meta.json", "state.bin", "SHA256SUMS.sealed");
            }
        }
    }

    @Test
    void bodyOfUnknownLengthArrivesWhole() throws Exception {
        byte[] body = ("{\"data\":{\"value\":\"" + "x".repeat(700_000) + "\"}}").getBytes(StandardCharsets.UTF_8);
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            BodyPublisher chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));

            HttpResponse<String> response =
                    CLIENT.send(request(proxy, "POST", "secret/data/large", chunked), BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(send(proxy, "GET", "secret/data/large", "").body()).contains("x".repeat(700_000));
        }
    }

    @Test
    void answerTheServerBrokeOffIsBrokenOffForTheClient() throws Exception {
        HttpServer breaksOff = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        breaksOff.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("half of it".getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            throw new IOException("breaks off");
        });
        breaksOff.start();
        try (LoopbackProxy proxy = LoopbackProxy.to(
                URI.create("http://127.0.0.1:" + breaksOff.getAddress().getPort()))) {
            assertThatThrownBy(() -> send(proxy, "POST", "anything", "{}")).isInstanceOf(IOException.class);
        } finally {
            breaksOff.stop(0);
        }
    }

    @Test
    void connectionIsClosedWhereNoServerListens() {
        try (LoopbackProxy proxy = LoopbackProxy.to(URI.create("http://127.0.0.1:1"))) {
            assertThatThrownBy(() -> send(proxy, "POST", "sys/health", "{}")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void failedHookFailsTheTest() {
        AtomicInteger runs = new AtomicInteger();
        LoopbackProxy proxy = LoopbackProxy.to(SERVER.address()).on(Point.BEFORE_SENT, 1, exchange -> {
            runs.incrementAndGet();
            throw new AssertionError("not as expected");
        });

        assertThatThrownBy(() -> send(proxy, "POST", "secret/data/hook", "{}")).isInstanceOf(IOException.class);

        assertThat(runs).hasValue(1);
        assertThatThrownBy(proxy::close).isInstanceOf(AssertionError.class).hasMessageContaining("not as expected");
    }

    private static HttpResponse<String> send(LoopbackProxy proxy, String method, String path, String json)
            throws IOException, InterruptedException {
        BodyPublisher body = json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json);
        return CLIENT.send(request(proxy, method, path, body), BodyHandlers.ofString());
    }

    private static int read(URI address, String path) throws IOException, InterruptedException {
        return CLIENT.send(
                        HttpRequest.newBuilder(address.resolve("/v1/" + path)).build(), BodyHandlers.discarding())
                .statusCode();
    }

    private static HttpRequest request(LoopbackProxy proxy, String method, String path, BodyPublisher body) {
        return HttpRequest.newBuilder(proxy.address().resolve("/v1/" + path))
                .timeout(Duration.ofSeconds(10))
                .header("X-Vault-Token", SERVER.rootToken().reveal())
                .method(method, body)
                .build();
    }
}
