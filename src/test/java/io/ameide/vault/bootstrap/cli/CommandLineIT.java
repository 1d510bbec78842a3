package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** Every command, on an empty server and on one that converged. */
class CommandLineIT {

    private static final String SEED = """
            policies:
              - name: readers
                rules: |
                  path "secret/data/*" { capabilities = ["read"] }
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            secrets:
              - fixtures: fixtures.json
            """;

    private static PackagedApplication prepared(Path folder, RealServer server) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), SEED);
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        return PackagedApplication.in(folder, server.address());
    }

    @Nested
    class OnAnEmptyServer {

        @RegisterExtension
        static final RealServer SERVER = RealServer.empty();

        @TempDir
        Path folder;

        private PackagedApplication application;

        @BeforeEach
        void prepare() throws IOException {
            application = prepared(folder, SERVER);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "run",
                    "plan",
                    "status",
                    "verify",
                    "serve",
                    "snapshot",
                    "snapshot take",
                    "snapshot list",
                    "snapshot inspect",
                    "snapshot prune"
                })
        void helpTellsUsageOptionsAndExitCodes(String command) {
            Result result = application.run((command + " --help").strip().split(" "));

            assertThat(result.exit()).isZero();
            assertThat(result.stdout())
                    .startsWith(
                            "Usage: " + "vault-bootstrap %s".formatted(command).strip() + " [")
                    .contains("--output=FORMAT", "--set=KEY=VALUE", "--profile=NAME", "--config=FILE")
                    .contains("  0    converged", "  64   usage")
                    .doesNotContain("null");
            assertThat(result.stdout().lines())
                    .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
            assertThat(result.stderr()).isEmpty();
        }

        @Test
        void versionIsThatOfThePom() throws IOException {
            String version = application.run("--version").stdout();

            assertThat(version).matches("vault-bootstrap \\S+\n");
            assertThat(Files.readString(Path.of("pom.xml")))
                    .contains("\n  <version>" + version.strip().replace("vault-bootstrap ", "") + "</version>\n");
        }

        @Test
        void planShowsTheInitializationAndSendsNoWrite() {
            try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
                Result plan = through(proxy).run("plan", "--output", "json");

                assertThat(plan.exit()).isEqualTo(2);
                assertThat(plan.json().path("result").asText()).isEqualTo("differences");
                assertThat(plan.step("initialize").at("/changes/0/description").asText())
                        .startsWith("initialize with 1 share, threshold 1");
                assertThat(proxy.writes()).isEmpty();
            }
            assertThat(application.custodyFile()).doesNotExist();
        }

        @Test
        void statusNeedsNoSignIn() {
            try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
                Result status = through(proxy).run("status", "--output", "json");

                assertThat(status.exit()).isZero();
                assertThat(status.json().at("/nodes/0/initialized").asBoolean(true))
                        .isFalse();
                assertThat(status.json().at("/custody/state").asText()).isEqualTo("empty");
                assertThat(proxy.exchanges())
                        .extracting(LoopbackProxy.Exchange::path)
                        .containsExactly("/v1/sys/seal-status");
            }
        }

        /** Nothing failed, but nothing was verified or taken either. */
        @ParameterizedTest
        @ValueSource(strings = {"verify", "snapshot take"})
        void whatCannotBeDoneYetIsNoSuccess(String command) {
            Result result = application.run(command.split(" "));

            assertThat(result.exit()).isEqualTo(5);
            assertThat(result.stdout()).contains("needs an initialized cluster").doesNotContain("converged");
            assertThat(SERVER.health()).isEqualTo(501);
        }

        @Test
        void emptySnapshotFolderIsNoError() {
            Result text = application.run("snapshot", "list");
            Result json = application.run("snapshot", "list", "--output", "json");

            assertThat(text.exit()).isZero();
            assertThat(text.stdout()).isEqualTo("""
                    local (folder %s):
                      no snapshots
                    """.formatted(folder.resolve("snapshots")));
            assertThat(json.json().at("/targets/0/snapshots")).isEmpty();
        }

        /** Each source is added to those before it, and wins over all of them. */
        @Test
        void commandLineRanksAboveEnvironmentAboveMountedFileAboveProfileAboveDefault() throws IOException {
            Path mounted = Files.writeString(
                    folder.resolve("mounted.properties"), "bootstrap.keys.shares=7\nbootstrap.keys.threshold=4\n");
            PackagedApplication bare =
                    application.without("BOOTSTRAP_KEYS_SHARES").without("BOOTSTRAP_KEYS_THRESHOLD");
            PackagedApplication environment = bare.with("BOOTSTRAP_KEYS_SHARES", "9");
            String file = mounted.toString();

            assertThat(plannedShares(bare)).isEqualTo("5");
            assertThat(plannedShares(bare, "--profile", "local")).isEqualTo("1");
            assertThat(plannedShares(bare, "--profile", "local", "--config", file))
                    .isEqualTo("7");
            assertThat(plannedShares(environment, "--profile", "local", "--config", file))
                    .isEqualTo("9");
            assertThat(plannedShares(
                            environment, "--profile", "local", "--config", file, "--set", "bootstrap.keys.shares=11"))
                    .isEqualTo("11");
        }

        private String plannedShares(PackagedApplication configured, String... options) {
            String[] args = new String[options.length + 1];
            args[0] = "plan";
            System.arraycopy(options, 0, args, 1, options.length);
            Result plan = configured.run(args);
            Matcher shares =
                    Pattern.compile("initialize with ([0-9]+) shares?,").matcher(plan.stdout());
            assertThat(shares.find()).as(plan.stdout() + plan.stderr()).isTrue();
            return shares.group(1);
        }

        private PackagedApplication through(LoopbackProxy proxy) {
            return application.with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString());
        }
    }

    @Nested
    class OnAConvergedServer {

        @RegisterExtension
        static final RealServer SERVER = RealServer.empty();

        @TempDir
        static Path folder;

        private static PackagedApplication application;

        @BeforeAll
        static void firstTick() throws IOException {
            application = prepared(folder, SERVER);
            Result first = application.run("run");
            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        }

        @BeforeEach
        void documents() throws IOException {
            prepared(folder, SERVER);
        }

        @ParameterizedTest
        @ValueSource(strings = {"plan", "verify"})
        void looksWithoutWriting(String command) {
            try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
                Result result = application
                        .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                        .run(command, "--output", "json");

                assertThat(result.exit()).as(result.stdout()).isZero();
                assertThat(result.json().path("result").asText()).isEqualTo("converged");
                assertThat(proxy.writes())
                        .extracting(LoopbackProxy.Exchange::path)
                        .containsExactly("/v1/auth/vault-bootstrap/login", "/v1/auth/token/revoke-self");
            }
        }

        @Test
        void planAfterADriftNamesItAndWritesNothing() throws IOException {
            Files.writeString(folder.resolve("desired-state.yaml"), SEED.replace("[\"read\"]", "[\"read\", \"list\"]"));
            try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
                Result plan = application
                        .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                        .run("plan", "--output", "json");

                assertThat(plan.exit()).isEqualTo(2);
                assertThat(plan.step("configure").at("/changes/0/subject").asText())
                        .isEqualTo("policy readers");
                assertThat(proxy.writes()).hasSize(2);
            }
        }

        @Test
        void verifyNamesTheMissingKeyAndWhoAsksForIt() throws IOException {
            Path required = Files.writeString(folder.resolve("required.yaml"), """
                    requiredKeys:
                      - key: api-key
                        requiredBy: deployment/api
                      - key: absent-key
                        requiredBy: deployment/billing
                    """);
            Result verify = application
                    .with("BOOTSTRAP_VERIFY_REQUIRED_KEYS", required.toString())
                    .run("verify");

            assertThat(verify.exit()).as(verify.stdout()).isEqualTo(2);
            assertThat(verify.stdout())
                    .contains("absent-key", "deployment/billing", "keys are missing")
                    .doesNotContain("deployment/api");
        }

        @Test
        void statusCountsSharesAndShowsNone() {
            Result status = application.run("status");

            assertThat(status.exit()).isZero();
            assertThat(status.stdout())
                    .contains("unsealed, version ")
                    .contains("1 of 1 unseal shares, threshold 1, root token erased, AppRole held");
        }

        @Test
        void snapshotIsListedForPeopleAndMachines() {
            JsonNode listed =
                    application.run("snapshot", "list", "--output", "json").json();

            assertThat(listed.at("/targets/0/snapshots")).isNotEmpty();
            assertThat(application.run("snapshot", "list").stdout())
                    .contains(listed.at("/targets/0/snapshots/0/archive").asText(), " bytes  index ", " old");
        }

        @Test
        void snapshotFolderThatIsAFileStopsNothingElse() throws IOException {
            Path file = Files.writeString(folder.resolve("a-file"), "");

            Result run = application
                    .with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", file.toString())
                    .run("run", "--output", "json");

            assertThat(run.exit()).as(run.stdout()).isEqualTo(5);
            assertThat(run.step("snapshot").at("/problems/0/message").asText()).contains(file.toString());
            assertThat(run.step("verify").path("outcome").asText()).isEqualTo("unchanged");
        }

        @Test
        void serverOfSomebodyElseIsLeftAlone() {
            Result run = application
                    .with(
                            "BOOTSTRAP_CUSTODY_FILE_FOLDER",
                            folder.resolve("empty-custody").toString())
                    .run("run", "--output", "json");

            assertThat(run.exit()).isEqualTo(4);
            assertThat(run.step("initialize").at("/problems/0/message").asText())
                    .contains("somebody else initialized it");
        }
    }

    @Nested
    class OnAServerOfItsOwn {

        @RegisterExtension
        final RealServer server = RealServer.empty();

        @TempDir
        Path folder;

        /** One policy that the server refuses keeps neither the other policy nor the secrets away. */
        @Test
        void refusedPolicyStopsNothingElse() throws IOException {
            PackagedApplication application = prepared(folder, server);
            Files.writeString(
                    folder.resolve("desired-state.yaml"),
                    SEED.replace("policies:\n", "policies:\n  - name: broken\n    rules: \"this is no HCL {\"\n"));

            Result run = application.run("run", "--output", "json");

            assertThat(run.exit()).as(run.stdout()).isEqualTo(5);
            assertThat(run.step("configure").path("problems")).hasSize(1);
            assertThat(run.step("configure").at("/problems/0/message").asText()).contains("broken");
            assertThat(run.step("configure").at("/changes/0/subject").asText()).isEqualTo("policy readers");
            assertThat(run.step("seed").path("outcome").asText()).isEqualTo("changed");
            assertThat(run.step("snapshot").path("outcome").asText()).isEqualTo("changed");
            assertThat(run.step("verify").path("outcome").asText()).isEqualTo("unchanged");
        }

        @Test
        void sharesOfAnotherClusterAreToldApart() throws IOException {
            PackagedApplication application = prepared(folder, server);
            server.initialize(1, 1);
            Path custody = Files.createDirectory(
                    folder.resolve("custody"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path keys = Files.writeString(custody.resolve("keys.json"), BadInputIT.anotherCluster());
            Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));

            Result run = application.run("run", "--output", "json");
            Result status = application.run("status");

            assertThat(run.exit()).as(run.stdout()).isEqualTo(4);
            assertThat(run.step("unseal").at("/problems/0/message").asText())
                    .contains("the shares in file " + keys + " do not open " + server.address());
            assertThat(run.step("unseal").at("/problems/0/hint").asText()).contains("another cluster");
            assertThat(keys).hasContent(BadInputIT.anotherCluster());
            assertThat(status.stdout()).contains("sealed (0 of 1 shares given)");
            assertThat(server.health()).isEqualTo(503);
        }
    }
}
