package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.vault.KvStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No secret shows: not on stdout or stderr with every logger at TRACE, not in a report, an argument list, or a file other
 * than custody and the archives of snapshots. Looked for in clear, url-encoded, hex and base64.
 *
 * <p>The shipped jar has TRACE for this project's own packages and DEBUG for all others, which is decided when it is
 * built; asking for more at run time gives what there is.
 */
class LeakIT {

    /** What a server quotes with escapes and a log writes over several lines is as secret as anything else. */
    private static final String AWKWARD = "awkward \"quoted\" back\\slash\nSENTINELsecondLine4711\ttab";

    static final Map<String, String> LOUD = Map.of(
            "QUARKUS_LOG_LEVEL", "TRACE",
            "QUARKUS_LOG_CONSOLE_LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__IO_AMEIDE__LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__IO_QUARKUS_VAULT__LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__JAVA_NET_HTTP__LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__JDK_INTERNAL_HTTPCLIENT__LEVEL", "TRACE",
            "QUARKUS_LOG_CATEGORY__JDK_HTTPCLIENT__LEVEL", "TRACE");

    private static final String DESIRED_STATE = """
            policies:
              - name: readers
                rules: |
                  path "secret/data/*" { capabilities = ["read"] }
            secretEngines:
              - path: secret
                type: kv
                options: { version: "2" }
            authMethods:
              - path: userpass
                type: userpass
                roles:
                  - name: from-environment
                    password: "${env:SENTINEL_PASSWORD}"
                  - name: from-file
                    password: "${file:password.txt}"
            resources:
              - path: auth/userpass/users/in-document
                data: { password: SENTINELinDocument0815 }
                sensitive: [password]
            secrets:
              - fixtures: fixtures.json
              - name: generated-password
                generate: { length: 24, charset: alphanumeric }
            """;

    @TempDir
    static Path folder;

    private static LoneScene scene;
    private static PackagedApplication application;
    private static final Sentinels SENTINELS = new Sentinels();

    @BeforeAll
    static void firstTick() throws IOException {
        scene = LoneScene.in(folder);
        SENTINELS.add("variable", "SENTINELinEnvironment42");
        SENTINELS.add("file", "SENTINELinFile123456");
        SENTINELS.add("document", "SENTINELinDocument0815");
        SENTINELS.add("fixture", "SENTINELinFixture9876");
        SENTINELS.add("property of a fixture", "SENTINELinProperty5432");
        SENTINELS.add("a line of the awkward value", "SENTINELsecondLine4711");
        write("desired-state.yaml", DESIRED_STATE);
        write("password.txt", "SENTINELinFile123456\n");
        write("fixtures.json", """
                {"api-key": "SENTINELinFixture9876", "database": {"password": "SENTINELinProperty5432"}}""");
        write("changed.json", """
                {"api-key": "SENTINELinFixture9876-2", "database": {"password": "SENTINELinProperty5432"}}""");
        write("contested.json", """
                {"contested": "SENTINELinFixture9876"}""");
        Path temporary = Files.createDirectory(scene.folder().resolve("tmp"));
        application = scene.application()
                .with("SENTINEL_PASSWORD", "SENTINELinEnvironment42")
                .with("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary);
        for (Map.Entry<String, String> setting : LOUD.entrySet()) {
            application = application.with(setting.getKey(), setting.getValue());
        }
        assertThat(firstTickWhileRootIsHeld().exit()).isZero();
        SENTINELS.add(scene.custodian().material());
        KvStore.Entry generated = scene.custodian()
                .signIn()
                .kv("secret")
                .read("generated-password")
                .orElseThrow();
        SENTINELS.add("generated value", ((Sensitive) generated.data().get("value")).reveal());
    }

    /** Learns the root token on its short way through custody, and looks at the process at every request. */
    private static Result firstTickWhileRootIsHeld() {
        var running = new CompletableFuture<Running>();
        List<String> shown = Collections.synchronizedList(new ArrayList<>());
        scene.proxy()
                .on(Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/unseal"), exchange -> {
                    SENTINELS.add(scene.custodian().material());
                    return Verdict.PROCEED;
                })
                .on(Point.AFTER_RECEIVED, exchange -> true, exchange -> {
                    shown.addAll(shownByProcess(running.join()));
                    return Verdict.PROCEED;
                });
        running.complete(application.start("run", "--output", "json"));
        Result result = running.join().await();
        assertThat(shown).isEmpty();
        assertThat(SENTINELS.all()).extracting(Sentinel::what).contains("root token", "share 3");
        return result;
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @AfterEach
    void nothingShows() {
        scene.proxy().reset();
        assertThat(SENTINELS.shownBelow(scene.folder(), LeakIT::meantToHoldSecrets))
                .as("secrets that show")
                .isEmpty();
    }

    @Test
    void everythingIsLookedFor() {
        assertThat(SENTINELS.all())
                .extracting(Sentinel::what)
                .contains("root token", "share 1", "role id", "secret id", "checksum key", "generated value");
        assertThat(SENTINELS.shownIn("custody", read(application.custodyFile())))
                .contains("share 2 in clear in custody", "secret id in clear in custody");
        assertThat(SENTINELS.shownIn(
                        "a url",
                        "x="
                                + Base64.getEncoder()
                                        .encodeToString("user:SENTINELinFile123456!".getBytes(StandardCharsets.UTF_8))))
                .containsExactly("file in base64 at 2 in a url", "file in url base64 at 2 in a url");
    }

    @Test
    void logsAreAsLoudAsTheyGet() {
        assertThat(application.run("plan").stderr()).contains("DEBUG");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "plan", "status", "verify", "snapshot take", "snapshot list", "snapshot prune"})
    void convergedCommandsShowNothing(String command) {
        assertThat(application.run(command.split(" ")).exit()).isZero();
    }

    @Test
    void changedValuesShowNothing() {
        Result changed = withDocument(DESIRED_STATE
                        .replace("SENTINELinDocument0815", "SENTINELinDocument0816")
                        .replace("- fixtures: fixtures.json", "- fixtures: changed.json\n    mode: enforce"))
                .run("run");

        assertThat(changed.exit()).as(changed.stderr()).isZero();
        assertThat(changed.stdout()).contains("password written anew", "secret secret/api-key");
    }

    @Test
    void sealedServerWithSharesOfAnotherClusterShowsNothing() throws IOException {
        Path other = Files.createDirectory(
                scene.folder().resolve("other"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path keys =
                Files.copy(application.custodyFile(), other.resolve("keys.json"), StandardCopyOption.COPY_ATTRIBUTES);
        String share = scene.custodian().material().shares().getFirst().reveal();
        Files.writeString(keys, Files.readString(keys).replace(share, share.substring(4) + "AAAA"));
        scene.server().restart();

        Result refused = application
                .with("BOOTSTRAP_CUSTODY_FILE_FOLDER", other.toString())
                .run("run", "--output", "json");

        scene.custodian().unseal();
        assertThat(refused.exit()).as(refused.stdout()).isEqualTo(4);
        assertThat(refused.stdout()).contains("do not open");
    }

    @Test
    void whatTheServerQuotesInARefusalIsMasked() throws IOException {
        write("awkward.txt", AWKWARD);
        Result refused =
                withDocument(DESIRED_STATE.replace("resources:\n", """
                        resources:
                          - path: auth/userpass/users/one
                            data: { password: p, token_ttl: "${env:SENTINEL_PASSWORD}" }
                          - path: auth/userpass/users/two
                            data: { password: p, token_ttl: "${file:awkward.txt}" }
                          - path: auth/userpass/users/three
                            data: { password: p, token_bound_cidrs: [SENTINELinDocument0815] }
                            sensitive: [token_bound_cidrs]
                        """)).run("run", "--output", "json");

        assertThat(refused.exit()).as(refused.stdout() + refused.stderr()).isEqualTo(5);
        assertThat(refused.step("configure").path("problems")).hasSize(3);
        assertThat(refused.step("configure").path("problems").toString()).contains("******");
    }

    @Test
    void whatAServerQuotesOfSharesAndCredentialsIsMasked() {
        var credential = scene.custodian().material().appRole().orElseThrow();
        scene.proxy()
                .on(
                        Point.BEFORE_SENT,
                        exchange -> exchange.path().equals("/v1/auth/vault-bootstrap/login"),
                        exchange -> new Verdict.Answer(
                                500,
                                "{\"errors\":[\"no %s for %s\"]}"
                                        .formatted(
                                                credential.secretId().reveal(),
                                                credential.roleId().reveal())));

        Result failed = application.run("run", "--output", "json");

        assertThat(failed.exit()).isEqualTo(3);
        assertThat(failed.stdout()).contains("no ****** for ******");
    }

    @Test
    void refusedPolicyShowsNothing() {
        Result refused = withDocument(DESIRED_STATE.replace("capabilities = [\"read\"]", "capabilities = [\"reed\"]"))
                .run("run", "--output", "json");

        assertThat(refused.exit()).isEqualTo(5);
    }

    @Test
    void lostConflictShowsNothing() {
        scene.proxy()
                .on(
                        Point.BEFORE_SENT,
                        exchange -> exchange.write() && exchange.path().equals("/v1/secret/data/contested"),
                        exchange -> {
                            scene.custodian().signIn().kv("secret").write("contested", Map.of("value", "theirs"), 0);
                            return Verdict.PROCEED;
                        });
        Result lost = withDocument(DESIRED_STATE.replace("fixtures.json", "contested.json"))
                .run("run", "--output", "json");

        assertThat(lost.exit()).isEqualTo(5);
        assertThat(lost.stdout()).contains("secret/contested was changed by somebody else");
    }

    @Test
    void lostConnectionShowsNothing() {
        scene.proxy()
                .on(
                        Point.AFTER_RECEIVED,
                        exchange -> exchange.path().startsWith("/v1/secret/"),
                        exchange -> Verdict.DROP);

        assertThat(application.run("run", "--output", "json").exit()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"api-key\": \"SENTINELinFixture9876\"",
                "{\"api-key\": \"SENTINELinFixture9876\", \"api-key\": \"SENTINELinFixture9876\"}",
                "{\"api-key\": [\"SENTINELinFixture9876\"]}",
                "{\"api-key\": {\"a\": {\"b\": \"SENTINELinFixture9876\"}}} \"SENTINELinFixture9876\"",
                "{\"api-key\": SENTINELinFixture9876}",
                "SENTINELinFixture9876",
                "[{\"name\": \"api-key\", \"value\": \"SENTINELinFixture9876\", \"valeu\": \"SENTINELinFixture9876\"}]"
            })
    void badFixtureShowsNothing(String fixture) throws IOException {
        write("bad.json", fixture);

        assertThat(withDocument(DESIRED_STATE.replace("fixtures.json", "bad.json"))
                        .run("run", "--output", "json")
                        .exit())
                .isEqualTo(64);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "    data: { password: \"SENTINELinDocument0815\" ",
                "    data: { password: SENTINELinDocument0815, password: SENTINELinDocument0815 }",
                "    data: { password: \"${env:SENTINEL_PASSWORD}SENTINELinDocument0815\" }",
                "    data: SENTINELinDocument0815",
                "    data: { password: \"${file:fixtures.json/none}\" }"
            })
    void badDocumentShowsNothing(String data) {
        String document = DESIRED_STATE.replace("    data: { password: SENTINELinDocument0815 }", data);

        assertThat(withDocument(document).run("run", "--output", "json").exit()).isEqualTo(64);
    }

    private static PackagedApplication withDocument(String text) {
        try {
            Path document = Files.createTempFile(scene.folder(), "desired-", ".yaml");
            Files.writeString(document, text);
            return application.with("BOOTSTRAP_DESIRED_STATE_FILE", document.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its own arguments and those of what it started; its environment holds what the user put there. */
    private static List<String> shownByProcess(Running running) throws IOException {
        List<String> shown = new ArrayList<>();
        Stream<Long> descendants = ProcessHandle.of(running.pid()).stream()
                .flatMap(ProcessHandle::descendants)
                .map(ProcessHandle::pid);
        for (long pid : Stream.concat(Stream.of(running.pid()), descendants).toList()) {
            shown.addAll(SENTINELS.shownIn("an argument list", proc(pid, "cmdline")));
            shown.addAll(SENTINELS.shownIn(
                    "an environment", proc(pid, "environ").replace("SENTINEL_PASSWORD=SENTINELinEnvironment42", "")));
        }
        return shown;
    }

    private static String proc(long pid, String name) throws IOException {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), name), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return ""; // gone meanwhile, or a system without /proc
        }
    }

    private static boolean meantToHoldSecrets(Path file) {
        String name = file.getFileName().toString();
        boolean input = name.endsWith(".yaml")
                || name.endsWith(".txt")
                || name.matches("(fixtures|bad|changed|contested)\\.json");
        return name.equals("keys.json") || name.endsWith(".snap") || input;
    }

    private static void write(String name, String text) throws IOException {
        Files.writeString(scene.folder().resolve(name), text);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
