package io.ameide.vault.bootstrap.cli;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.testing.Ann;
import io.ameide.vault.bootstrap.testing.BlobServer;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.S3Server;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application with a folder, a bucket of S3 and a container of Azure Blob Storage to store in. */
class SnapshotTargetsIT {

    private static final String KEY_ID = "AKIAEXAMPLE";
    private static final String SECRET_KEY = "c2VjcmV0LWFjY2Vzcy1rZXk";
    private static final String SESSION_TOKEN = "c2Vzc2lvbi10b2tlbg";

    @RegisterExtension
    static final S3Server S3 = new S3Server();

    @RegisterExtension
    static final BlobServer BLOBS = BlobServer.inTheClear();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private final Ann ann = new Ann(server::send, "team");
    private BlobContainerClient container;
    private String signature;
    private PackagedApplication application;

    @BeforeEach
    void targets() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.withAnn("team"));
        container = container(BLOBS);
        signature = signature(container);
        application = PackagedApplication.in(folder, server.address())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_BUCKET", S3.bucket())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_PREFIX", "clusters/a")
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_ENDPOINT",
                        S3.address().toString())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_ACCESS_KEY_ID_FILE", file("id", KEY_ID))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_SECRET_ACCESS_KEY_FILE", file("key", SECRET_KEY))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_SESSION_TOKEN_FILE", file("token", SESSION_TOKEN))
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_ACCOUNT",
                        BLOBS.account().toString())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_CONTAINER", container.getBlobContainerName())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_PREFIX", "clusters/a")
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_SAS_TOKEN_FILE", file("sas", "?" + signature));
    }

    @Test
    void oneSnapshotGoesToAllOfThemOnceAndCanBeReadThere() {
        Result first = application.run("run", "--output", "json");
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        assertThat(subjects(first)).contains("snapshot local", "snapshot offsite", "snapshot remote");

        Result second = application.run("run", "--output", "json");
        assertThat(second.exit()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.json().path("requests").path("writes").asInt()).isZero();
        assertThat(second.step("snapshot").path("outcome").asText()).isEqualTo("unchanged");

        JsonNode targets =
                application.run("snapshot", "list", "--output", "json").json().path("targets");
        assertThat(targets).hasSize(3);
        assertThat(targets).allSatisfy(target -> {
            assertThat(target.path("snapshots")).hasSize(1);
            assertThat(target.path("snapshots").get(0)).isEqualTo(targets.at("/0/snapshots/0"));
            assertThat(target.path("notCounted")).isEmpty();
        });
        String name = targets.at("/0/snapshots/0/archive").asText();
        assertThat(blobs()).containsExactlyInAnyOrder("clusters/a/" + name, "clusters/a/" + name + ".json");

        for (String target : List.of("offsite", "remote")) {
            Result inspected = application.run("snapshot", "inspect", name, "--target", target);
            assertThat(inspected.exit()).as(inspected.stderr()).isZero();
            assertThat(inspected.stdout()).contains("verified   whole and intact", "shares     those in custody");
        }
    }

    @Test
    void eachOfThemIsRestoredFromAlsoWhereItHoldsAnEncryptedOne() throws IOException, PGPException {
        PgpHolder holder = PgpHolder.named("alice");
        Path privateKey = Files.write(folder.resolve("alice.key"), holder.privateKey());
        PackagedApplication encrypting =
                application.with("BOOTSTRAP_SNAPSHOT_ENCRYPTION_PGP_KEYS", file("alice.asc", holder.armoredKey()));
        assertThat(application.run("run").exit()).isZero();
        ann.write("before");
        assertThat(application.run("snapshot", "take", "--target", "offsite").exit())
                .isZero();
        assertThat(encrypting.run("snapshot", "take", "--target", "remote").exit())
                .isZero();
        String inTheClear = newest("offsite");
        String encrypted = newest("remote");
        assertThat(List.of(inTheClear, encrypted))
                .extracting(name -> name.endsWith(".pgp"))
                .containsExactly(false, true);

        ann.write("after");
        Result keyless = restore(application, encrypted, "remote");
        assertThat(keyless.exit()).as(keyless.stdout() + keyless.stderr()).isEqualTo(64);
        assertThat(keyless.stderr()).contains("is encrypted to ", "bootstrap.snapshot.encryption.private-key-file");
        assertThat(ann.read()).isEqualTo("after");

        Result opened = restore(
                application.with("BOOTSTRAP_SNAPSHOT_ENCRYPTION_PRIVATE_KEY_FILE", privateKey.toString()),
                encrypted,
                "remote");
        assertThat(opened.exit()).as(opened.stdout() + opened.stderr()).isZero();
        assertThat(ann.read()).as("out of Azure").isEqualTo("before");

        ann.write("after");
        Result restored = restore(application, inTheClear, "offsite");
        assertThat(restored.exit()).as(restored.stdout() + restored.stderr()).isZero();
        assertThat(ann.read()).as("out of S3").isEqualTo("before");
    }

    private Result restore(PackagedApplication with, String name, String target) {
        String cluster = server.send("GET", "sys/seal-status", "", Optional.empty())
                .body()
                .path("cluster_name")
                .asText();
        // What is kept of before is another test's.
        return with.run("snapshot", "restore", name, "--target", target, "--without-snapshot", "--confirm", cluster);
    }

    private String newest(String target) {
        return application
                .run("snapshot", "list", "--target", target, "--output", "json")
                .json()
                .at("/targets/0/snapshots/0/archive")
                .asText();
    }

    @Test
    void targetThatIsDownIsNamedAndStopsNoOther() throws IOException {
        PackagedApplication half;
        try (BlobServer stopped = BlobServer.inTheClear().start()) {
            String name = container(stopped).getBlobContainerName();
            half = application
                    .without("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_ACCOUNT")
                    .without("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_SAS_TOKEN_FILE")
                    .with("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_CONTAINER", name)
                    .with(
                            "BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_CONNECTION_STRING_FILE",
                            file(
                                    "connection",
                                    BlobServer.connectionString(stopped.address())
                                            .reveal()));
            assertThat(half.run("run").exit()).isZero();
        }

        Result take = half.run("snapshot", "take", "--output", "json");

        assertThat(take.exit()).as(take.stdout() + take.stderr()).isEqualTo(5);
        assertThat(subjects(take)).containsExactlyInAnyOrder("snapshot local", "snapshot offsite");
        assertThat(take.step("snapshot").at("/problems/0/message").asText())
                .contains("Azure container", "nobody listens there");
        assertThat((take.stdout() + take.stderr()).contains(BlobServer.accountKey()))
                .as("the account's key shows")
                .isFalse();
    }

    @Test
    void credentialsThatAreMissingStopNothingButTheirTarget() throws IOException {
        Files.delete(folder.resolve("key"));

        Result tick = application.run("run", "--output", "json");

        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isEqualTo(5);
        assertThat(subjects(tick)).contains("snapshot local", "snapshot remote").doesNotContain("snapshot offsite");
        assertThat(tick.step("snapshot").at("/problems/0/message").asText())
                .contains("of target offsite", "secret-access-key-file", "no such file");
        assertThat(server.health()).isEqualTo(200);
    }

    /** S3Mock takes whatever is found there. */
    @Test
    void credentialsMayComeFromTheEnvironment() {
        PackagedApplication without = application
                .without("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_ACCESS_KEY_ID_FILE")
                .without("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_SECRET_ACCESS_KEY_FILE")
                .without("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_SESSION_TOKEN_FILE")
                .with("AWS_EC2_METADATA_DISABLED", "true");

        Result nobody = without.run("snapshot", "list", "--target", "offsite");
        Result somebody = without.with("AWS_ACCESS_KEY_ID", KEY_ID)
                .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
                .run("snapshot", "list", "--target", "offsite");

        assertThat(nobody.exit()).as(nobody.stdout() + nobody.stderr()).isEqualTo(3);
        assertThat(nobody.stdout() + nobody.stderr()).contains("there are no credentials in the environment");
        assertThat(somebody.exit()).as(somebody.stdout() + somebody.stderr()).isZero();
    }

    @Test
    void nothingShowsAtTheLoudestLevel() {
        PackagedApplication loud = application
                .with("AZURE_HTTP_LOG_DETAIL_LEVEL", "BODY_AND_HEADERS")
                .with("QUARKUS_LOG_LEVEL", "TRACE")
                .with("QUARKUS_LOG_MIN_LEVEL", "TRACE")
                .with("QUARKUS_LOG_CATEGORY__COM_AZURE__LEVEL", "TRACE")
                .with("QUARKUS_LOG_CATEGORY__SOFTWARE_AMAZON_AWSSDK__LEVEL", "TRACE")
                .with("QUARKUS_LOG_CATEGORY__SUN_NET_WWW_PROTOCOL_HTTP__LEVEL", "TRACE");

        Result tick = loud.run("run");
        Result list = loud.run("snapshot", "list");

        assertThat(tick.exit()).as("exit").isZero();
        assertThat(list.exit()).as("exit").isZero();
        String said = tick.stdout() + tick.stderr() + list.stdout() + list.stderr();
        assertThat(said.contains("DEBUG") || said.contains("TRACE"))
                .as("something was logged")
                .isTrue();
        String signed = signature.replaceFirst("(?s).*sig=([^&]+).*", "$1");
        assertThat(List.of(SECRET_KEY, SESSION_TOKEN, signed).stream().filter(said::contains))
                .as("credentials that show")
                .isEmpty();
    }

    private List<String> blobs() {
        List<String> names = new ArrayList<>();
        container.listBlobs().forEach(blob -> names.add(blob.getName()));
        return names;
    }

    private static List<String> subjects(Result result) {
        List<String> subjects = new ArrayList<>();
        result.step("snapshot")
                .path("changes")
                .forEach(change -> subjects.add(change.path("subject").asText()));
        return subjects;
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content + "\n").toString();
    }

    private static BlobContainerClient container(BlobServer blobs) {
        BlobContainerClient made = new BlobContainerClientBuilder()
                .connectionString(BlobServer.connectionString(blobs.address()).reveal())
                .containerName("snapshots-" + UUID.randomUUID().toString().substring(0, 8))
                .httpClient(new JdkHttpClientBuilder().build())
                .serviceVersion(BlobServiceVersion.V2021_12_02)
                .buildClient();
        made.create();
        return made;
    }

    private static String signature(BlobContainerClient container) {
        return container.generateSas(new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("racwdl")));
    }
}
