package io.ameide.vault.bootstrap.snapshot;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/** Gives a role for a web identity as the security token service does, and nothing else of it. */
final class TokenService implements AutoCloseable {

    private final HttpServer server;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean refusing;

    TokenService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** From now on nobody gets a role. */
    void refuse() {
        refusing = true;
    }

    int asked() {
        return asked.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.incrementAndGet();
            String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean known = form.contains("Action=AssumeRoleWithWebIdentity")
                    && form.contains("WebIdentityToken=projected-token")
                    && form.contains("RoleSessionName=vault-bootstrap");
            boolean given = known && !refusing;
            byte[] body = (given ? role() : refusal()).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/xml");
            exchange.sendResponseHeaders(given ? 200 : 403, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static String role() {
        return """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <AssumeRoleWithWebIdentityResult>
                    <Credentials>
                      <AccessKeyId>ASIAEXAMPLE</AccessKeyId>
                      <SecretAccessKey>given-secret</SecretAccessKey>
                      <SessionToken>given-session</SessionToken>
                      <Expiration>%s</Expiration>
                    </Credentials>
                  </AssumeRoleWithWebIdentityResult>
                </AssumeRoleWithWebIdentityResponse>
                """.formatted(Instant.now().plus(Duration.ofHours(1)));
    }

    private static String refusal() {
        return """
                <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>
                </ErrorResponse>
                """;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
