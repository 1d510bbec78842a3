import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Makes the AOT cache of the container image: runs two ticks against a stand-in for Vault, since no server can be
 * reached while an image is built. The first tick fills the stand-in. The second one changes nothing, as most ticks in
 * production do, and the JVM records it. Both must end with exit code 0.
 *
 * <pre>java -cp 'quarkus-app/lib/main/*' Training.java CACHE JAVA OPTION…</pre>
 *
 * <p>The stand-in knows the paths that these two ticks request, and answers as OpenBao 2.7.2 does. It is no server for
 * tests: it checks no permissions.
 */
final class Training {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String DESIRED_STATE = """
            policies:
              - name: reader
                rules: |
                  path "secret/data/*" { capabilities = ["read"] }
            secretEngines:
              - { path: secret, type: kv, options: { version: "2" } }
            authMethods:
              - path: approle
                type: approle
                roles:
                  - { name: reader, token_policies: [reader], token_ttl: 10m }
            secrets:
              - { fixtures: fixtures.json, mode: create-only }
            """;
    private static final String FIXTURES = """
            {"api-key": "not-a-secret", "database": {"user": "app", "password": "not-a-secret"}}
            """;

    private final String share = "c3RhbmQtaW4tc3RhbmQtaW4tc3RhbmQtaW4tc3RhbmQ=";
    private final Set<String> tokens = new TreeSet<>();
    private final Map<String, ObjectNode> engines = new TreeMap<>(Map.of("sys/", engine("system"), "cubbyhole/", engine("cubbyhole")));
    private final Map<String, ObjectNode> methods = new TreeMap<>(Map.of("token/", engine("token")));
    /** What was written, by path. */
    private final Map<String, JsonNode> written = new TreeMap<>();
    private boolean initialized;
    private boolean sealed = true;

    private record Answer(int status, String body) {

        static final Answer DONE = new Answer(204, "");
        static final Answer MISSING = new Answer(404, "{\"errors\":[]}");

        static Answer of(JsonNode body) {
            return new Answer(200, body.toString());
        }

        static Answer data(JsonNode data) {
            return of(JSON.createObjectNode().put("request_id", UUID.randomUUID().toString()).set("data", data));
        }

        static Answer refusal(int status, String message) {
            ObjectNode body = JSON.createObjectNode();
            body.putArray("errors").add(message);
            return new Answer(status, body.toString());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path cache = Path.of(arguments[0]);
        List<String> command = Arrays.asList(arguments).subList(1, arguments.length);
        Path folder = Files.createTempDirectory("training-");
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        Files.writeString(folder.resolve("fixtures.json"), FIXTURES);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        Training training = new Training();
        server.createContext("/v1/", training::handle);
        server.start();
        try {
            String address = "http://127.0.0.1:" + server.getAddress().getPort();
            tick(folder, address, command, List.of());
            // With the quick compiler alone the cache holds no profiles. They would set the optimizing compiler to
            // work at once, for nothing in most ticks.
            tick(
                    folder,
                    address,
                    command,
                    List.of("-XX:TieredStopAtLevel=1", "-XX:AOTCacheOutput=" + cache, "-Xlog:aot=error"));
        } finally {
            server.stop(0);
        }
        if (!Files.exists(cache)) {
            throw new IllegalStateException("the JVM wrote no " + cache);
        }
    }

    private static void tick(Path folder, String address, List<String> command, List<String> options)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(command);
        words.addAll(1, options);
        words.add("run");
        ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile()).inheritIO();
        builder.environment()
                .putAll(Map.of(
                        "BOOTSTRAP_VAULT_ADDRESSES", address,
                        "BOOTSTRAP_KEYS_SHARES", "1",
                        "BOOTSTRAP_KEYS_THRESHOLD", "1",
                        "BOOTSTRAP_CUSTODY_FILE_FOLDER", folder.resolve("custody").toString(),
                        "BOOTSTRAP_DESIRED_STATE_FILE", "desired-state.yaml"));
        int exit = builder.start().waitFor();
        if (exit != 0) {
            throw new IllegalStateException("a tick of the training ended with exit code " + exit);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        byte[] request = exchange.getRequestBody().readAllBytes();
        Answer answer;
        try {
            answer = answer(
                    exchange.getRequestMethod().equals("GET"),
                    exchange.getRequestURI().getPath().substring("/v1/".length()),
                    request.length == 0 ? JSON.createObjectNode() : JSON.readTree(request),
                    String.valueOf(exchange.getRequestHeaders().getFirst("X-Vault-Token")));
        } catch (IllegalArgumentException e) {
            System.err.println("Training: " + e.getMessage());
            answer = Answer.refusal(500, e.getMessage());
        }
        byte[] body = answer.body().getBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private synchronized Answer answer(boolean reads, String path, JsonNode body, String token) {
        String[] parts = path.split("/");
        return switch (parts[0]) {
            case "sys" -> reads ? readSystem(path) : writeSystem(path, body);
            case "auth" -> auth(reads, path, body, token);
            default -> secret(reads, path, parts, body);
        };
    }

    private Answer readSystem(String path) {
        if (path.startsWith("sys/policies/acl/")) {
            return stored(path);
        }
        if (path.startsWith("sys/internal/ui/mounts/")) {
            return Answer.data(engines.get(path.substring("sys/internal/ui/mounts/".length()) + "/"));
        }
        return switch (path) {
            case "sys/seal-status" -> Answer.of(state());
            case "sys/health" -> Answer.of(state().put("standby", false));
            case "sys/mounts" -> Answer.data(all(engines));
            case "sys/auth" -> Answer.data(all(methods));
            default -> throw new IllegalArgumentException("no answer to GET " + path);
        };
    }

    private Answer writeSystem(String path, JsonNode body) {
        if (path.startsWith("sys/policies/acl/")) {
            written.put(path, body);
        } else if (path.startsWith("sys/mounts/")) {
            engines.put(path.substring("sys/mounts/".length()) + "/", engine(body));
        } else if (path.startsWith("sys/auth/")) {
            methods.put(path.substring("sys/auth/".length()) + "/", engine(body));
        } else if (path.equals("sys/init")) {
            initialized = true;
            ObjectNode keys = JSON.createObjectNode().put("root_token", token());
            keys.putArray("keys_base64").add(share);
            keys.putArray("keys").add("00");
            return Answer.of(keys);
        } else if (path.equals("sys/unseal")) {
            sealed = false;
            return Answer.of(state());
        } else {
            throw new IllegalArgumentException("no answer to a write of " + path);
        }
        return Answer.DONE;
    }

    private Answer auth(boolean reads, String path, JsonNode body, String token) {
        if (path.equals("auth/token/lookup-self")) {
            ObjectNode data = JSON.createObjectNode()
                    .put("id", token)
                    .put("accessor", "accessor-of-training")
                    .put("ttl", 600)
                    .put("type", "service");
            data.putArray("policies").add("root");
            return tokens.contains(token) ? Answer.data(data) : Answer.refusal(403, "permission denied");
        }
        if (path.equals("auth/token/revoke-self")) {
            tokens.remove(token);
            return Answer.DONE;
        }
        if (path.endsWith("/login")) {
            return login(body);
        }
        if (reads) {
            return stored(path);
        }
        if (path.endsWith("/custom-secret-id")) {
            written.put("secret-id", body.get("secret_id"));
            return Answer.data(body);
        }
        ObjectNode role = body.deepCopy();
        // A server answers in seconds.
        if (role.path("token_ttl").asText().equals("10m")) {
            role.put("token_ttl", 600);
        }
        written.put(path, role);
        return Answer.DONE;
    }

    private Answer login(JsonNode body) {
        if (!body.path("secret_id").equals(written.get("secret-id"))) {
            return Answer.refusal(400, "invalid role or secret ID");
        }
        ObjectNode auth = JSON.createObjectNode().put("client_token", token()).put("accessor", "accessor-of-training").put("lease_duration", 600);
        auth.putArray("policies").add("vault-bootstrap");
        return Answer.of(JSON.createObjectNode().set("auth", auth));
    }

    private Answer secret(boolean reads, String path, String[] parts, JsonNode body) {
        if (path.equals("secret/config")) {
            return Answer.data(JSON.createObjectNode().put("cas_required", false).put("max_versions", 0));
        }
        if (!reads) {
            written.put(path, body);
            return parts[1].equals("data") ? Answer.data(JSON.createObjectNode().put("version", 1)) : Answer.DONE;
        }
        if (!written.containsKey(path)) {
            return Answer.MISSING;
        }
        ObjectNode metadata = JSON.createObjectNode()
                .put("version", 1)
                .put("created_time", "2026-01-01T00:00:00.000000000Z")
                .put("deletion_time", "")
                .put("destroyed", false);
        metadata.set(
                "custom_metadata",
                written.getOrDefault(path.replace("/data/", "/metadata/"), JSON.createObjectNode()).path("custom_metadata"));
        ObjectNode data = JSON.createObjectNode();
        data.set("data", written.get(path).get("data"));
        data.set("metadata", metadata);
        return Answer.data(data);
    }

    private Answer stored(String path) {
        return written.containsKey(path) ? Answer.data(written.get(path)) : Answer.MISSING;
    }

    private ObjectNode state() {
        ObjectNode state = JSON.createObjectNode()
                .put("type", "shamir")
                .put("initialized", initialized)
                .put("sealed", sealed)
                .put("t", initialized ? 1 : 0)
                .put("n", initialized ? 1 : 0)
                .put("progress", 0)
                .put("nonce", "")
                .put("recovery_seal", false)
                .put("version", "2.7.2")
                .put("storage_type", "raft");
        return sealed ? state : state.put("cluster_name", "training").put("cluster_id", new UUID(0, 1).toString());
    }

    private String token() {
        String token = "s.training-" + tokens.size();
        tokens.add(token);
        return token;
    }

    private static ObjectNode all(Map<String, ObjectNode> mounts) {
        ObjectNode all = JSON.createObjectNode();
        mounts.forEach(all::set);
        return all;
    }

    private static ObjectNode engine(String type) {
        return engine(JSON.createObjectNode().put("type", type));
    }

    private static ObjectNode engine(JsonNode asked) {
        ObjectNode engine = JSON.createObjectNode()
                .put("type", asked.path("type").asText())
                .put("description", asked.path("description").asText())
                .put("local", false);
        engine.putObject("config").put("default_lease_ttl", 0).put("max_lease_ttl", 0);
        engine.set("options", asked.get("options"));
        return engine;
    }
}
