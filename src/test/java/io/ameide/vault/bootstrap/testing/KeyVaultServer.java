package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The secrets of an Azure Key Vault and the token endpoint of Microsoft Entra ID, as far as their REST contracts say:
 * the bearer challenge, workload identity, versions listed in pages and in no order, soft delete, disabled versions,
 * names without case, 25 KB. There is no such server to be had for real off the cloud. Its tokens are good for a
 * {@link BlobServer} as well.
 */
public final class KeyVaultServer implements AutoCloseable {

    public static final String TENANT = "11111111-2222-3333-4444-555555555555";
    public static final String CLIENT = "99999999-8888-7777-6666-555555555555";

    private static final String VAULT = "unit." + LoopbackNames.DOMAIN;
    private static final String LOGIN = "login." + LoopbackNames.DOMAIN;
    private static final String STORAGE = "https://storage.azure.com";
    private static final List<String> RESOURCES = List.of("https://" + LoopbackNames.DOMAIN, STORAGE);
    private static final int PAGE = 2;
    private static final int MAX_BYTES = 25 * 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A request, the name of its secret in lower case. */
    public record Asked(String method, String path) {

        public boolean sets(String name) {
            return method.equals("PUT") && path.equals("/secrets/" + name.toLowerCase(Locale.ROOT));
        }
    }

    /** What becomes of a request. */
    public sealed interface Reaction {}

    /** As if nothing were the matter. */
    public record Proceed() implements Reaction {}

    /** The connection ends, before or after the request was carried out. */
    public record Drop(boolean carriedOut) implements Reaction {}

    /** An answer other than the right one. */
    public record Answer(int status, String code, String innerCode, Map<String, String> headers) implements Reaction {}

    private record Rule(Predicate<Asked> which, Supplier<Reaction> reaction) {}

    private static final class Version {
        private final String id = UUID.randomUUID().toString().replace("-", "");
        private final long created = Instant.now().getEpochSecond();
        private final String value;
        private final JsonNode tags;
        private final String contentType;
        private boolean enabled = true;

        private Version(String value, JsonNode tags, String contentType) {
            this.value = value;
            this.tags = tags;
            this.contentType = contentType;
        }
    }

    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CertificateAuthority authority;
    private final String trustOptions;
    private final Path tokenFile;
    private final Path hostsFile;
    private final String assertion = "assertion-" + UUID.randomUUID();
    private final String accessToken = accessToken();
    private final Map<String, List<Version>> secrets = new HashMap<>();
    private final Map<String, List<Version>> deleted = new HashMap<>();
    private final List<Asked> asked = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();

    private KeyVaultServer(Path folder) throws IOException {
        authority = new CertificateAuthority("keyvault-ca");
        trustOptions = authority.trustOptions(folder.resolve("trusted.p12"));
        tokenFile = Files.writeString(folder.resolve("federated-token"), assertion);
        hostsFile = Files.writeString(
                folder.resolve("hosts"), "127.0.0.1 localhost\n127.0.0.1 %s\n127.0.0.1 %s\n".formatted(VAULT, LOGIN));
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(
                CertificateAuthority.context(authority.issue(VAULT, LOGIN), new KnownCertificates())));
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /** What {@link BlobServer} reads of a token: for whom and until when. */
    private static String accessToken() {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        long now = Instant.now().getEpochSecond();
        ObjectNode claims = JSON.createObjectNode()
                .put("iss", "https://sts.windows.net/" + TENANT + "/")
                .put("aud", STORAGE)
                .put("iat", now - 60)
                .put("nbf", now - 60)
                .put("exp", now + 3600);
        return Stream.of(
                        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
                        claims.toString(),
                        UUID.randomUUID().toString())
                .map(part -> encoder.encodeToString(part.getBytes(StandardCharsets.UTF_8)))
                .collect(Collectors.joining("."));
    }

    /** A vault that holds nothing and keeps its files in this folder. */
    public static KeyVaultServer in(Path folder) {
        try {
            return new KeyVaultServer(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI address() {
        return URI.create("https://%s:%d".formatted(VAULT, server.getAddress().getPort()));
    }

    public String authorityHost() {
        return "https://%s:%d/".formatted(LOGIN, server.getAddress().getPort());
    }

    /** Its certificate's. */
    public CertificateAuthority authority() {
        return authority;
    }

    /** Options of a JVM that trusts it. */
    public String trustOptions() {
        return trustOptions;
    }

    /** The ServiceAccount token that the token endpoint takes. */
    public Path tokenFile() {
        return tokenFile;
    }

    /** For a process of its own, which does not see {@link LoopbackNames}: {@code -Djdk.net.hosts.file}. */
    public Path hostsFile() {
        return hostsFile;
    }

    /** What must not show anywhere: what was exchanged for what. */
    public List<String> tokens() {
        return List.of(assertion, accessToken);
    }

    /** Lets a reaction decide on every request of that kind from now on, the last one said first. */
    public synchronized void on(Predicate<Asked> which, Supplier<Reaction> reaction) {
        rules.addFirst(new Rule(which, reaction));
    }

    /** As {@link #on}, for one request only. */
    public void once(Predicate<Asked> which, Supplier<Reaction> reaction) {
        var done = new ArrayList<Asked>();
        on(one -> done.isEmpty() && which.test(one) && done.add(one), reaction);
    }

    public synchronized List<Asked> asked() {
        return List.copyOf(asked);
    }

    /** Somebody else writes. */
    public synchronized String put(String name, String value) {
        Version version = new Version(value, JSON.createObjectNode(), "");
        secrets.computeIfAbsent(key(name), any -> new ArrayList<>()).add(version);
        return version.id;
    }

    /** Values from the oldest version to the newest. */
    public synchronized List<String> values(String name) {
        return versions(name).stream().map(version -> version.value).toList();
    }

    /** Whether a get of them is allowed, from the oldest version to the newest. */
    public synchronized List<Boolean> enabled(String name) {
        return versions(name).stream().map(version -> version.enabled).toList();
    }

    /** Somebody disables the newest version. */
    public synchronized void disable(String name) {
        versions(name).getLast().enabled = false;
    }

    /** Somebody deletes it. */
    public synchronized void delete(String name) {
        deleted.put(key(name), secrets.remove(key(name)));
    }

    /** Somebody ends what was deleted. */
    public synchronized void purge(String name) {
        deleted.remove(key(name));
    }

    /** Tags and content type of the newest version. */
    public synchronized JsonNode properties(String name) {
        return described(URI.create("https://unused"), name, versions(name).getLast());
    }

    private List<Version> versions(String name) {
        return secrets.getOrDefault(key(name), List.of());
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (exchange.getRequestHeaders().getFirst("Host").startsWith(LOGIN)) {
                signIn(exchange, new String(body, StandardCharsets.UTF_8));
                return;
            }
            if (!("Bearer " + accessToken).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders()
                        .set(
                                "WWW-Authenticate",
                                "Bearer authorization=\"%s%s\", resource=\"https://%s\""
                                        .formatted(authorityHost(), TENANT, LoopbackNames.DOMAIN));
                fail(exchange, 401, "Unauthorized", "");
                return;
            }
            Asked request = new Asked(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().getPath().toLowerCase(Locale.ROOT).replaceAll("/$", ""));
            switch (reaction(request)) {
                case Proceed proceed -> carryOut(exchange, body);
                case Drop drop -> {
                    if (drop.carriedOut()) {
                        perform(exchange, body);
                    }
                }
                case Answer answer -> {
                    answer.headers().forEach(exchange.getResponseHeaders()::set);
                    fail(exchange, answer.status(), answer.code(), answer.innerCode());
                }
            }
        }
    }

    /** Outside the lock, since a reaction may be another writer. */
    private Reaction reaction(Asked request) {
        List<Rule> now;
        synchronized (this) {
            asked.add(request);
            now = List.copyOf(rules);
        }
        return now.stream()
                .filter(rule -> rule.which.test(request))
                .findFirst()
                .map(rule -> rule.reaction.get())
                .orElseGet(Proceed::new);
    }

    private void signIn(HttpExchange exchange, String form) throws IOException {
        Map<String, String> fields = Arrays.stream(form.split("&"))
                .map(field -> field.split("=", 2))
                .collect(Collectors.toMap(
                        field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
        ObjectNode answer = JSON.createObjectNode();
        boolean known = exchange.getRequestURI().getPath().equals("/" + TENANT + "/oauth2/v2.0/token")
                && RESOURCES.stream()
                        .anyMatch(resource -> fields.getOrDefault("scope", "").contains(resource + "/.default"))
                && assertion.equals(fields.get("client_assertion"));
        if (!known) {
            answer.put("error", "invalid_client")
                    .put("error_description", "AADSTS70021: No matching federated identity record found.");
            send(exchange, 401, answer);
            return;
        }
        answer.put("token_type", "Bearer").put("expires_in", 3600).put("access_token", accessToken);
        send(exchange, 200, answer);
    }

    private void carryOut(HttpExchange exchange, byte[] body) throws IOException {
        Outcome outcome = perform(exchange, body);
        if (outcome.status == 204) {
            exchange.sendResponseHeaders(204, -1);
        } else if (outcome.status / 100 == 2) {
            send(exchange, outcome.status, outcome.body);
        } else {
            fail(exchange, outcome.status, outcome.code, outcome.innerCode);
        }
    }

    private record Outcome(int status, JsonNode body, String code, String innerCode) {

        private static Outcome good(JsonNode body) {
            return new Outcome(200, body, "", "");
        }

        private static Outcome bad(int status, String code, String innerCode) {
            return new Outcome(status, JSON.createObjectNode(), code, innerCode);
        }
    }

    private synchronized Outcome perform(HttpExchange exchange, byte[] body) throws IOException {
        URI uri = exchange.getRequestURI();
        String[] path = uri.getPath().substring(1).split("/");
        String method = exchange.getRequestMethod();
        String name = path[1];
        String rest = path.length > 2 ? path[2] : "";
        if (!uri.getQuery().contains("api-version=")) {
            return Outcome.bad(400, "BadParameter", "");
        }
        if (path[0].equals("deletedsecrets")) {
            return ofDeleted(method, name, rest);
        }
        return switch (method) {
            case "PUT" -> set(name, JSON.readTree(body));
            case "GET" -> rest.equals("versions") ? list(name, uri) : get(name, rest);
            case "PATCH" -> patch(name, rest, JSON.readTree(body));
            case "DELETE" -> remove(name);
            default -> Outcome.bad(405, "MethodNotAllowed", "");
        };
    }

    private Outcome set(String name, JsonNode body) {
        String value = body.path("value").asText();
        if (deleted.containsKey(key(name))) {
            return Outcome.bad(409, "Conflict", "ObjectIsDeletedButRecoverable");
        }
        if (value.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES || !name.matches("[0-9a-zA-Z-]{1,127}")) {
            return Outcome.bad(400, "BadParameter", "");
        }
        Version version =
                new Version(value, body.path("tags"), body.path("contentType").asText());
        secrets.computeIfAbsent(key(name), any -> new ArrayList<>()).add(version);
        return Outcome.good(bundle(name, version));
    }

    private Outcome get(String name, String id) {
        Optional<Version> version = id.isEmpty()
                ? versions(name).reversed().stream().findFirst()
                : versions(name).stream().filter(one -> one.id.equals(id)).findFirst();
        if (version.isEmpty()) {
            return Outcome.bad(404, "SecretNotFound", "");
        }
        return version.get().enabled
                ? Outcome.good(bundle(name, version.get()))
                : Outcome.bad(403, "Forbidden", "SecretDisabled");
    }

    /** Pages in the order of their ids, which is none. */
    private Outcome list(String name, URI uri) {
        List<Version> all =
                versions(name).stream().sorted((a, b) -> a.id.compareTo(b.id)).toList();
        String query = uri.getQuery();
        int from = query.contains("skip=") ? Integer.parseInt(query.replaceAll(".*skip=([0-9]+).*", "$1")) : 0;
        ObjectNode page = JSON.createObjectNode();
        ArrayNode values = page.putArray("value");
        all.stream().skip(from).limit(PAGE).forEach(version -> values.add(described(address(), name, version)));
        if (from + PAGE < all.size()) {
            page.put(
                    "nextLink",
                    "%s/secrets/%s/versions?api-version=7.6&skip=%d".formatted(address(), name, from + PAGE));
        } else {
            page.putNull("nextLink");
        }
        return Outcome.good(page);
    }

    private Outcome patch(String name, String id, JsonNode body) {
        Optional<Version> version =
                versions(name).stream().filter(one -> one.id.equals(id)).findFirst();
        version.ifPresent(
                one -> one.enabled = body.path("attributes").path("enabled").asBoolean(one.enabled));
        return version.map(one -> Outcome.good(described(address(), name, one)))
                .orElseGet(() -> Outcome.bad(404, "SecretNotFound", ""));
    }

    private Outcome remove(String name) {
        if (versions(name).isEmpty()) {
            return Outcome.bad(404, "SecretNotFound", "");
        }
        delete(name);
        return ofDeleted("GET", name, "");
    }

    private Outcome ofDeleted(String method, String name, String rest) {
        List<Version> versions = deleted.get(key(name));
        if (versions == null) {
            return Outcome.bad(404, "SecretNotFound", "");
        }
        if (rest.equals("recover")) {
            secrets.put(key(name), deleted.remove(key(name)));
            return Outcome.good(described(address(), name, versions.getLast()));
        }
        if (method.equals("DELETE")) {
            purge(name);
            return new Outcome(204, JSON.createObjectNode(), "", "");
        }
        ObjectNode bundle = described(address(), name, versions.getLast());
        long now = Instant.now().getEpochSecond();
        bundle.put("recoveryId", "%s/deletedsecrets/%s".formatted(address(), name))
                .put("deletedDate", now)
                .put("scheduledPurgeDate", now + 90 * 24 * 3600);
        return Outcome.good(bundle);
    }

    private ObjectNode bundle(String name, Version version) {
        return described(address(), name, version).put("value", version.value);
    }

    private static ObjectNode described(URI address, String name, Version version) {
        ObjectNode bundle = JSON.createObjectNode();
        bundle.put("id", "%s/secrets/%s/%s".formatted(address, name, version.id));
        bundle.putObject("attributes")
                .put("enabled", version.enabled)
                .put("created", version.created)
                .put("updated", version.created)
                .put("recoveryLevel", "Recoverable+Purgeable");
        bundle.put("contentType", version.contentType);
        bundle.set("tags", version.tags);
        return bundle;
    }

    private static void fail(HttpExchange exchange, int status, String code, String innerCode) throws IOException {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("code", code);
        error.put("message", "a text that may quote anything");
        if (!innerCode.isEmpty()) {
            error.put("innererror", Map.of("code", innerCode));
        }
        send(exchange, status, JSON.valueToTree(Map.of("error", error)));
    }

    private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
