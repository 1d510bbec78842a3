package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.RealServer.Answer;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** What restores are tried on: a user who writes one value, and signs in anew each time. */
final class RestoreStage {

    static final String DESIRED_STATE = """
            policies:
              - { name: team, rules: 'path "secret/data/*" { capabilities = ["create", "read", "update"] }' }
            secretEngines:
              - { path: secret, type: kv, options: { version: "2" } }
            authMethods:
              - path: people
                type: userpass
                roles:
                  - { name: ann, password: p-1, token_policies: [team] }
            resources:
              - path: sys/storage/raft/autopilot/configuration
                data: { server_stabilization_time: 1s }
            """;

    private RestoreStage() {}

    /** Asks a server as anybody would. */
    @FunctionalInterface
    interface Server {
        Answer send(String method, String path, String json, Optional<Sensitive> token);
    }

    static Sensitive login(Server server, String password) {
        Answer answer = server.send(
                "POST", "auth/people/login/ann", "{\"password\": \"%s\"}".formatted(password), Optional.empty());
        assertThat(answer.status()).as("login").isEqualTo(200);
        return Sensitive.of(answer.body().at("/auth/client_token").asText());
    }

    static String get(Server server) {
        return server.send("GET", "secret/data/team", "", Optional.of(login(server, "p-1")))
                .body()
                .at("/data/data/value")
                .asText();
    }

    static void put(Server server, String value) {
        Answer written = server.send(
                "POST",
                "secret/data/team",
                "{\"data\": {\"value\": \"%s\"}}".formatted(value),
                Optional.of(login(server, "p-1")));
        assertThat(written.status()).isEqualTo(200);
    }

    static JsonNode status(RealServer server) {
        return server.send("GET", "sys/seal-status", "", Optional.empty()).body();
    }

    static PackagedApplication application(Path folder, List<URI> nodes) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        return PackagedApplication.in(folder, nodes.getFirst())
                .with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        nodes.stream().map(URI::toString).collect(Collectors.joining(",")));
    }

    static Result converge(PackagedApplication application) {
        Result tick = application.run("run", "--output", "json");
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
        return tick;
    }

    /** @return the name of the newest */
    static String take(PackagedApplication application) {
        Result taken = application.run("snapshot", "take");
        assertThat(taken.exit()).as(taken.stdout()).isZero();
        return snapshots(application).getFirst();
    }

    /** Newest first. */
    static List<String> snapshots(PackagedApplication application) {
        JsonNode listed =
                application.run("snapshot", "list", "--output", "json").json();
        return listed.at("/targets/0/snapshots").findValuesAsText("archive");
    }
}
