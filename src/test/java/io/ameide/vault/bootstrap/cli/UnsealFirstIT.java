package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.LoopbackHttp;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Invalid input never keeps a node sealed: what does not need it happens, and the exit code says that some is invalid. */
class UnsealFirstIT {

    private static final String DESIRED_STATE = """
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            secrets:
              - fixtures: fixtures.json
            """;

    private static final List<String> BEHIND_THE_DOCUMENT = List.of("sign in", "configure", "seed", "verify");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    @TempDir
    static Path folder;

    private static PackagedApplication application;

    @BeforeAll
    static void aClusterThatIsThere() throws IOException {
        writeValidInput();
        application = PackagedApplication.in(folder, SERVER.address());
        Result first = application.run("run");
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
    }

    private static void writeValidInput() throws IOException {
        write("desired-state.yaml", DESIRED_STATE);
        write("fixtures.json", "{\"api-key\": \"k-1\"}");
    }

    @BeforeEach
    void restartedNode() throws IOException {
        writeValidInput();
        SERVER.restart();
        assertThat(SERVER.health()).as("health of a sealed node").isEqualTo(503);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void documentThatIsInvalid(String what, String file, String content, String named, List<String> skipped)
            throws IOException {
        write(file, content);

        unsealsAndNames(application, named, skipped);
    }

    static Stream<Arguments> documentThatIsInvalid() {
        String resource = DESIRED_STATE + "resources:\n  - path: sys/config/cors\n    data: { p: \"%s\" }\n";
        return Stream.of(
                arguments(
                        "fixture with a trailing comma",
                        "fixtures.json",
                        "{\"api-key\": \"k-1\",}",
                        "fixtures.json:1: not valid JSON",
                        List.of("seed", "verify")),
                arguments(
                        "missing fixture",
                        "desired-state.yaml",
                        DESIRED_STATE.replace("fixtures.json", "absent.json"),
                        "absent.json: no such file",
                        List.of("seed", "verify")),
                arguments(
                        "typo",
                        "desired-state.yaml",
                        "policys: []\n" + DESIRED_STATE,
                        "desired-state.yaml:1: policys: unknown key",
                        BEHIND_THE_DOCUMENT),
                arguments(
                        "missing referenced file",
                        "desired-state.yaml",
                        resource.formatted("${file:absent.txt}"),
                        "file absent.txt: no such file",
                        BEHIND_THE_DOCUMENT),
                arguments(
                        "variable that is not set",
                        "desired-state.yaml",
                        resource.formatted("${env:ABSENT}"),
                        "environment variable ABSENT is not set",
                        BEHIND_THE_DOCUMENT));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    BOOTSTRAP_DESIRED_STATE_FILE                 | /absent.yaml | /absent.yaml: no such file        | sign in,configure,seed,verify
                    BOOTSTRAP_VERIFY_REQUIRED_KEYS               | /absent.yaml | /absent.yaml: no such file        | sign in,verify
                    BOOTSTRAP_SNAPSHOT_ENCRYPTION_PGP_KEYS       | /absent.asc  | bootstrap.snapshot.encryption.pgp-keys: cannot read PGP key file /absent.asc | snapshot
                    BOOTSTRAP_KEYS_ESCROW_PGP_KEYS               | /absent.asc  | bootstrap.keys.escrow.pgp-keys: cannot read PGP key file /absent.asc | escrow
                    BOOTSTRAP_KEYS_PGP_KEYS                      | /absent.asc  | bootstrap.keys.pgp-keys: cannot read PGP key file /absent.asc | escrow
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_INTERVAL    | 1h           | bootstrap.snapshot.targets.other names no place | snapshot
                    BOOTSTRAP_SECRETS_PARALLELISM                | 0            | bootstrap.secrets.parallelism is 0 | seed,verify
                    BOOTSTRAP_ACCESS_TOKEN_TTL                   | 0            | bootstrap.access.token-ttl is 0s  | sign in
                    """)
    void settingThatIsInvalid(String variable, String value, String named, String skipped) {
        unsealsAndNames(
                application
                        .with(
                                "BOOTSTRAP_KEYS_ESCROW_FILE",
                                folder.resolve("escrow.json").toString())
                        .with("BOOTSTRAP_KEYS_ESCROW_PGP_KEYS", "/absent.asc")
                        .with(variable, value),
                named,
                List.of(skipped.split(",")));
    }

    private static void unsealsAndNames(PackagedApplication application, String named, List<String> skipped) {
        Result tick = application.run("run", "--output", "json");

        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isEqualTo(64);
        assertThat(SERVER.health()).as("health of an unsealed node").isEqualTo(200);
        assertThat(tick.step("read input").path("problems").toString()).contains(named);
        assertThat(tick.step("unseal").path("outcome").asText()).isEqualTo("changed");
        assertThat(tick.step("join").path("outcome").asText()).isEqualTo("unchanged");
        for (String step : skipped) {
            assertThat(tick.step(step).path("outcome").asText()).as(step).isEqualTo("skipped");
            assertThat(tick.step(step).path("detail").asText()).as(step).startsWith("needs valid input: ");
        }
        assertThat(tick.stderr()).doesNotContain("\tat ");
    }

    @Test
    void verifyReadsOnlyWhatItUses() {
        assertThat(application.run("run").exit()).isZero();

        Result verify = application
                .with("BOOTSTRAP_SNAPSHOT_ENCRYPTION_PGP_KEYS", "/absent.asc")
                .with("BOOTSTRAP_KEYS_PGP_KEYS", "/absent.asc")
                .with("BOOTSTRAP_KEYS_ESCROW_PGP_KEYS", "/absent.asc")
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_INTERVAL", "1h")
                .run("verify");

        assertThat(verify.exit()).as(verify.stdout() + verify.stderr()).isZero();
    }

    @Test
    void verifyOfASealedNodeSaysThatItIsSealed() {
        Result verify = application.run("verify", "--output", "json");

        assertThat(verify.exit()).as(verify.stdout() + verify.stderr()).isEqualTo(3);
        assertThat(verify.step("unseal").at("/problems/0/message").asText()).endsWith(" is sealed");
        assertThat(SERVER.health()).isEqualTo(503);
    }

    @Test
    void errorsOfFixturesAreReportedWithThoseOfTheDocument() throws IOException {
        write("desired-state.yaml", "policys: []\n" + DESIRED_STATE);
        write("fixtures.json", "{\"api-key\": 1}");

        Result tick = application.run("run");

        assertThat(tick.stdout()).contains("desired-state.yaml:1: policys: ", "fixtures.json:1: api-key: ");
        assertThat(application.run("verify").stderr())
                .contains("desired-state.yaml:1: policys: ", "fixtures.json:1: api-key: ");
    }

    @Test
    void healthIsDownWhileADocumentIsInvalid() throws IOException {
        write("desired-state.yaml", "policys: []\n" + DESIRED_STATE);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Running serve = application
                .with("QUARKUS_HTTP_PORT", Integer.toString(port))
                .with("BOOTSTRAP_SCHEDULE_EVERY", "1h")
                .start("serve");
        try {
            await(serve, () -> serve.stderr().contains("metrics:"));
            assertThat(SERVER.health()).as("health of an unsealed node").isEqualTo(200);
            assertThat(LoopbackHttp.get(port, "/q/health").statusCode()).isEqualTo(503);
            assertThat(LoopbackHttp.get(port, "/q/health/live").statusCode()).isEqualTo(200);

            write("desired-state.yaml", DESIRED_STATE);
            await(serve, () -> serve.stdout().contains("\nconverged: "));
            assertThat(LoopbackHttp.get(port, "/q/health").statusCode()).isEqualTo(200);
        } finally {
            serve.kill();
        }
    }

    private static void write(String file, String content) throws IOException {
        Files.writeString(folder.resolve(file), content);
    }

    private static void await(Running serve, java.util.function.BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(serve.alive()).as(serve.stdout() + serve.stderr()).isTrue();
            assertThat(System.nanoTime()).as(serve.stdout() + serve.stderr()).isLessThan(deadline);
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }
}
