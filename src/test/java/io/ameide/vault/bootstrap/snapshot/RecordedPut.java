package io.ameide.vault.bootstrap.snapshot;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;

import javax.net.ssl.SSLContext;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** An empty bucket behind TLS that takes everything and shows how it was asked: what other stores make of it hangs on that. */
final class RecordedPut implements AutoCloseable {

    private static final byte[] EMPTY = """
            <?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>
            """.getBytes(StandardCharsets.UTF_8);

    private final HttpsServer server;
    private volatile Optional<Headers> headers = Optional.empty();
    private volatile String path = "";
    private volatile byte[] content = new byte[0];

    RecordedPut(SSLContext tls) throws IOException {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", this::answer);
        server.start();
    }

    URI address() {
        return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Of the last PUT. */
    Headers headers() {
        return headers.orElseThrow();
    }

    /** Of the last PUT. */
    String path() {
        return path;
    }

    /** Of the last PUT. */
    byte[] content() {
        return content;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (exchange.getRequestMethod().equals("PUT")) {
                headers = Optional.of(exchange.getRequestHeaders());
                path = exchange.getRequestURI().getPath();
                content = body;
                exchange.sendResponseHeaders(200, -1);
            } else {
                exchange.sendResponseHeaders(200, EMPTY.length);
                exchange.getResponseBody().write(EMPTY);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
