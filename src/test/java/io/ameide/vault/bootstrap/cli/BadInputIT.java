package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.AfterEach;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** Input that is wrong: a message that says what, the exit code for it, and a server that nobody touched. */
class BadInputIT {

    private static final String SEED = """
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            secrets:
              - fixtures: fixtures.json
            """;

    /** Uninitialized before every test, and after. */
    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void validInput() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), SEED);
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        application = PackagedApplication.in(folder, SERVER.address());
    }

    @AfterEach
    void nothingWasWritten() {
        assertThat(SERVER.health()).as("health of the server").isEqualTo(501);
        assertThat(folder.resolve("snapshots")).doesNotExist();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void desiredStateThatIsWrong(String what, String document, String said) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), document);

        reported(application.run("run"), said);
    }

    static Stream<Arguments> desiredStateThatIsWrong() {
        return Stream.of(
                arguments(
                        "unknown key",
                        "policys: []",
                        "desired-state.yaml:1: policys: unknown key; did you mean \"policies\"?"),
                arguments("unknown key in a list", "policies:\n  - name: a\n    rule: x", "did you mean \"rules\"?"),
                arguments("wrong type", "policies: readers", "desired-state.yaml:1: policies: "),
                arguments(
                        "duplicate name",
                        "policies:\n  - {name: a, rules: x}\n  - {name: a, rules: y}",
                        "desired-state.yaml:3: "),
                arguments("no YAML", "policies: [", "desired-state.yaml:"),
                arguments("nothing", "", "desired-state.yaml"),
                arguments("fixture file that is missing", "secrets:\n  - fixtures: absent.json", "absent.json"),
                arguments(
                        "secret that is in no variable",
                        "resources:\n  - path: a/b\n    data: {p: \"${env:ABSENT}\"}",
                        "ABSENT"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void fixturesThatAreWrong(String what, byte[] content, String said) throws IOException {
        Files.write(folder.resolve("fixtures.json"), content);

        reported(application.run("run"), said);
    }

    static Stream<Arguments> fixturesThatAreWrong() {
        byte[] tooLarge = "{\"a\": \"%s\"}".formatted("x".repeat(10 << 20)).getBytes(StandardCharsets.UTF_8);
        return Stream.of(
                arguments("not JSON", bytes("api-key=hunter2"), "fixtures.json:1: not valid JSON"),
                arguments("cut off", bytes("{\"a\": \"b\""), "fixtures.json:1: not valid JSON: the file ends"),
                arguments("empty file", bytes(""), "fixtures.json: holds nothing"),
                arguments("no secret", bytes("{}"), "fixtures.json: holds no secret"),
                arguments("duplicate key", bytes("{\"a\": \"hunter2\",\n\"a\": \"2\"}"), "fixtures.json:2: a: "),
                arguments("10 MB", tooLarge, "fixtures.json: larger than 8 MiB"),
                arguments(
                        "no UTF-8",
                        new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'},
                        "fixtures.json:1: not UTF-8 text"),
                arguments("name no server can hold", bytes("{\"a//b\": \"hunter2\"}"), "fixtures.json:1: a//b: "));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    BOOTSTRAP_VAULT_ADDRESSES            | http://127.0.0.1:8200/v1   | goes on after the port
                    BOOTSTRAP_VAULT_ADDRESSES            | http://u:hunter2@127.0.0.1 | holds credentials
                    BOOTSTRAP_VAULT_ADDRESSES            | u:hunter2@h i:8200         | holds credentials
                    BOOTSTRAP_VAULT_ADDRESSES            | 127.0.0.1:8200             | is not a URL
                    BOOTSTRAP_VAULT_ADDRESSES            | vault:8200                 | does not start with http:// or https://
                    BOOTSTRAP_VAULT_ADDRESSES            | http://127.0.0.1:99999     | has a port that does not exist
                    BOOTSTRAP_KEYS_THRESHOLD             | 2                          | bootstrap.keys.threshold is 2 with 1 share
                    BOOTSTRAP_KEYS_SHARES                | 5                          | bootstrap.keys.threshold is 1 with 5 shares
                    BOOTSTRAP_KEYS_SHARES                | 0                          | bootstrap.keys.shares is 0
                    BOOTSTRAP_KEYS_SHARES                | many                       | bootstrap.keys.shares is no whole number
                    BOOTSTRAP_KEYS_SHARS                 | 5                          | did you mean "BOOTSTRAP_KEYS_SHARES"?
                    BOOTSTRAP_KEYS_PGP_KEYS              | /etc/hostname,/etc/hosts   | /etc/hostname holds no OpenPGP public key
                    BOOTSTRAP_KEYS_PGP_KEYS              | /absent.asc                | cannot read PGP key file /absent.asc
                    BOOTSTRAP_SECRETS_PARALLELISM        | 0                          | bootstrap.secrets.parallelism is 0
                    BOOTSTRAP_SECRETS_PARALLELISM        | -2                         | bootstrap.secrets.parallelism is -2
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_KEEP_NEWEST | 0                  | bootstrap.snapshot.targets.local.keep.newest is 0
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_INTERVAL | -1h                   | bootstrap.snapshot.targets.local.interval is -3600s
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_CRON | 0 0 30 2 *                | bootstrap.snapshot.targets.local.cron is no time that ever comes
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDR | snapshots                | BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDR sets no configuration key
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_INTERVAL | 1h                    | bootstrap.snapshot.targets.other names no place
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_S3_BUCKET | hunter2 | bootstrap.snapshot.targets.local names several places, bootstrap.snapshot.targets.local.folder and bootstrap.snapshot.targets.local.s3
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_S3_BUCKET | s3://hunter2 | bootstrap.snapshot.targets.other.s3.bucket is no such name
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_S3_BUCKET | hunter2 | bootstrap.snapshot.targets.other.s3.region is not set
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_S3_REGION | eu-central-1 | bootstrap.snapshot.targets.other.s3.bucket is not set
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_S3_BUKET | hunter2 | BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_S3_BUKET sets no configuration key
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_AZURE_BLOB_CONTAINER | Hunter2 | bootstrap.snapshot.targets.other.azure-blob.container is no such name
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_AZURE_BLOB_CONTAINER | hunter2 | bootstrap.snapshot.targets.other.azure-blob.account is not set
                    BOOTSTRAP_SNAPSHOT_TARGETS_OTHER_AZURE_BLOB_ACCOUNT | https://a.example | bootstrap.snapshot.targets.other.azure-blob.container is not set
                    BOOTSTRAP_ACCESS_TOKEN_TTL           | 0                          | bootstrap.access.token-ttl is 0s
                    BOOTSTRAP_ACCESS_TOKEN_TTL           | soon                       | bootstrap.access.token-ttl is no duration
                    BOOTSTRAP_VAULT_CONNECT_TIMEOUT      | 0                          | bootstrap.vault.connect-timeout is 0s
                    BOOTSTRAP_VAULT_REQUEST_TIMEOUT      | -1                         | bootstrap.vault.request-timeout is -1s
                    BOOTSTRAP_VAULT_ACTIVE_TIMEOUT       | 0                          | bootstrap.vault.active-timeout is 0s
                    BOOTSTRAP_CUSTODY_LOCK_TIMEOUT       | -1                         | bootstrap.custody.lock-timeout is -1s
                    BOOTSTRAP_VERIFY_REQUIRED_KEYS       | /absent.yaml               | /absent.yaml
                    BOOTSTRAP_VERIFY_REQUIRED_KEYS       | /dev/zero                  | /dev/zero: larger than 10 MiB
                    BOOTSTRAP_DESIRED_STATE_FILE         | /dev/zero                  | /dev/zero: larger than 10 MiB
                    BOOTSTRAP_KEYS_PGP_KEYS              | /dev/zero                  | bootstrap.keys.pgp-keys: PGP key file /dev/zero is larger than 1 MiB
                    BOOTSTRAP_VAULT_TLS_CA_FILE          | /dev/zero                  | bootstrap.vault.tls.ca-file: /dev/zero is larger than 4 MiB
                    BOOTSTRAP_CUSTODY_LOCK_TIMEOUT       | 999999999999d              | bootstrap.custody.lock-timeout is longer than 3650 days
                    BOOTSTRAP_CUSTODY_LOCK_TIMEOUT       | 99999999999999999999d      | bootstrap.custody.lock-timeout is no duration
                    BOOTSTRAP_CUSTODY_LOCK_TIMEOUT       | 9999999999999999d          | bootstrap.custody.lock-timeout
                    BOOTSTRAP_VAULT_READY_TIMEOUT        | 999999999999d              | bootstrap.vault.ready-timeout is longer than 3650 days
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_INTERVAL | 999999999999d         | bootstrap.snapshot.targets.local.interval is longer than 3650 days
                    BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_CRON | 30 2 * * 1-/              | bootstrap.snapshot.targets.local.cron is no time that ever comes
                    """)
    void settingThatIsWrong(String variable, String value, String said) {
        Result result = application.with(variable, value).run("run");

        if (variable.matches("BOOTSTRAP_(VAULT|CUSTODY)_.*") || result.stdout().isEmpty()) {
            refused(result, 64, said);
        } else {
            reported(result, said);
        }
    }

    @Test
    void asManyKeysAsShares() throws IOException, PGPException {
        Path key = Files.write(
                folder.resolve("alice.pgp"), PgpHolder.named("alice").binaryKey());

        reported(
                application
                        .with("BOOTSTRAP_KEYS_SHARES", "3")
                        .with("BOOTSTRAP_KEYS_THRESHOLD", "2")
                        .with("BOOTSTRAP_KEYS_PGP_KEYS", key + "," + key)
                        .run("run"),
                "bootstrap.keys.pgp-keys names 2 keys for 3 shares");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void commandLineThatIsWrong(List<String> arguments, String said) throws IOException {
        Files.writeString(folder.resolve("mistyped.properties"), "\nbootstrap.keys.shars=5\n");
        Files.writeString(folder.resolve("mounted.yaml"), "");
        String[] args = arguments.stream()
                .map(argument -> argument.replace("FOLDER", folder.toString()))
                .toArray(String[]::new);

        refused(application.run(args), 64, said);
    }

    static Stream<Arguments> commandLineThatIsWrong() {
        return Stream.of(
                arguments(List.of("run", "--bogus"), "Unknown option: '--bogus'"),
                arguments(List.of("stauts"), "Did you mean: vault-bootstrap status?"),
                arguments(List.of("run", "now"), "Unmatched argument at index 1: 'now'"),
                arguments(List.of("snapshot"), "snapshot wants take, list, inspect, restore, drill or prune"),
                arguments(List.of("run", "--output", "xml"), "'--output'"),
                arguments(List.of("run", "--set", "bootstrap.keys.shares"), "--set wants KEY=VALUE"),
                arguments(
                        List.of("run", "--set", "bootstrap.keys.shars=5"),
                        "bootstrap.keys.shars, from --set, is not known; did you mean \"bootstrap.keys.shares\"?"),
                arguments(List.of("run", "--profile", "loacl"), "profile \"loacl\" is not known"),
                arguments(
                        List.of("run", "--config", "/absent.properties"),
                        "cannot read configuration file /absent.properties"),
                arguments(List.of("run", "--config", "FOLDER/mounted.yaml"), "mounted.yaml is YAML"),
                arguments(List.of("run", "--config", "FOLDER/mistyped.properties"), "bootstrap.keys.shars, line 2 of "),
                arguments(
                        List.of("snapshot", "list", "--set", "bootstrap.snapshot.silence-timeout=0s"),
                        "bootstrap.snapshot.silence-timeout is 0s"),
                arguments(
                        List.of("snapshot", "prune", "--set", "bootstrap.snapshot.silence-timeout=-1s"),
                        "bootstrap.snapshot.silence-timeout is -1s"),
                arguments(List.of("serve", "--set", "bootstrap.schedule.every=0"), "bootstrap.schedule.every is 0s"));
    }

    @ParameterizedTest
    @CsvSource({
        "BOOTSTRAP_DESIRED_STATE_FILE,run",
        "BOOTSTRAP_CUSTODY_FILE_FOLDER,run",
        "BOOTSTRAP_VAULT_ADDRESSES,status",
        "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER,snapshot take"
    })
    void settingThatIsMissing(String variable, String command) {
        Result result = application.without(variable).run(command.split(" "));

        assertThat(result.exit()).as(result.stderr()).isEqualTo(64);
        assertThat(result.stdout() + result.stderr())
                .contains(variable.toLowerCase(java.util.Locale.ROOT)
                        .replaceFirst("_", ".")
                        .split("_")[0])
                .containsPattern("is not set|neither .* is set")
                .contains("hint: ")
                .contains("for example --set bootstrap.");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    bogus --output json
                    run --output json --set nonsense
                    run --output json --set bootstrap.nonsense=1
                    serve --output=json --set bootstrap.schedule.every=0
                    snapshot --output json
                    """)
    void errorIsOneDocumentWhereJsonWasAskedFor(String arguments) {
        Result result = application.run(arguments.split(" "));

        assertThat(result.exit()).isEqualTo(64);
        assertThat(result.json().path("exitCode").asInt()).isEqualTo(64);
        assertThat(result.json().path("result").asText()).isEqualTo("usage");
        assertThat(result.json().at("/problem/message").asText()).isNotEmpty();
        assertThat(result.stderr()).startsWith("error: ");
    }

    @Test
    void portThatServeCannotHave() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            Result result = application.run("serve", "--set", "quarkus.http.port=" + taken.getLocalPort());

            refused(result, 1, "port %d is in use by another process".formatted(taken.getLocalPort()));
        }
    }

    @Test
    void custodyThatAnybodyMayEnter() throws IOException {
        Path custody = Files.createDirectory(folder.resolve("custody"));
        Files.setPosixFilePermissions(custody, PosixFilePermissions.fromString("rwxr-xr-x"));

        refused(application.run("run"), 3, "chmod 700 " + custody);
    }

    @Test
    void custodyThatCannotBeAFolder() throws IOException {
        Files.writeString(folder.resolve("custody"), "");

        refused(application.run("run"), 3, "is not a folder");
    }

    @Test
    void custodyInsideAGitWorkTree() throws IOException, InterruptedException {
        Process git = new ProcessBuilder("git", "init", "-q", folder.toString())
                .inheritIO()
                .start();
        assertThat(git.waitFor()).isZero();

        refused(application.run("run"), 64, "lies in the Git work tree");
    }

    @Test
    void custodyThatWasCutOff() throws IOException {
        keep("{\"version\": 1, \"phase\": \"INITIALIZED\", \"shares\": [\"hunter2");

        Result result = application.run("run", "--output", "json");

        assertThat(result.exit()).isEqualTo(4);
        assertThat(result.step("initialize").at("/problems/0/message").asText()).contains("keys.json");
        assertThat(result.stdout()).doesNotContain("hunter2");
    }

    @Test
    void custodyOfAServerThatLostItsStorage() throws IOException {
        keep(anotherCluster());

        Result result = application.run("run", "--output", "json");

        assertThat(result.exit()).isEqualTo(4);
        assertThat(result.step("initialize").at("/problems/0/message").asText())
                .contains("the server is not initialized, but", "which is another node");
    }

    private void keep(String keys) throws IOException {
        Path custody = Files.createDirectory(
                folder.resolve("custody"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = Files.writeString(custody.resolve("keys.json"), keys);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** Whole and valid, but not of the server at hand. */
    static String anotherCluster() {
        return """
                {"version": 1, "phase": "INITIALIZED", "kind": "UNSEAL", "shareCount": 1, "threshold": 1,
                 "shares": ["c2hhcmUgb2YgYW5vdGhlciBjbHVzdGVyLCAzMiBieXQ="], "rootToken": "s.hunter2",
                 "address": "http://10.0.0.1:8200", "startedAt": "2026-11-01T10:00:00Z",
                 "startedBy": {"pid": 1, "host": "elsewhere"},
                 "checksumKey": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""";
    }

    /** Every refusal looks alike: words on stderr, nothing on stdout, no stack trace, nothing of what may be secret. */
    private static void refused(Result result, int exit, String said) {
        assertThat(result.stderr()).contains(said).startsWith("error: ").doesNotContain("hunter2", "\tat ");
        assertThat(result.stdout()).isEmpty();
        assertThat(result.exit()).as(result.stderr()).isEqualTo(exit);
    }

    /** A tick reports what is invalid as its first step, and goes on with what does not need it. */
    private static void reported(Result result, String said) {
        assertThat(result.stdout())
                .contains("read input", said, "invalid input")
                .doesNotContain("hunter2", "\tat ");
        assertThat(result.stderr()).isEmpty();
        assertThat(result.exit()).as(result.stdout()).isEqualTo(64);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
