package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.SnapshotArchive;
import io.ameide.vault.bootstrap.snapshot.VerifiedArchive;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.VaultSession;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Drills of snapshots that a tick took, after which the data changed, so that a restore that does nothing fails. */
class SnapshotDrillIT {

    private static final ThrowAwayServer.Options OPEN =
            ThrowAwayServer.Options.DEFAULT.withListenerHcl("disable_unauthed_generate_root_endpoints = false");

    /** Longer than it takes to take a snapshot, and no longer than it takes to get to its drill. */
    private static final Duration WRAPPED = Duration.ofSeconds(30);

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty(OPEN);

    @TempDir
    static Path folder;

    private static PackagedApplication application;
    private static VaultSession root;
    private static PackagedApplication withWrapped;
    private static Instant wrappedUntil;
    private static Optional<PackagedApplication> sealed = Optional.empty();

    // A server takes five seconds to have a snapshot in place, in which it does nothing: these do so at the same time.
    private static Running proven;
    private static Running withoutCanary;
    private static Running withAnotherCanary;
    private static Running withOtherEntries;
    private static Running withOtherShares;
    private static Optional<Running> withSeal = Optional.empty();

    @BeforeAll
    static void takeOneAndChangeWhatItHolds() throws IOException {
        application = applicationIn(folder, SERVER);
        Result tick = application.run("run");
        assertThat(tick.exit()).as(tick.stdout()).isZero();
        Custodian custodian = new Custodian(folder.resolve("custody"), SERVER.address());
        Sensitive token = custodian.node().generateRoot(custodian.material().shares(), nonce -> {});
        root = custodian.node().session(token);
        takeOneWithWrappedResponses(token);
        root.write("sys/mounts/later", Map.of("type", "kv"));
        root.write("later/than-the-snapshot", Map.of("a", "b"));
        startDrills();
        if (SERVER.product() == Product.OPENBAO) {
            drillOneOfAClusterThatUnsealsItself();
        }
    }

    /** Of an auth method, and of an engine that has no leases. */
    private static void takeOneWithWrappedResponses(Sensitive token) {
        root.write("sys/auth/approle", Map.of("type", "approle"));
        root.write("auth/approle/role/any", Map.of("token_ttl", "1h"));
        root.write("app/key", Map.of("a", "b"));
        wrap("POST", "auth/approle/role/any/secret-id", token);
        wrap("GET", "app/key", token);
        wrappedUntil = Instant.now().plus(WRAPPED);
        withWrapped = application.with(
                "BOOTSTRAP_SNAPSHOT_TARGETS_WRAPPED_FOLDER",
                folder.resolve("wrapped").toString());
        Result take = withWrapped.run("snapshot", "take", "--target", "wrapped");
        assertThat(take.exit()).as(take.stdout()).isZero();
    }

    /** Has the server keep its answer for a while, in the cubbyhole of a token made for that. */
    private static void wrap(String method, String path, Sensitive token) {
        HttpRequest request = HttpRequest.newBuilder(SERVER.address().resolve("/v1/" + path))
                .method(method, BodyPublishers.noBody())
                .header("X-Vault-Token", token.reveal())
                .header("X-Vault-Wrap-TTL", WRAPPED.toSeconds() + "s")
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            assertThat(http.send(request, BodyHandlers.discarding()).statusCode())
                    .as("wrap " + path)
                    .isEqualTo(200);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("wrap " + path, e);
        }
    }

    /** A tick of a cluster that unseals itself, which is gone when its snapshot is drilled. */
    private static void drillOneOfAClusterThatUnsealsItself() throws IOException {
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        Path seal = Files.writeString(
                folder.resolve("seal.hcl"), """
                seal "static" {
                  current_key_id = "1"
                  current_key = "file://%s"
                }
                """.formatted(Files.write(folder.resolve("seal.key"), key)));
        RealServer server = RealServer.empty(
                OPEN.withoutAuditDevice().withExtraHcl(Files.readString(seal) + """
                audit "file" "log" {
                  options = { file_path = "%s" }
                }
                """.formatted(sealedAuditLog())));
        try {
            PackagedApplication application =
                    applicationIn(Files.createDirectory(folder.resolve("sealed")), server.start());
            sealed = Optional.of(application);
            Result tick = application.run("run");
            assertThat(tick.exit()).as(tick.stdout()).isZero();
        } finally {
            server.close();
        }
        withSeal = sealed.map(application -> application
                .with("BOOTSTRAP_SNAPSHOT_DRILL_SEAL_FILE", seal.toString())
                .start("snapshot", "drill"));
    }

    private static Path sealedAuditLog() {
        return folder.resolve("sealed-audit/audit.log");
    }

    private static void startDrills() throws IOException {
        proven = application.without("BOOTSTRAP_VAULT_ADDRESSES").start("snapshot", "drill");
        withoutCanary =
                application.with("BOOTSTRAP_SNAPSHOT_CANARY_MOUNT", "elsewhere").start("snapshot", "drill");
        withAnotherCanary = application
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", edited(manifest -> manifest.put("canary", 7)))
                .start("snapshot", "drill");
        withOtherEntries = application
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER",
                        edited(manifest -> manifest.withObject("/entries").put("logical", 999)))
                .start("snapshot", "drill");
        withOtherShares = otherShares()
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", edited(manifest -> manifest.remove("custody")))
                .start("snapshot", "drill");
    }

    /** The application with other shares in custody, which is the same in all else. */
    private static PackagedApplication otherShares() {
        FileKeyStore other = new FileKeyStore(folder.resolve("other-custody"));
        if (other.read().material().isEmpty()) {
            KeyMaterial keys = new FileKeyStore(folder.resolve("custody"))
                    .read()
                    .material()
                    .orElseThrow();
            other.write(
                    keys.initialized(
                            keys.shares().stream().map(SnapshotDrillIT::another).toList(), List.of(), Optional.empty()),
                    KeyStore.Stored.ABSENT);
        }
        return application.with(
                "BOOTSTRAP_CUSTODY_FILE_FOLDER", folder.resolve("other-custody").toString());
    }

    private static PackagedApplication applicationIn(Path folder, RealServer server) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), "secretEngines: [{path: app, type: kv}]\n");
        Files.createDirectories(folder.resolve("tmp"));
        return PackagedApplication.in(folder, server.address())
                .with("BOOTSTRAP_KEYS_SHARES", "3")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "2")
                .with(
                        "BOOTSTRAP_SANDBOX_SERVER_BINARY",
                        RealServer.binary().file().toString())
                .withProperty("java.io.tmpdir", folder.resolve("tmp").toString());
    }

    /** A share of the same form: what makes it one of several is in its last byte. */
    private static Sensitive another(Sensitive share) {
        byte[] bytes = Base64.getDecoder().decode(share.reveal());
        bytes[0] ^= 1;
        return Sensitive.of(Base64.getEncoder().encodeToString(bytes));
    }

    @AfterAll
    static void nothingIsLeft() throws IOException {
        assertThat(servers(folder.resolve("tmp"))).isEmpty();
        assertThat(folder.resolve("spool")).isEmptyDirectory();
    }

    /** Folders of servers that a drill started. */
    private static List<Path> servers(Path tmp) throws IOException {
        try (Stream<Path> all = Files.list(tmp)) {
            return all.filter(file -> file.getFileName().toString().startsWith("vault-bootstrap-"))
                    .toList();
        }
    }

    @Test
    void newestSnapshotIsProvenToComeBack() {
        Result drill = proven.await();

        assertThat(drill.exit()).as(drill.stderr()).isZero();
        assertThat(drill.stdout())
                .contains(
                        "snapshot       vault-cluster-",
                        "target         local (folder ",
                        "canary         1, as its manifest says",
                        "of secret engines, all there",
                        "recovery point ",
                        "  download and verify ",
                        "  read the canary ");
    }

    @Test
    void encryptedSnapshotWithLeasesIsDrilledOnlyWithItsKeyAndWhereItDoesNoHarm() throws IOException, PGPException {
        PgpHolder holder = PgpHolder.named("backup");
        Path publicKey = Files.write(folder.resolve("backup.asc"), holder.binaryKey());
        Path privateKey = Files.write(folder.resolve("backup.key"), holder.privateKey());
        issueLease("certificates/internal");
        PackagedApplication encrypted = application
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_SAFE_FOLDER",
                        folder.resolve("safe").toString())
                .with("BOOTSTRAP_SNAPSHOT_ENCRYPTION_PGP_KEYS", publicKey.toString());
        assertThat(encrypted.run("snapshot", "take", "--target", "safe").exit()).isZero();
        root.delete("sys/mounts/certificates/internal");
        PackagedApplication withKey =
                encrypted.with("BOOTSTRAP_SNAPSHOT_ENCRYPTION_PRIVATE_KEY_FILE", privateKey.toString());

        Running tolerated = withKey.with("BOOTSTRAP_SNAPSHOT_DRILL_ISOLATED", "true")
                .start("snapshot", "drill", "--target", "safe", "--output", "json");
        Result unnamed = withKey.run("snapshot", "drill");
        Result without = encrypted.run("snapshot", "drill", "--target", "safe");
        Result harmful = withKey.run("snapshot", "drill", "--target", "safe");
        Result isolated = tolerated.await();

        assertThat(unnamed.exit()).isEqualTo(64);
        assertThat(unnamed.stderr()).contains("there are local, safe", "--target");
        assertThat(without.exit()).isEqualTo(64);
        assertThat(without.stderr()).contains("is encrypted to", "private-key-file");
        assertThat(harmful.exit()).isEqualTo(4);
        assertThat(harmful.stderr())
                .contains(
                        "would act on other systems: it has 1 lease (1 of certificates/internal/issue/any)",
                        "bootstrap.snapshot.drill.isolated=true");
        assertThat(isolated.exit()).as(isolated.stderr()).isZero();
        JsonNode proof = isolated.json();
        assertThat(proof.at("/manifest/encrypted").asBoolean()).isTrue();
        assertThat(proof.at("/canary/count").asLong()).isEqualTo(3);
        assertThat(proof.path("entries").asLong()).isPositive();
        assertThat(proof.path("phases").findValuesAsText("name"))
                .containsExactly(
                        "download and verify", "start a server", "restore", "unseal and sign in", "read the canary");
        long phases = proof.path("phases").findValues("millis").stream()
                .mapToLong(JsonNode::asLong)
                .sum();
        assertThat(proof.path("recoveryTimeMillis").asLong()).isBetween(phases, phases + 5);
    }

    /** The PKI engine gives leases without another system. */
    private static void issueLease(String mount) {
        root.write("sys/mounts/" + mount, Map.of("type", "pki"));
        root.write(mount + "/root/generate/internal", Map.of("common_name", "authority"));
        root.write(mount + "/roles/any", Map.of("allow_any_name", true, "generate_lease", true, "ttl", "1h"));
        root.write(mount + "/issue/any", Map.of("common_name", "host.example.com"));
    }

    /** They go with their tokens, whenever these end, and their leases are none of other systems. */
    @Test
    void snapshotWithWrappedResponsesIsDrilledWhenTheseHaveExpired() throws IOException, InterruptedException {
        Path file = files(folder.resolve("wrapped"), ".snap").getFirst();
        VerifiedArchive archive =
                SnapshotArchive.verify("snapshot " + file, Files.newInputStream(file), Duration.ofSeconds(30));
        String cubbyhole =
                root.read("sys/mounts").orElseThrow().at("/cubbyhole~1/uuid").asText();
        assertThat(archive.engines()).containsEntry(cubbyhole, 4L);
        Thread.sleep(Duration.between(Instant.now(), wrappedUntil).plusSeconds(1));

        Result drill = withWrapped.run("snapshot", "drill", "--target", "wrapped");

        assertThat(drill.exit()).as(drill.stderr()).isZero();
        assertThat(drill.stdout())
                .contains("%d of secret engines, all there"
                        .formatted(archive.entries().get("logical") - 4));
    }

    @Test
    void snapshotOfAClusterThatUnsealsItselfIsDrilledWithItsSealWhereItsAuditDeviceOpens() throws IOException {
        assumeTrue(sealed.isPresent(), "this server has no static seal");
        Result without = sealed.orElseThrow().run("snapshot", "drill");
        Result with = withSeal.orElseThrow().await();

        assertThat(without.exit()).isEqualTo(64);
        assertThat(without.stderr()).contains("has a seal of type static", "bootstrap.snapshot.drill.seal-file");
        assertThat(with.exit()).as(with.stderr()).isZero();
        assertThat(with.stdout()).contains("canary         1, as its manifest says");

        assertThat(sealedAuditLog()).as("the copy wrote to it").isNotEmptyFile();
        Files.delete(sealedAuditLog());
        Files.createDirectory(sealedAuditLog());
        Result withoutAudit = sealed.orElseThrow()
                .with(
                        "BOOTSTRAP_SNAPSHOT_DRILL_SEAL_FILE",
                        folder.resolve("seal.hcl").toString())
                .run("snapshot", "drill");
        assertThat(withoutAudit.exit()).isEqualTo(1);
        assertThat(withoutAudit.stderr())
                .contains(
                        "audit devices of the cluster, and can open none of them",
                        sealedAuditLog() + ": is a directory");
    }

    @Test
    void snapshotOfOtherSharesFailsBeforeItIsBroughtHere() {
        Result drill = otherShares().run("snapshot", "drill");

        assertThat(drill.exit()).isEqualTo(4);
        assertThat(drill.stderr()).contains("was taken with other shares than those in custody");
    }

    @Test
    void snapshotThatTheSharesDoNotOpenFails() {
        Result drill = withOtherShares.await();

        assertThat(drill.exit()).isEqualTo(4);
        assertThat(drill.stderr()).contains("does not open with the shares in custody", "sys/unseal");
    }

    @Test
    void snapshotWithoutItsCanaryFails() {
        Result drill = withoutCanary.await();

        assertThat(drill.exit()).as(drill.stderr()).isEqualTo(1);
        assertThat(drill.stderr()).contains("was restored, and has no canary at elsewhere/canary");
    }

    @Test
    void snapshotWithAnotherCanaryFails() {
        Result drill = withAnotherCanary.await();

        assertThat(drill.exit()).isEqualTo(1);
        assertThat(drill.stderr()).contains("has canary 1 instead of 7");
    }

    @Test
    void snapshotThatIsRestoredInPartFails() {
        Result drill = withOtherEntries.await();

        assertThat(drill.exit()).isEqualTo(1);
        assertThat(drill.stderr()).contains("entries of secret engines, and its manifest names 999");
    }

    @Test
    void staleSnapshotFails() {
        Result drill =
                application.with("BOOTSTRAP_SNAPSHOT_DRILL_MAX_AGE", "1ms").run("snapshot", "drill");

        assertThat(drill.exit()).isEqualTo(1);
        assertThat(drill.stderr()).contains("is stale", " old, more than 0 s");
    }

    @Test
    void damagedSnapshotFails() throws IOException {
        Path copy = Path.of(edited(manifest -> {}));
        Path archive = files(copy, ".snap").getFirst();
        byte[] bytes = Files.readAllBytes(archive);
        bytes[bytes.length / 2] ^= 1;
        Files.write(archive, bytes);

        Result drill = application
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", copy.toString())
                .run("snapshot", "drill");

        assertThat(drill.exit()).isEqualTo(1);
        assertThat(drill.stderr()).contains(archive.getFileName() + " from folder " + copy);
    }

    @Test
    void nothingIsDrilledWithoutSnapshotSharesOrServer() throws IOException {
        Result nothing = application
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER",
                        folder.resolve("nothing").toString())
                .run("snapshot", "drill");
        Result noShares = application
                .with(
                        "BOOTSTRAP_CUSTODY_FILE_FOLDER",
                        folder.resolve("no-custody").toString())
                .run("snapshot", "drill");
        Result noServer = application
                .with("BOOTSTRAP_SANDBOX_SERVER_BINARY", folder.resolve("bao").toString())
                .run("snapshot", "drill");

        assertThat(nothing.exit()).isEqualTo(1);
        assertThat(nothing.stderr()).contains("there is no snapshot of cluster ");
        assertThat(noShares.exit()).isEqualTo(4);
        assertThat(noShares.stderr()).contains("has no shares to open a snapshot with");
        assertThat(noServer.exit()).isEqualTo(64);
        assertThat(noServer.stderr()).contains("the server binary " + folder.resolve("bao") + " cannot be used");
    }

    @Test
    void drillThatIsToldToStopLeavesNothing() throws IOException, InterruptedException {
        Path tmp = Files.createDirectory(folder.resolve("tmp-of-one-stopped"));
        Running drill =
                application.withProperty("java.io.tmpdir", tmp.toString()).start("snapshot", "drill");
        while (drill.alive() && servers(tmp).isEmpty()) {
            Thread.sleep(20);
        }

        drill.terminate();

        assertThat(drill.await().exit()).isNotZero();
        assertThat(servers(tmp)).isEmpty();
    }

    /** A copy of the target with another manifest. */
    private static String edited(Consumer<ObjectNode> edit) throws IOException {
        Path copy = Files.createTempDirectory(folder, "copy-");
        ObjectMapper json = new ObjectMapper();
        for (Path file : files(folder.resolve("snapshots"), ".snap")) {
            Path manifest = file.resolveSibling(file.getFileName() + ".json");
            ObjectNode edited = (ObjectNode) json.readTree(manifest.toFile());
            edit.accept(edited);
            Files.copy(file, copy.resolve(file.getFileName()));
            json.writeValue(copy.resolve(manifest.getFileName()).toFile(), edited);
        }
        return copy.toString();
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }
}
