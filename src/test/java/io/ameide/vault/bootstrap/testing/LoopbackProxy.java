package io.ameide.vault.bootstrap.testing;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/**
 * Stands between a client and one or more servers, all on loopback, towards the client without TLS: records every request,
 * and lets a test step in before a request is sent on, before its answer is handed back, and after it was. Requests to
 * several servers are one sequence. Bodies are streamed and never kept. A client whose request finds no server has its
 * connection closed.
 */
public final class LoopbackProxy implements AutoCloseable {

    private static final Set<String> READS = Set.of("GET", "LIST", "HEAD");
    private static final List<CharSequence> HOP_BY_HOP = List.of(
            HttpHeaders.CONNECTION,
            HttpHeaders.createOptimized("keep-alive"),
            HttpHeaders.TRANSFER_ENCODING,
            HttpHeaders.createOptimized("te"),
            HttpHeaders.createOptimized("trailer"),
            HttpHeaders.createOptimized("upgrade"),
            HttpHeaders.createOptimized("expect"));
    private static final int CONNECTIONS = 256;
    private static final long STOP_SECONDS = 10;

    /**
     * One request and what became of it.
     *
     * @param number counted from 1, in the order of arrival
     * @param server the name that {@link #before} was given for it
     * @param path with the query
     * @param status of the server's answer; empty while there is none
     */
    public record Exchange(int number, String server, String method, String path, OptionalInt status) {

        /** Whether the method may change the server, as HTTP has it: not GET, LIST or HEAD. */
        public boolean write() {
            return !READS.contains(method);
        }

        private Exchange answered(int status) {
            return new Exchange(number, server, method, path, OptionalInt.of(status));
        }
    }

    /** Where in the life of a request a hook runs. */
    public enum Point {
        /** The proxy has the request, the server has nothing of it. */
        BEFORE_SENT,
        /** The server did its work and began to answer, the client has nothing of the answer. */
        AFTER_RECEIVED,
        /** The client has all of the answer. While the hook runs, no further request is let through. */
        AFTER_ANSWERED
    }

    /** What happens after a hook. */
    public sealed interface Verdict {

        Verdict PROCEED = new Proceed();
        Verdict DROP = new Drop();
        Verdict DROP_ALL = new DropAll();

        /** As if there were no hook. */
        record Proceed() implements Verdict {}

        /** The client's connection is closed without an answer. */
        record Drop() implements Verdict {}

        /** Every client connection is closed, and requests that wait on them are forgotten: the client is dead. */
        record DropAll() implements Verdict {}

        /** The client gets this instead of the server's answer. No meaning after the answer. */
        record Answer(int status, String body, Map<String, String> headers) implements Verdict {

            /** In JSON. */
            public Answer(int status, String body) {
                this(status, body, Map.of("Content-Type", "application/json"));
            }
        }
    }

    /** Runs in a thread of its own, so it may block: to delay, to kill and wait, to ask the server something. */
    @FunctionalInterface
    public interface Hook {
        Verdict run(Exchange exchange) throws Exception;
    }

    private record Registration(Point point, Predicate<Exchange> when, Hook hook) {}

    /** One server, as the client sees it. */
    private record Front(String server, URI upstream) {}

    private record Listening(Front front, URI address, HttpServer listener) {}

    private final Vertx vertx;
    private final HttpClient client;
    private final List<URI> fronts = new CopyOnWriteArrayList<>();
    private final ConcurrentHashMap<String, Listening> listeners = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Exchange> exchanges = new ConcurrentHashMap<>();
    private final AtomicInteger arrived = new AtomicInteger();
    private final CopyOnWriteArrayList<Registration> hooks = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> hookFailure = new AtomicReference<>();
    private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();

    /** Completes when no hook runs after an answer. Touched on the event loop only, as all that follows. */
    private Future<Void> gate = Future.succeededFuture();

    private LoopbackProxy(HttpClientOptions towardsServers) {
        this.vertx = Vertx.vertx(new VertxOptions()
                // One event loop is what makes the order of requests, hooks and answers a fact.
                .setEventLoopPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        this.client = vertx.createHttpClient(
                towardsServers.setMaxHeaderSize(64 * 1024), new PoolOptions().setHttp1MaxSize(CONNECTIONS));
    }

    /** A proxy for the server at this address, listening on a free port. */
    public static LoopbackProxy to(URI upstream) {
        LoopbackProxy proxy = new LoopbackProxy(new HttpClientOptions());
        proxy.before("", upstream, "127.0.0.1", 0);
        return proxy;
    }

    /**
     * A proxy for the servers that {@link #before} will tell.
     *
     * @param authority PEM file of who signed the certificates of those that speak TLS
     */
    public static LoopbackProxy trusting(Path authority) {
        return new LoopbackProxy(
                new HttpClientOptions().setTrustOptions(new PemTrustOptions().addCertPath(authority.toString())));
    }

    /**
     * Listens for a server, too.
     *
     * @param server what its requests are to be known by
     * @param port a free one is drawn for 0
     * @return where it listens
     */
    public URI before(String server, URI upstream, String host, int port) {
        Front front = new Front(server, upstream);
        HttpServer listener = listen(front, host, port);
        URI address = URI.create("http://" + host + ":" + listener.actualPort());
        fronts.add(address);
        listeners.put(server, new Listening(front, address, listener));
        return address;
    }

    /** Stops to listen for that server and closes every connection to it: who connects from now on is refused. */
    public void refuse(String server) {
        await(listeners.get(server).listener().close());
    }

    /** Listens again after {@link #refuse}, where it did. */
    public void admit(String server) {
        listeners.computeIfPresent(server, (name, closed) -> {
            URI address = closed.address();
            HttpServer listener = listen(closed.front(), address.getHost(), address.getPort());
            return new Listening(closed.front(), address, listener);
        });
    }

    private HttpServer listen(Front front, String host, int port) {
        HttpServer listener = vertx.createHttpServer(new HttpServerOptions()
                .setHandle100ContinueAutomatically(true)
                .setHttp2ClearTextEnabled(false)
                .setMaxInitialLineLength(64 * 1024)
                .setMaxHeaderSize(64 * 1024));
        listener.connectionHandler(connection -> {
            connections.add(connection);
            connection.closeHandler(closed -> connections.remove(connection));
        });
        listener.requestHandler(request -> handle(front, request));
        await(listener.listen(port, host));
        return listener;
    }

    /** Where it listens for the first of its servers. */
    public URI address() {
        return fronts.getFirst();
    }

    /** All requests so far, in the order of arrival. */
    public List<Exchange> exchanges() {
        return exchanges.values().stream()
                .sorted(Comparator.comparingInt(Exchange::number))
                .toList();
    }

    /** Those of {@link #exchanges()} that may have changed the server. */
    public List<Exchange> writes() {
        return exchanges().stream().filter(Exchange::write).toList();
    }

    /** Has a hook run for every request that fits; where several fit, the first registered one that does not proceed decides. */
    public LoopbackProxy on(Point point, Predicate<Exchange> when, Hook hook) {
        hooks.add(new Registration(point, when, hook));
        return this;
    }

    /** Has a hook run at the n-th request, counted from 1 and from the last {@link #reset()}. */
    public LoopbackProxy on(Point point, int n, Hook hook) {
        return on(point, exchange -> exchange.number() == n, hook);
    }

    /** Forgets all requests and hooks and counts from 1 again. For when no request is under way. */
    public void reset() {
        hooks.clear();
        exchanges.clear();
        arrived.set(0);
    }

    /**
     * Stops listening and closes every connection.
     *
     * @throws AssertionError when a hook failed, with its failure
     */
    @Override
    public void close() {
        await(vertx.close());
        Throwable failure = hookFailure.get();
        if (failure != null) {
            throw new AssertionError("a hook failed: " + failure, failure);
        }
    }

    private static void await(Future<?> future) {
        future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(STOP_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    private void handle(Front front, HttpServerRequest request) {
        request.pause();
        request.exceptionHandler(failure -> {}); // a client that went away is no concern of the proxy
        gate.onComplete(open -> {
            if (connections.contains(request.connection())) {
                pass(front, request);
            }
        });
    }

    private void pass(Front front, HttpServerRequest request) {
        Exchange exchange = new Exchange(
                arrived.incrementAndGet(), front.server(), request.method().name(), request.uri(), OptionalInt.empty());
        exchanges.put(exchange.number(), exchange);
        verdict(Point.BEFORE_SENT, exchange)
                .compose(verdict -> switch (verdict) {
                    case Verdict.Proceed proceed -> forward(front.upstream(), request, exchange);
                    case Verdict.Drop drop -> drop(request);
                    case Verdict.DropAll dropAll -> dropAll();
                    case Verdict.Answer answer -> answer(request, answer);
                })
                .onFailure(failure -> drop(request));
    }

    private Future<Void> forward(URI upstream, HttpServerRequest request, Exchange exchange) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().addAll(request.headers());
        HOP_BY_HOP.forEach(headers::remove);
        RequestOptions options = new RequestOptions()
                .setHost(upstream.getHost())
                .setPort(upstream.getPort())
                .setSsl(upstream.getScheme().equals("https"))
                .setMethod(request.method())
                .setURI(request.uri())
                .setHeaders(headers);
        return client.request(options)
                .compose(upstreamRequest -> send(request, upstreamRequest))
                .compose(response -> {
                    response.pause();
                    Exchange answered = exchange.answered(response.statusCode());
                    exchanges.replace(exchange.number(), exchange, answered);
                    return verdict(Point.AFTER_RECEIVED, answered).compose(verdict -> switch (verdict) {
                        case Verdict.Proceed proceed -> deliver(request, response, answered);
                        case Verdict.Drop drop -> abandon(response).compose(gone -> drop(request));
                        case Verdict.DropAll dropAll -> abandon(response).compose(gone -> dropAll());
                        case Verdict.Answer answer -> abandon(response).compose(gone -> answer(request, answer));
                    });
                });
    }

    private static Future<HttpClientResponse> send(HttpServerRequest request, HttpClientRequest upstreamRequest) {
        boolean body = request.getHeader(HttpHeaders.CONTENT_LENGTH) != null
                || request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
        if (body) {
            return upstreamRequest.send(request);
        }
        request.resume();
        return upstreamRequest.send();
    }

    private Future<Void> deliver(HttpServerRequest request, HttpClientResponse response, Exchange exchange) {
        HttpServerResponse out = request.response();
        out.setStatusCode(response.statusCode());
        out.headers().addAll(response.headers());
        HOP_BY_HOP.forEach(out.headers()::remove);
        boolean bodyless = request.method().equals(HttpMethod.HEAD)
                || response.statusCode() == 204
                || response.statusCode() == 304;
        if (!bodyless && !out.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            out.setChunked(true);
        }
        // An answer that the server broke off must not look whole to the client, as a chunked one would if it were
        // ended.
        return response.pipe().endOnFailure(false).to(out).compose(delivered -> afterAnswered(request, exchange));
    }

    private Future<Void> afterAnswered(HttpServerRequest request, Exchange exchange) {
        Future<Verdict> verdict = verdict(Point.AFTER_ANSWERED, exchange);
        Future<Void> done = verdict.compose(decided -> switch (decided) {
            case Verdict.Proceed proceed -> Future.succeededFuture();
            case Verdict.Answer answer -> Future.succeededFuture();
            case Verdict.Drop drop -> drop(request);
            case Verdict.DropAll dropAll -> dropAll();
        });
        if (!done.isComplete()) {
            gate = Future.join(gate, done).mapEmpty();
        }
        return done;
    }

    private Future<Verdict> verdict(Point point, Exchange exchange) {
        List<Hook> fitting = new ArrayList<>();
        for (Registration registration : hooks) {
            if (registration.point() == point && registration.when().test(exchange)) {
                fitting.add(registration.hook());
            }
        }
        if (fitting.isEmpty()) {
            return Future.succeededFuture(Verdict.PROCEED);
        }
        return vertx.executeBlocking(() -> run(fitting, exchange), false);
    }

    private Verdict run(List<Hook> fitting, Exchange exchange) {
        try {
            for (Hook hook : fitting) {
                Verdict verdict = hook.run(exchange);
                if (!(verdict instanceof Verdict.Proceed)) {
                    return verdict;
                }
            }
            return Verdict.PROCEED;
        } catch (Exception | AssertionError e) {
            hookFailure.compareAndSet(null, e);
            return Verdict.DROP;
        }
    }

    private static Future<Void> abandon(HttpClientResponse response) {
        response.exceptionHandler(reset -> {}); // the consequence of the next line
        response.request().reset();
        return Future.succeededFuture();
    }

    private Future<Void> drop(HttpServerRequest request) {
        connections.remove(request.connection());
        return request.connection().close();
    }

    private Future<Void> dropAll() {
        List<HttpConnection> open = List.copyOf(connections);
        connections.clear();
        return Future.join(open.stream().map(HttpConnection::close).toList()).mapEmpty();
    }

    private static Future<Void> answer(HttpServerRequest request, Verdict.Answer answer) {
        request.resume();
        answer.headers().forEach(request.response()::putHeader);
        return request.response().setStatusCode(answer.status()).end(answer.body());
    }
}
