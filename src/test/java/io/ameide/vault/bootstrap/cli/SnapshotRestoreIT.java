package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.RealServer.Answer;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Restores, each of data that was changed after the snapshot, as a workload sees it that signs in anew. */
class SnapshotRestoreIT {

    private static final String DESIRED_STATE = """
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

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    @TempDir
    static Path folder;

    private static boolean initialized;

    private PackagedApplication application;

    @BeforeEach
    void initialize() throws IOException {
        application = in(folder, List.of(SERVER.address()));
        if (!initialized) {
            converge(application);
            initialized = true;
        }
    }

    @Test
    void everythingIsAsItWasThenAndWhatWasThereBeforeIsKept() throws IOException {
        put("before");
        String name = take(application);
        put("after");
        int stored = snapshots().size();

        Result asked = application.run("snapshot", "restore", name);
        Result mistaken = application.run("snapshot", "restore", name, "--confirm", "vault-cluster-other");

        assertThat(asked.exit()).as(asked.stderr()).isEqualTo(2);
        assertThat(asked.stdout()).contains("cluster " + clusterName(), "what was written later is lost, with the ");
        assertThat(asked.stderr()).contains("nothing was done; --confirm");
        assertThat(mistaken.exit()).isEqualTo(64);
        assertThat(mistaken.stdout()).contains("this is cluster " + clusterName() + ", not vault-cluster-other");
        assertThat(get(SERVER::send)).isEqualTo("after");
        assertThat(snapshots()).hasSize(stored);

        Result restored = application.run("snapshot", "restore", name, "--confirm", clusterName(), "--output", "json");

        assertThat(restored.exit()).as(restored.stdout() + restored.stderr()).isZero();
        assertThat(get(SERVER::send)).isEqualTo("before");
        assertThat(restored.step("canary").path("detail").asText()).endsWith("as the manifest says");
        assertThat(snapshots()).hasSize(stored + 1);

        application.run("snapshot", "restore", snapshots().getFirst(), "--confirm", clusterName());
        assertThat(get(SERVER::send)).as("what was kept").isEqualTo("after");
        converge(application);
    }

    @Test
    void valuesThatTheServerDoesNotShowAreWrittenAnewAfterARestore() {
        String name = take(application);
        login(SERVER::send, "p-1");
        PackagedApplication changed = desiring(DESIRED_STATE.replace("p-1", "p-2"));
        converge(changed);
        login(SERVER::send, "p-2");

        Result restored = changed.run("snapshot", "restore", name, "--confirm", clusterName());
        login(SERVER::send, "p-1");
        converge(changed);

        assertThat(restored.exit()).as(restored.stdout()).isZero();
        login(SERVER::send, "p-2");
        converge(desiring(DESIRED_STATE));
    }

    @Test
    void withoutAPlaceForWhatIsThereNothingIsRestored() throws IOException {
        put("before");
        String name = take(application);
        Path copy = folder.resolve("copy");
        Files.createDirectories(copy);
        for (String file : List.of(name, name + ".json")) {
            Files.copy(folder.resolve("snapshots").resolve(file), copy.resolve(file));
        }
        put("after");
        Path noFolder = Files.writeString(folder.resolve("a-file"), "");
        PackagedApplication placeless =
                application.with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", noFolder.toString());
        String archive = copy.resolve(name).toString();

        Result kept = placeless.run("snapshot", "restore", archive, "--confirm", clusterName());

        assertThat(kept.exit()).as(kept.stdout()).isNotZero();
        assertThat(kept.stdout()).contains("nothing was restored, since what is there now could not be kept first");
        assertThat(get(SERVER::send)).isEqualTo("after");

        Result given = placeless.run("snapshot", "restore", archive, "--without-snapshot", "--confirm", clusterName());
        assertThat(given.exit()).as(given.stdout()).isZero();
        assertThat(get(SERVER::send)).isEqualTo("before");
    }

    @Test
    void archiveThatIsNotWholeOrWhoseSharesNobodyKnowsIsNotRestored() throws IOException {
        Path taken = folder.resolve("snapshots").resolve(take(application));
        byte[] archive = Files.readAllBytes(taken);
        Path half = folder.resolve("half.snap");
        Files.write(half, Arrays.copyOf(archive, archive.length - 8));
        put("now");

        Result unknown = application.run("snapshot", "restore", half.toString(), "--confirm", clusterName());
        assertThat(unknown.exit()).isEqualTo(4);
        assertThat(unknown.stderr())
                .contains("no manifest of " + half + " tells with which shares it was taken", "--custody");
        assertThat(get(SERVER::send)).isEqualTo("now");

        Files.copy(taken.resolveSibling(taken.getFileName() + ".json"), folder.resolve("half.snap.json"));
        Result refused = application.run("snapshot", "restore", half.toString(), "--confirm", clusterName());

        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.stderr()).contains(half.toString());
        assertThat(get(SERVER::send)).isEqualTo("now");
    }

    @Test
    void encryptedArchiveThatIsNotWholeIsNotRestored() throws IOException, PGPException {
        PgpHolder holder = PgpHolder.named("backup");
        Path safe = folder.resolve("safe");
        Result taken = application
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_SAFE_FOLDER", safe.toString())
                .with(
                        "BOOTSTRAP_SNAPSHOT_ENCRYPTION_PGP_KEYS",
                        Files.write(folder.resolve("backup.asc"), holder.binaryKey())
                                .toString())
                .run("snapshot", "take", "--target", "safe");
        assertThat(taken.exit()).as(taken.stdout()).isZero();
        Path half = folder.resolve("half.snap.pgp");
        try (Stream<Path> files = Files.list(safe)) {
            Path whole = files.filter(file -> file.toString().endsWith(".pgp"))
                    .findFirst()
                    .orElseThrow();
            byte[] archive = Files.readAllBytes(whole);
            Files.write(half, Arrays.copyOf(archive, archive.length / 2));
            Files.copy(
                    whole.resolveSibling(whole.getFileName() + ".json"),
                    half.resolveSibling(half.getFileName() + ".json"));
        }
        put("now");

        Result refused = application
                .with(
                        "BOOTSTRAP_SNAPSHOT_ENCRYPTION_PRIVATE_KEY_FILE",
                        Files.write(folder.resolve("backup.key"), holder.privateKey())
                                .toString())
                .run("snapshot", "restore", half.toString(), "--confirm", clusterName());

        assertThat(refused.exit()).as(refused.stderr()).isEqualTo(1);
        assertThat(refused.stderr())
                .contains(
                        "snapshot %s: its OpenPGP message is cut short or damaged within the first ".formatted(half),
                        "use another copy of it, or another snapshot");
        assertThat(get(SERVER::send)).isEqualTo("now");
    }

    /** Three empty nodes become what the one was: its data, its shares, its users. */
    @Test
    void anotherClusterBecomesWhatTheLostOneWas(@TempDir Path elsewhere) throws IOException {
        assumeTrue(
                SERVER.product() == Product.OPENBAO,
                "HashiCorp Vault takes nodes that the lost cluster did not have for removed ones");
        put("of the lost one");
        String name = take(application);
        Path archive = folder.resolve("snapshots").resolve(name);
        try (RaftCluster three = RaftCluster.of(3).start()) {
            PackagedApplication anew = in(elsewhere, three.addresses())
                    .with("BOOTSTRAP_VAULT_TLS_CA_FILE", three.caFile().toString());
            converge(anew);
            String itsName = three.sealStatus(0).path("cluster_name").asText();

            Result other = anew.run("snapshot", "restore", archive.toString(), "--confirm", itsName);
            assertThat(other.exit()).as(other.stdout() + other.stderr()).isEqualTo(4);
            assertThat(other.stderr()).contains("was taken with other shares", "--custody");
            Result unforced = anew.run(
                    "snapshot",
                    "restore",
                    archive.toString(),
                    "--custody",
                    application.custodyFile().toString(),
                    "--confirm",
                    itsName);
            assertThat(unforced.exit()).isEqualTo(4);
            assertThat(unforced.stdout()).contains("is of cluster " + clusterName(), "--force");

            Result restored = anew.run(becomeTheLostOne(archive, itsName));

            assertThat(restored.exit())
                    .as(restored.stdout() + restored.stderr())
                    .isZero();
            assertThat(restored.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
            assertThat(three.clusterIds())
                    .containsExactly(status(SERVER).path("cluster_id").asText());
            Server leading = (method, path, json, token) -> three.call(three.awaitLeader(), method, path, json, token);
            assertThat(get(leading)).isEqualTo("of the lost one");
            converge(anew);
            assertThat(converge(anew).json().path("requests").path("writes").asInt())
                    .isZero();

            bringBackWhatThreeNodesHeld(anew, leading);
        }
    }

    /** Nothing is sealed by it, and every node has it. */
    private static void bringBackWhatThreeNodesHeld(PackagedApplication application, Server leading) {
        put(leading, "of three nodes");
        String name = take(application);
        put(leading, "of three nodes, later");
        // Until it starts anew, the node that made the empty cluster shows the name that it gave to that one.
        String itsName = leading.send("GET", "sys/seal-status", "", Optional.empty())
                .body()
                .path("cluster_name")
                .asText();

        Result restored = application.run("snapshot", "restore", name, "--confirm", itsName, "--output", "json");

        assertThat(restored.exit()).as(restored.stdout() + restored.stderr()).isZero();
        assertThat(restored.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
        assertThat(get(leading)).isEqualTo("of three nodes");
        converge(application);
        // The log goes on, so that this one is not flagged.
        take(application);
    }

    /** The worst moment: the server has the data of another cluster, and nobody has noted that its shares are others now. */
    @Test
    void tickFinishesARestoreThatWasKilledRightAfterItWasSent(@TempDir Path elsewhere) throws IOException {
        put("of the lost one");
        Path archive = folder.resolve("snapshots").resolve(take(application));
        try (RealServer anew = RealServer.empty().start();
                LoopbackProxy proxy = LoopbackProxy.to(anew.address())) {
            PackagedApplication through = in(elsewhere, List.of(proxy.address()));
            converge(through);
            String itsName = status(anew).path("cluster_name").asText();
            var running = new CompletableFuture<Running>();
            proxy.on(
                    Point.AFTER_RECEIVED,
                    exchange -> exchange.path().equals("/v1/sys/storage/raft/snapshot-force"),
                    exchange -> {
                        running.join().kill();
                        running.join().await();
                        return Verdict.DROP_ALL;
                    });
            running.complete(through.start(becomeTheLostOne(archive, itsName)));
            assertThat(running.join().await().exit()).isEqualTo(137);
            proxy.reset();
            assertThat(Waiter.REAL.until(
                            () -> Optional.of(status(anew))
                                    .filter(seal -> seal.path("sealed").asBoolean()),
                            Duration.ofMillis(100),
                            Duration.ofSeconds(30)))
                    .as("sealed")
                    .isPresent();

            converge(through);

            assertThat(get(anew::send)).isEqualTo("of the lost one");
            assertThat(status(anew).path("cluster_id")).isEqualTo(status(SERVER).path("cluster_id"));
        }
    }

    /** A server asks for as many shares as its storage wanted when it started. */
    @Test
    void nodesThatTakeAnotherNumberOfSharesAreRestartedInBetween(@TempDir Path elsewhere) throws IOException {
        put("of the lost one");
        Path archive = folder.resolve("snapshots").resolve(take(application));
        try (RealServer anew = RealServer.empty().start()) {
            PackagedApplication two = in(elsewhere, List.of(anew.address()))
                    .with("BOOTSTRAP_KEYS_SHARES", "3")
                    .with("BOOTSTRAP_KEYS_THRESHOLD", "2");
            converge(two);

            Result restored = two.run(
                    becomeTheLostOne(archive, status(anew).path("cluster_name").asText()));
            assertThat(restored.exit()).as(restored.stdout()).isEqualTo(5);
            assertThat(restored.step("restart").toString()).contains("restart every node, and let a tick open them");

            anew.restart();
            converge(two);

            assertThat(get(anew::send)).isEqualTo("of the lost one");
        }
    }

    /** The arguments that restore the archive into another cluster, with the custody of this one. */
    private String[] becomeTheLostOne(Path archive, String clusterName) {
        return new String[] {
            "snapshot",
            "restore",
            archive.toString(),
            "--force",
            "--custody",
            application.custodyFile().toString(),
            "--confirm",
            clusterName,
            "--output",
            "json"
        };
    }

    /** Asks a server as anybody would. */
    @FunctionalInterface
    private interface Server {
        Answer send(String method, String path, String json, Optional<Sensitive> token);
    }

    private static Sensitive login(Server server, String password) {
        Answer answer = server.send(
                "POST", "auth/people/login/ann", "{\"password\": \"%s\"}".formatted(password), Optional.empty());
        assertThat(answer.status()).as("login").isEqualTo(200);
        return Sensitive.of(answer.body().at("/auth/client_token").asText());
    }

    private static String get(Server server) {
        return server.send("GET", "secret/data/team", "", Optional.of(login(server, "p-1")))
                .body()
                .at("/data/data/value")
                .asText();
    }

    private static void put(String value) {
        put(SERVER::send, value);
    }

    private static void put(Server server, String value) {
        Answer written = server.send(
                "POST",
                "secret/data/team",
                "{\"data\": {\"value\": \"%s\"}}".formatted(value),
                Optional.of(login(server, "p-1")));
        assertThat(written.status()).isEqualTo(200);
    }

    private static JsonNode status(RealServer server) {
        return server.send("GET", "sys/seal-status", "", Optional.empty()).body();
    }

    private static String clusterName() {
        return status(SERVER).path("cluster_name").asText();
    }

    private PackagedApplication desiring(String state) {
        try {
            Files.writeString(folder.resolve("desired-state.yaml"), state);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return application;
    }

    private static PackagedApplication in(Path folder, List<URI> nodes) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        return PackagedApplication.in(folder, nodes.getFirst())
                .with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        nodes.stream().map(URI::toString).collect(Collectors.joining(",")));
    }

    private static Result converge(PackagedApplication application) {
        Result tick = application.run("run", "--output", "json");
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
        return tick;
    }

    /** @return the name of the newest */
    private static String take(PackagedApplication application) {
        Result taken = application.run("snapshot", "take");
        assertThat(taken.exit()).as(taken.stdout()).isZero();
        return snapshots(application).getFirst();
    }

    private List<String> snapshots() {
        return snapshots(application);
    }

    /** Newest first. */
    private static List<String> snapshots(PackagedApplication application) {
        JsonNode listed =
                application.run("snapshot", "list", "--output", "json").json();
        return listed.at("/targets/0/snapshots").findValuesAsText("archive");
    }
}
