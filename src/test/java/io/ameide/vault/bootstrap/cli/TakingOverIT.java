package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.Documentation;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.TickAccount;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** A cluster that a script made is taken over as docs/operations/taking-over.md says, with the document shown there. */
class TakingOverIT {

    private static final String SECRET = "vault-bootstrap-keys";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.unsealed();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void scriptHasRunAndTheChartIsInstalled() throws IOException {
        server.write("sys/mounts/secret", "{\"type\": \"kv\", \"options\": {\"version\": \"2\"}}");
        server.write("sys/auth/kubernetes", "{\"type\": \"kubernetes\"}");
        server.write("secret/data/api-key", "{\"data\": {\"value\": \"the script's\"}}");
        server.write(
                "sys/policies/acl/team",
                "{\"policy\": \"path \\\"secret/data/team/*\\\" { capabilities = [\\\"read\\\"] }\"}");
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"the document's\", \"new-key\": \"k\"}");
        Files.writeString(folder.resolve("desired-state.yaml"), """
                policies:
                  - name: team
                    rules: 'path "secret/data/team/*" { capabilities = ["read"] }'
                secretEngines:
                  - { path: secret, type: kv, options: { version: "2" } }
                secrets:
                  - fixtures: fixtures.json
                """ + TickAccount.authMethod(API));
        application = TickAccount.application(API, folder, server.address(), SECRET)
                .with("BOOTSTRAP_ACCESS_GENERATE_ROOT", "false");
    }

    @Test
    void clusterIsTakenOverStepByStep() throws IOException {
        Result early = application.run("run");
        assertThat(early.exit()).as(early.stdout()).isEqualTo(4);

        Sensitive given = secondRootToken();
        importCustody(given);

        assertThat(application.run("keys", "check").exit()).isZero();

        Result plan = application.run("plan", "--output", "json");
        assertThat(plan.exit()).as(plan.stdout() + plan.stderr()).isEqualTo(2);
        assertThat(changes(plan))
                .contains("secret secret/new-key")
                .doesNotContain("policy team", "secret engine secret", "secret secret/api-key");

        Result first = application.run("run", "--output", "json");
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        assertThat(changes(first)).containsAll(changes(plan));
        assertThat(server.read("secret/data/api-key").at("/data/data/value").asText())
                .isEqualTo("the script's");
        assertThat(alive(given)).as("the token that was given").isFalse();
        assertThat(alive(server.rootToken())).as("the token of the script").isTrue();

        Result second = application.run("run", "--output", "json");
        assertThat(second.exit()).as(second.stdout()).isZero();
        assertThat(second.json().at("/requests/writes").asInt()).isZero();

        Result proof = application.run("keys", "check", "--prove");
        assertThat(proof.exit()).as(proof.stdout() + proof.stderr()).isZero();
    }

    /** As the page has it made, so that the script's own goes on living. */
    private Sensitive secondRootToken() {
        return Sensitive.of(server.write("auth/token/create-orphan", "{\"policies\": [\"root\"], \"ttl\": \"1h\"}")
                .at("/auth/client_token")
                .asText());
    }

    private void importCustody(Sensitive rootToken) throws IOException {
        ObjectNode document = (ObjectNode) new ObjectMapper()
                .readTree(Documentation.page("docs/operations/taking-over.md")
                        .blocks("jsonc")
                        .getFirst()
                        .text());
        document.put("shareCount", server.shares().size()).put("threshold", 1);
        ArrayNode shares = document.putArray("shares");
        server.shares().forEach(share -> shares.add(share.reveal()));
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        document.put(
                        "clusterId",
                        server.read("sys/seal-status").path("cluster_id").asText())
                .put("rootToken", rootToken.reveal())
                .put("checksumKey", Base64.getEncoder().encodeToString(key));
        API.admin()
                .secrets()
                .inNamespace("default")
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(SECRET)
                        .endMetadata()
                        .addToStringData("keys.json", document.toString())
                        .build())
                .create();
    }

    private boolean alive(Sensitive token) {
        return Nodes.at(server.address()).session(token).alive();
    }

    private static List<String> changes(Result result) {
        return StreamSupport.stream(result.json().path("steps").spliterator(), false)
                .flatMap(step -> StreamSupport.stream(step.path("changes").spliterator(), false))
                .map(TakingOverIT::subject)
                .toList();
    }

    private static String subject(JsonNode change) {
        return change.path("subject").asText();
    }
}
