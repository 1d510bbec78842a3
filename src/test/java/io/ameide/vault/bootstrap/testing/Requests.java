package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.RealServer.Answer;

import javax.net.ssl.SSLContext;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

/** Sends a test's own requests to servers. It follows no redirect, so that a test sees who answers what. */
final class Requests {

    static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http;
    private final Duration timeout;

    private Requests(HttpClient.Builder http, Duration timeout) {
        this.http = http.version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build();
        this.timeout = timeout;
    }

    static Requests inTheClear() {
        return new Requests(HttpClient.newBuilder(), Duration.ofSeconds(30));
    }

    static Requests over(SSLContext tls, Duration timeout) {
        return new Requests(HttpClient.newBuilder().sslContext(tls), timeout);
    }

    /**
     * @param path without {@code /v1/}
     * @param json the body; empty for none
     * @throws IOException when there is no answer
     */
    Answer send(URI address, String method, String path, String json, Optional<Sensitive> token) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve("/v1/" + path))
                .timeout(timeout)
                .method(method, json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json));
        token.ifPresent(value -> request.header("X-Vault-Token", value.reveal()));
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            String body = response.body();
            return new Answer(response.statusCode(), body.isEmpty() ? MissingNode.getInstance() : JSON.readTree(body));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    static JsonNode expectSuccess(Answer answer) {
        if (answer.status() / 100 != 2) {
            throw new AssertionError("the server answered " + answer.status() + ": " + answer.body());
        }
        return answer.body();
    }
}
