package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.RequestCounter.Kind;
import io.quarkus.vault.client.common.VaultRequest;
import io.quarkus.vault.client.common.VaultRequest.Method;
import io.quarkus.vault.client.common.VaultResponse;
import io.quarkus.vault.client.http.jdk.JDKVaultHttpClient;

import javax.net.ssl.SSLException;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * One request and its answer, with one node. What the answer's status means is decided here and nowhere else.
 *
 * <p>This is also the one place where a {@link Sensitive} on its way to a server is unwrapped.
 */
final class Exchange {

    /** More than the largest secret or list of names; what a server sends as a stream does not count. */
    private static final long LARGEST_ANSWER = 8 * 1024 * 1024;

    /** Between two parts of a body, for which no server has a reason. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** For an answer that is read as a whole, whatever its status. */
    private static final int NO_STATUS = 0;

    /** A file is given as long as it takes at this speed, besides the time for any answer. */
    private static final long LEAST_BYTES_PER_SECOND = 256 * 1024;

    private final NodeAddress address;
    private final HttpClient http;
    private final JDKVaultHttpClient executor;
    private final Transport transport;
    private final RequestCounter counter;

    Exchange(NodeAddress address, HttpClient http, Transport transport, RequestCounter counter) {
        this.address = address;
        this.http = http;
        this.executor = new JDKVaultHttpClient(
                new BoundedClient(http, request -> limits(request.timeout().orElse(transport.requestTimeout()))));
        this.transport = transport;
        this.counter = counter;
    }

    NodeAddress address() {
        return address;
    }

    TlsSettings tls() {
        return transport.tls();
    }

    /** An answer of any status, its body parsed. {@link MissingNode} stands for an empty body. */
    record Answer(int status, JsonNode body) {

        JsonNode data() {
            return body.path("data");
        }

        boolean notFound() {
            return status == 404;
        }
    }

    /**
     * A request and how it counts.
     *
     * @param path API path, its segments not encoded
     * @param body null for none
     * @param patience how long an answer may take to begin where that is longer than for others
     * @param form what counts as an answer
     */
    record Request(
            Method method,
            String path,
            Optional<Sensitive> token,
            Map<String, Object> body,
            Kind kind,
            Duration patience,
            AnswerForm form) {

        private Request(Method method, String path, Map<String, Object> body, Kind kind, AnswerForm form) {
            this(method, path, Optional.empty(), body, kind, Duration.ZERO, form);
        }

        static Request read(String path) {
            return new Request(Method.GET, path, null, Kind.READ, AnswerForm.READ);
        }

        static Request list(String path) {
            return new Request(Method.LIST, path, null, Kind.READ, AnswerForm.LIST);
        }

        static Request write(String path, Map<String, Object> body) {
            return new Request(Method.POST, path, body, Kind.WRITE, AnswerForm.WRITE);
        }

        static Request delete(String path) {
            return delete(path, null);
        }

        static Request delete(String path, Map<String, Object> body) {
            return new Request(Method.DELETE, path, body, Kind.WRITE, AnswerForm.WRITE);
        }

        /** Answered in another form than most requests of its method. */
        Request answeredAs(AnswerForm other) {
            return new Request(method, path, token, body, kind, patience, other);
        }

        Request as(Sensitive withToken) {
            return new Request(method, path, Optional.of(withToken), body, kind, patience, form);
        }

        Request counting(Kind as) {
            return new Request(method, path, token, body, as, patience, form);
        }

        /** For an answer that nobody gets a second time. */
        Request worth(Duration waiting) {
            return new Request(method, path, token, body, kind, waiting, form);
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    /**
     * Sends, and returns an answer of 2xx, or of 404 where that says that nothing is there. Anything else is a
     * {@link NodeException}.
     */
    Answer send(Request request) {
        Answer answer = sendForAnyStatus(request);
        if (answer.status / 100 == 2 || answer.notFound() && request.form.absentable()) {
            return answer;
        }
        throw failure(request, answer);
    }

    /**
     * Sends, and returns what the node answered, whatever its status.
     *
     * @throws NodeException.Unreachable where what came back is not in the form of the request's answers
     */
    Answer sendForAnyStatus(Request request) {
        return answer(request, receive(request));
    }

    /** What came back, as an answer of Vault. */
    Answer answer(Request request, Received received) {
        Optional<JsonNode> body = received.json();
        request.form
                .strangeness(received.status(), body, received.empty(), received.kind())
                .ifPresent(strange -> {
                    throw notVault(request, received, strange);
                });
        return new Answer(received.status(), body.orElse(MissingNode.getInstance()));
    }

    /** Of what came back, no more is said than where, and what sort of thing it is: the rest may be a secret. */
    NodeException notVault(Request request, Received received, String strange) {
        if (received.fromTlsListener()) {
            return new NodeException.Unreachable(address + " speaks TLS", "write https:// in its address", null);
        }
        return new NodeException.Unreachable(
                "%s answered %s with %s, %s".formatted(address, request, strange, received.headers()),
                "does the address lead to Vault itself, or to a gateway, an ingress, a login page or another port?",
                null);
    }

    /** Sends, and returns whatever came back. */
    Received receive(Request request) {
        VaultRequest.Builder<Void> builder = VaultRequest.<Void>request("vault-bootstrap", request.method)
                .baseUrl(url())
                .path(encoded(request))
                .expectAnyStatus()
                .timeout(longer(transport.requestTimeout(), request.patience));
        request.token.ifPresentOrElse(token -> builder.token(token.reveal()), builder::noToken);
        if (request.body != null) {
            builder.body(revealed(request.body));
        }
        counter.count(request.kind);
        VaultResponse<Void> response = await(request, builder.build());
        Optional<String> type = response.getHeaders().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Content-Type"))
                .map(Map.Entry::getValue)
                .findFirst();
        return new Received(response.getStatusCode(), type, response.getBody().orElse(new byte[0]));
    }

    /** An answer that is waited for longer may also come in longer pauses. */
    private BoundedBody.Limits limits(Duration patience) {
        boolean usual = patience.compareTo(transport.requestTimeout()) <= 0;
        Duration pause = usual && patience.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : patience;
        return new BoundedBody.Limits(LARGEST_ANSWER, pause, patience);
    }

    /**
     * The body of a 200 as a stream that the caller closes. The time limit is for the first byte; silence in between is
     * the caller's to bound.
     *
     * @param request of which the path and the token count
     */
    InputStream download(Request request) {
        HttpRequest sent =
                streamed(request).timeout(transport.requestTimeout()).GET().build();
        counter.count(request.kind);
        HttpResponse<InputStream> response = stream(request, sent, 200);
        if (response.statusCode() == 200) {
            // What has come in small pieces is given in large ones, without waiting for more.
            return new BufferedInputStream(response.body());
        }
        throw refusal(request, response);
    }

    /**
     * Sends a file as it is.
     *
     * @param request of which the path and the token count
     * @throws NodeException.Unreachable also when the file cannot be read
     */
    void upload(Request request, Path file) {
        HttpRequest sent;
        try {
            sent = streamed(request)
                    .timeout(transport.requestTimeout().plusSeconds(Files.size(file) / LEAST_BYTES_PER_SECOND))
                    .POST(HttpRequest.BodyPublishers.ofFile(file))
                    .build();
        } catch (IOException e) {
            throw new NodeException.Unreachable("cannot read " + file, "", e);
        }
        counter.count(request.kind);
        HttpResponse<InputStream> response = stream(request, sent, NO_STATUS);
        if (response.statusCode() / 100 != 2) {
            throw refusal(request, response);
        }
        answer(request, received(request, response));
    }

    /** The token is taken from the request alone, by which error texts are masked. */
    private HttpRequest.Builder streamed(Request request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(address.uri() + "/v1/" + encoded(request)));
        request.token.ifPresent(token -> builder.header("X-Vault-Token", token.reveal()));
        return builder;
    }

    /** @param endless the status whose body is passed on as it comes; those of others are bounded and read at once */
    private HttpResponse<InputStream> stream(Request asked, HttpRequest request, int endless) {
        BoundedBody.Limits limits = limits(transport.requestTimeout());
        try {
            return http.send(
                    request,
                    info -> info.statusCode() == endless
                            ? HttpResponse.BodySubscribers.ofInputStream()
                            : new BoundedBody<>(
                                    HttpResponse.BodySubscribers.mapping(
                                            HttpResponse.BodySubscribers.ofByteArray(), ByteArrayInputStream::new),
                                    limits));
        } catch (IOException e) {
            throw unreachable(asked, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException.Unavailable("interrupted while waiting for " + address, "");
        }
    }

    private NodeException refusal(Request asked, HttpResponse<InputStream> response) {
        if (response.statusCode() / 100 == 3) {
            return redirected(asked, response.headers().firstValue("Location"));
        }
        return failure(asked, answer(asked, received(asked, response)));
    }

    private Received received(Request asked, HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return new Received(
                    response.statusCode(), response.headers().firstValue("Content-Type"), body.readAllBytes());
        } catch (IOException e) {
            throw unreachable(asked, e);
        }
    }

    /** Who redirects says where to; no more of that is quoted than the address, which may be anybody's. */
    private NodeException redirected(Request asked, Optional<String> location) {
        Optional<URI> target = location.flatMap(Exchange::absolute);
        String where = target.map(uri -> "to %s://%s%s"
                        .formatted(uri.getScheme(), uri.getHost(), uri.getPort() < 0 ? "" : ":" + uri.getPort()))
                .map(text -> Quotation.masked(text, secrets(asked)))
                .orElse("to another node");
        boolean unprotected = address.tls() && target.map(URI::getScheme).equals(Optional.of("http"));
        return new NodeException.Unavailable(
                "%s at %s was redirected %s%s, and not sent there"
                        .formatted(asked, address, where, unprotected ? ", without TLS" : ""),
                "name the active node among the addresses");
    }

    private static Optional<URI> absolute(String location) {
        try {
            URI uri = new URI(location);
            return Optional.of(uri).filter(given -> given.getHost() != null && given.getScheme() != null);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private java.net.URL url() {
        try {
            return address.uri().toURL();
        } catch (java.net.MalformedURLException e) {
            throw new IllegalStateException("address was validated", e);
        }
    }

    private <T> VaultResponse<T> await(Request request, VaultRequest<T> sent) {
        try {
            return executor.execute(sent).toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw unreachable(request, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException.Unavailable("interrupted while waiting for " + address, "");
        }
    }

    private NodeException unreachable(Request request, Throwable cause) {
        String asked = address + " (" + request + ")";
        return switch (cause) {
            case SSLException tls -> tlsFailure(asked, tls);
            case TimeoutException late -> noAnswer(asked, late);
            case HttpTimeoutException late -> noAnswer(asked, late);
            case ConnectException refused
            when rootOf(refused) instanceof java.nio.channels.UnresolvedAddressException -> unknownHost(refused);
            case ConnectException refused ->
                new NodeException.Unreachable(
                        "nothing listens at " + address, "is the node up, and is this its address and port?", refused);
            case UnknownHostException unknown -> unknownHost(unknown);
            case BoundedBody.TooLargeException large ->
                new NodeException.Unreachable(
                        "%s answered with %s, and no answer is that long".formatted(asked, large.getMessage()),
                        "does the address lead to Vault itself?",
                        large);
            case IOException broken ->
                new NodeException.Unreachable("connection to " + asked + " broke", plainHint(broken), broken);
            default -> new NodeException.Unreachable("cannot speak to " + asked, "", cause);
        };
    }

    private static NodeException noAnswer(String asked, Exception late) {
        return new NodeException.Unreachable(
                "no answer from " + asked + " in time",
                "is the node up, and does a firewall or network policy let this process reach it?",
                late);
    }

    private NodeException unknownHost(Throwable cause) {
        return new NodeException.Unreachable(
                "host name of " + address + " is not known", "is the name spelled right, and does DNS know it?", cause);
    }

    private String plainHint(IOException broken) {
        boolean noHttp = broken.getMessage() != null && broken.getMessage().contains("HTTP/1.1 header parser");
        return noHttp && !address.tls() ? "it does not answer in HTTP; does it speak TLS, as https://?" : "";
    }

    private NodeException tlsFailure(String asked, SSLException cause) {
        for (Throwable reason = cause; reason != null; reason = reason.getCause()) {
            if (reason instanceof NodeTrust.Untrusted untrusted) {
                return new NodeException.Unreachable(
                        address + " cannot be trusted: " + untrusted.getMessage(), untrusted.hint(), cause);
            }
        }
        String text = String.valueOf(cause.getMessage()) + " " + rootOf(cause).getMessage();
        if (text.toLowerCase(Locale.ROOT).contains("unrecognized ssl message")) {
            return new NodeException.Unreachable(
                    asked + " does not speak TLS", "write http:// if the listener has tls_disable", cause);
        }
        if (text.contains("protocol_version")) {
            return new NodeException.Unreachable(
                    address + " does not speak TLS 1.2 or newer",
                    "raise tls_max_version of its listener, or take it away",
                    cause);
        }
        if (text.contains("certificate_required") || text.contains("bad_certificate")) {
            return new NodeException.Unreachable(
                    address + " asks for a client certificate"
                            + (transport.tls().client().isPresent() ? " and does not take the one it was shown" : ""),
                    "set bootstrap.vault.tls.certificate-file and bootstrap.vault.tls.key-file to one that its"
                            + " tls_client_ca_file covers",
                    cause);
        }
        return new NodeException.Unreachable(
                "TLS with " + address + " failed: " + rootOf(cause).getMessage(),
                "compare the certificate's names and dates with the address",
                cause);
    }

    private static Throwable rootOf(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }

    /** What an answer stands for that is neither of 2xx nor anything else somebody knows what to do with. */
    NodeException failure(Request request, Answer answer) {
        return failure(request, answer.status, texts(request, answer.body));
    }

    private NodeException failure(Request request, int status, List<String> texts) {
        String said = texts.isEmpty() ? "" : ": " + String.join("; ", texts);
        String what = "%s at %s".formatted(request, address);
        if (status == 500 && said.contains("could not load backend configuration")) {
            // The server is well, its auth method was not configured: no later tick would find that otherwise.
            return new NodeException.Refused(what + " was refused" + said, "");
        }
        return switch (status) {
            case 400 -> {
                if (said.contains("check-and-set parameter did not match")) {
                    yield new NodeException.CheckAndSetMismatch(what + " lost to another write");
                }
                if (said.contains("config-based audit device management")) {
                    yield new NodeException.Unsupported(what + " is not offered by this server" + said, "");
                }
                yield new NodeException.Refused(what + " was refused" + said, "");
            }
            case 401, 403 ->
                new NodeException.Denied(what + " was denied" + said, "does a policy of the token in use allow it?");
            case 405, 501 -> new NodeException.Unsupported(what + " is not offered by this server" + said, "");
            case 301, 302, 307, 308 ->
                new NodeException.Unavailable(
                        what + " was redirected to another node", "name the active node among the addresses");
            case 429, 472, 473 -> new NodeException.Unavailable(what + " was put off" + said, "");
            default ->
                status >= 500
                        ? new NodeException.Unavailable(what + " failed with status " + status + said, "")
                        : new NodeException.Refused(what + " was refused with status " + status + said, "");
        };
    }

    /** The server's own words, secrets of the request masked. */
    static List<String> texts(Request request, JsonNode body) {
        return texts(request, body, "errors");
    }

    /** What a server warns of in an answer that is none of an error, masked likewise. */
    static List<String> warnings(Request request, JsonNode body) {
        return texts(request, body, "warnings");
    }

    private static List<String> texts(Request request, JsonNode body, String field) {
        List<Sensitive> secrets = secrets(request);
        List<String> texts = new ArrayList<>();
        body.path(field).forEach(text -> texts.add(Quotation.masked(text.asText(), secrets)));
        return texts;
    }

    private static List<Sensitive> secrets(Request request) {
        List<Sensitive> secrets = new ArrayList<>();
        request.token.ifPresent(secrets::add);
        if (request.body != null) {
            collect(request.body, secrets);
        }
        return secrets;
    }

    private static void collect(Object value, List<Sensitive> secrets) {
        switch (value) {
            case Sensitive secret -> secrets.add(secret);
            case Map<?, ?> map -> map.values().forEach(element -> collect(element, secrets));
            case List<?> list -> list.forEach(element -> collect(element, secrets));
            default -> {}
        }
    }

    private static JsonNode revealed(Object value) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (value) {
            case Sensitive secret -> nodes.textNode(secret.reveal());
            case JsonNode node -> node;
            case Map<?, ?> map -> {
                var object = nodes.objectNode();
                map.forEach((key, element) -> object.set(String.valueOf(key), revealed(element)));
                yield object;
            }
            case Iterable<?> list -> {
                var array = nodes.arrayNode();
                list.forEach(element -> array.add(revealed(element)));
                yield array;
            }
            case Boolean bool -> nodes.booleanNode(bool);
            case Integer number -> nodes.numberNode(number);
            case Long number -> nodes.numberNode(number);
            case Double number -> nodes.numberNode(number);
            case BigInteger number -> nodes.numberNode(number);
            default -> nodes.textNode(value.toString());
        };
    }

    /**
     * Dots are not left to the server: in clear they walk to another path, and encoded OpenBao refuses them, while Vault
     * keeps something under a name that other clients cannot ask for.
     */
    private String encoded(Request request) {
        List<String> segments = List.of(request.path.split("/"));
        if (segments.contains(".") || segments.contains("..")) {
            throw new NodeException.Refused(
                    "%s was not sent to %s: a path cannot hold the segments . and ..".formatted(request, address), "");
        }
        return segments.stream()
                .map(segment ->
                        URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }
}
