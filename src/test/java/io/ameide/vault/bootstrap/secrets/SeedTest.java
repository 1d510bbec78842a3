package io.ameide.vault.bootstrap.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.cli.InProcessTick;
import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Seeding a real KV engine. The test keeps a root token to change things by hand. */
class SeedTest {

    private static final String SENTINEL = "s3ntinel";

    private static final String ENGINE = """
            secretEngines:
              - { path: secret, type: kv, options: { version: "2" } }
            """;

    private static final String FIXTURES = ENGINE + """
            secrets:
              - { fixtures: fixtures.json, mode: %s }
            """;

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    @TempDir
    Path folder;

    private InProcessTick tick;

    @BeforeEach
    void emptyEngineAndNothingSetUp() {
        SERVER.call("DELETE", "sys/mounts/secret", "");
        SERVER.call("DELETE", "sys/auth/vault-bootstrap", "");
        tick = InProcessTick.in(folder, SERVER.address());
        String root = SERVER.write("auth/token/create-orphan", "{\"policies\": [\"root\"]}")
                .at("/auth/client_token")
                .asText();
        KeyMaterial marker = KeyMaterial.marker(
                KeyMaterial.ShareKind.UNSEAL,
                1,
                1,
                new NodeAddress(SERVER.address()),
                Instant.EPOCH,
                Whereabouts.current(),
                new SecureRandom());
        tick.custody()
                .write(
                        marker.initialized(SERVER.shares(), List.of(), Optional.of(Sensitive.of(root)))
                                .withClusterId(SERVER.read("sys/seal-status")
                                        .path("cluster_id")
                                        .asText()),
                        tick.custody().read().version());
    }

    @Test
    void secretIsCreatedOnceMarkedAndLeftAloneFromThenOn() {
        tick.desire(FIXTURES.formatted("create-only"));
        tick.write("fixtures.json", "{\"team/key\": \"s3ntinel-1\"}");
        Result first = tick.run();
        assertThat(first.changes("seed")).containsExactly("secret secret/team/key: create, from fixtures.json");

        tick.write("fixtures.json", "{\"team/key\": \"s3ntinel-2\"}");
        Result second = tick.run();

        assertThat(second.unchanged()).as(second.toString()).isTrue();
        assertThat(value("team/key")).isEqualTo("s3ntinel-1");
        assertThat(version("team/key")).isEqualTo(1);
        KeyedChecksum checksum = new KeyedChecksum(tick.material().checksumKey());
        assertThat(customMetadata("team/key").path("managed-by").asText()).isEqualTo("vault-bootstrap");
        assertThat(customMetadata("team/key").path("checksum").asText())
                .isEqualTo(checksum.of(Map.of("value", Sensitive.of("s3ntinel-1"))));
        assertThat(first.report().toString() + second.report()).doesNotContain(SENTINEL);
    }

    @Test
    void enforcedSecretFollowsItsFixtureAndKeepsWhatOthersNoted() {
        tick.desire(FIXTURES.formatted("enforce"));
        tick.write("fixtures.json", "{\"db\": {\"user\": \"app\", \"password\": \"s3ntinel-1\"}}");
        tick.run();
        SERVER.write("secret/metadata/db", "{\"custom_metadata\": {\"team\": \"platform\", \"managed-by\": \"them\"}}");

        tick.write("fixtures.json", "{\"db\": {\"user\": \"app\", \"password\": \"s3ntinel-2\"}}");
        Result second = tick.run();

        assertThat(second.changes("seed")).containsExactly("secret secret/db: password differs");
        assertThat(version("db")).isEqualTo(2);
        assertThat(customMetadata("db").path("team").asText()).isEqualTo("platform");
        assertThat(customMetadata("db").path("managed-by").asText()).isEqualTo("vault-bootstrap");
        assertThat(tick.run().unchanged()).isTrue();
        assertThat(version("db")).isEqualTo(2);
    }

    @Test
    void changeByHandIsUndoneOnlyWhereItIsEnforced() {
        tick.desire(FIXTURES.formatted("enforce"));
        tick.write("fixtures.json", "{\"a\": \"x\", \"b\": \"y\"}");
        tick.run();
        SERVER.write("secret/data/a", "{\"data\": {\"value\": \"by hand\", \"more\": 1}}");
        SERVER.call("DELETE", "secret/data/b", "");

        assertThat(tick.run().changes("seed"))
                .containsExactly("secret secret/a: more, value differs", "secret secret/b: was deleted");
        assertThat(value("a")).isEqualTo("x");
        assertThat(value("b")).isEqualTo("y");
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void everythingAFixtureCanHoldComesBackEqual() {
        tick.desire(FIXTURES.formatted("enforce"));
        tick.write("fixtures.json", """
                {"all": {"text": "a \\"b\\" \\n ü", "empty": "", "one": 1, "point": 1.0, "tenth": 0.1, "big": 1e300,
                  "largest": 9007199254740992, "negative": -5, "flag": false,
                  "list": ["a", 2, 2.0, [true], {"x": "y"}], "map": {"inner": {"deep": 3.50}}}}""");
        assertThat(tick.run().converged()).isTrue();

        Result second = tick.run();

        assertThat(second.unchanged()).as(second.toString()).isTrue();
        assertThat(version("all")).isEqualTo(1);
    }

    @Test
    void generatedSecretIsMadeOnceAndNeverShown() {
        tick.desire(ENGINE + """
                secrets:
                  - { name: made, property: password, generate: { length: 40, charset: alphanumeric } }
                """);
        Result first = tick.run();
        String value = SERVER.read("secret/data/made").at("/data/data/password").asText();

        assertThat(value).matches("[A-Za-z0-9]{40}");
        assertThat(first.toString()).doesNotContain(value);
        assertThat(tick.run().unchanged()).isTrue();
        assertThat(SERVER.read("secret/data/made").at("/data/data/password").asText())
                .isEqualTo(value);
    }

    @Test
    void secretThatSomebodyDeletedIsReportedAndLeftDeleted() {
        tick.desire(FIXTURES.formatted("create-only"));
        tick.write("fixtures.json", "{\"gone\": \"x\", \"here\": \"y\"}");
        tick.run();
        SERVER.call("DELETE", "secret/data/gone", "");

        Result second = tick.run();

        assertThat(second.problems("seed")).singleElement().satisfies(problem -> {
            assertThat(problem.kind()).isEqualTo(Problem.Kind.MISSING);
            assertThat(problem.message()).isEqualTo("secret secret/gone was deleted at version 1");
        });
        assertThat(second.report().requests().writes()).isZero();
    }

    @Test
    void writeThatLosesAgainstAnotherIsNamedAndStopsNoOther() {
        tick.desire(FIXTURES.formatted("create-only"));
        tick.write("fixtures.json", "{\"a\": \"ours\", \"contested\": \"ours\", \"z\": \"ours\"}");
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.write() && exchange.path().equals("/v1/secret/data/contested"),
                    exchange -> {
                        SERVER.write("secret/data/contested", "{\"data\": {\"value\": \"theirs\"}}");
                        return Verdict.PROCEED;
                    });

            Result first = tick.at(proxy.address()).run();

            assertThat(first.problems("seed"))
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message())
                            .isEqualTo("secret secret/contested was changed by somebody else at the same moment; "
                                    + "theirs was kept"));
            assertThat(first.changes("seed")).hasSize(2);
        }
        assertThat(value("contested")).isEqualTo("theirs");
        assertThat(customMetadata("contested").has("managed-by")).isFalse();
        assertThat(value("a") + value("z")).isEqualTo("oursours");
        assertThat(tick.run().unchanged()).isTrue();
    }

    @Test
    void engineOfVersion1ThatSomebodyMountedIsNotWrittenTo() {
        tick.desire("""
                secrets:
                  - fixtures: fixtures.json
                """);
        tick.write("fixtures.json", "{\"a\": \"x\", \"b\": \"y\"}");
        SERVER.write("sys/mounts/secret", "{\"type\": \"kv\"}");

        Result first = tick.run();

        assertThat(first.problems("seed"))
                .extracting(Problem::message)
                .containsExactly("secrets cannot be seeded at secret: the engine there is kv-v1, not kv-v2");
        assertThat(SERVER.call("LIST", "secret/", "").status()).isEqualTo(404);
    }

    @Test
    void engineThatTheDesiredStateItselfMakesVersion1IsFoundOutBeforeAnythingIsWritten() {
        tick.desire("""
                secretEngines:
                  - { path: secret, type: kv }
                secrets:
                  - fixtures: fixtures.json
                """);
        tick.write("fixtures.json", "{\"a\": \"x\"}");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(tick::run)
                .extracting(ProblemException::problem)
                .satisfies(problem -> {
                    assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                    assertThat(problem.message()).contains("a kv engine of version 1");
                    assertThat(problem.hint()).contains("version: \"2\"");
                });
    }

    @Test
    void secretOfTwoSourcesIsRefusedWithBoth() {
        tick.desire(ENGINE + """
                secrets:
                  - fixtures: fixtures.json
                  - { name: twice, generate: { length: 16, charset: alphanumeric } }
                """);
        tick.write("fixtures.json", "{\"twice\": \"x\"}");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(tick::run)
                .withMessageContaining("secret secret/twice is asked for by fixtures.json and by")
                .withMessageContaining("desired-state.yaml:5");
    }

    private static String value(String name) {
        return SERVER.read("secret/data/" + name).at("/data/data/value").asText();
    }

    private static long version(String name) {
        return SERVER.read("secret/metadata/" + name)
                .at("/data/current_version")
                .asLong();
    }

    private static JsonNode customMetadata(String name) {
        return SERVER.read("secret/metadata/" + name).at("/data/custom_metadata");
    }
}
