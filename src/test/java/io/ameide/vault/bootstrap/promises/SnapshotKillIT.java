package io.ameide.vault.bootstrap.promises;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore;
import io.ameide.vault.bootstrap.snapshot.FolderStore;
import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.Retention;
import io.ameide.vault.bootstrap.snapshot.S3Store;
import io.ameide.vault.bootstrap.snapshot.SnapshotFile;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget.Broken;
import io.ameide.vault.bootstrap.snapshot.SpoolFolder;
import io.ameide.vault.bootstrap.snapshot.StoredObject;
import io.ameide.vault.bootstrap.testing.Ann;
import io.ameide.vault.bootstrap.testing.BlobServer;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.S3Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code snapshot take} is killed (SIGKILL) at one request after the other, whether it is sent to the node, to S3 or to Azure
 * Blob Storage, while a folder is a target as well. The build tries the places that hurt most; the profile {@code kill-test}
 * tries every one, with archives of several parts.
 */
class SnapshotKillIT {

    private static final int KEPT = 2;
    /** More than S3 and Azure take in one request as this tool asks them. */
    private static final int VALUES = 36;

    private static final int VALUE_BYTES = 400_000;

    private static int survived;
    private static int notReached;
    private static int whole;
    private static int orphans;
    private static int leftovers;

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    @RegisterExtension
    static final S3Server S3 = new S3Server();

    @RegisterExtension
    static final BlobServer BLOBS = BlobServer.inTheClear();

    @TempDir
    static Path folder;

    private static LoopbackProxy proxy;
    private static PackagedApplication application;
    private static List<SnapshotTarget> targets;
    private static List<ObjectStore> stores;

    @BeforeAll
    static void fill() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.withAnn("bulk"));
        proxy = LoopbackProxy.to(SERVER.address());
        String bucket = S3.bucket();
        String container = container();
        URI s3 = proxy.before("s3", S3.address(), "127.0.0.1", 0);
        URI azure = proxy.before("azure", BLOBS.address(), "127.0.0.1", 0);
        stores = List.of(new FolderStore(folder.resolve("snapshots")), bucketStore(bucket), containerStore(container));
        targets = stores.stream()
                .map(store -> new SnapshotTarget("any", store, spool(), Duration.ofSeconds(30)))
                .toList();
        application = PackagedApplication.in(folder, proxy.address())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_KEEP_NEWEST", String.valueOf(KEPT))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_KEEP_NEWEST", String.valueOf(KEPT))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_KEEP_NEWEST", String.valueOf(KEPT))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_BUCKET", bucket)
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_ENDPOINT", s3.toString())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_ACCESS_KEY_ID_FILE", file("id", "AKIAEXAMPLE"))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_OFFSITE_S3_SECRET_ACCESS_KEY_FILE", file("key", "any"))
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_CONTAINER", container)
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_REMOTE_AZURE_BLOB_CONNECTION_STRING_FILE",
                        file("connection", BlobServer.connectionString(azure).reveal()));
        assertThat(application.run("run").exit()).isZero();
        if (!Strikes.sampled()) {
            grow();
        }
        for (int snapshot = 1; snapshot < KEPT; snapshot++) { // The tick has taken one.
            take();
        }
    }

    @AfterAll
    static void tell() {
        stores.forEach(ObjectStore::close);
        proxy.close();
        System.out.printf(
                "snapshot take killed at %d places: %d survived, %d polls that were not needed; after it %d times a"
                        + " target had a snapshot more, %d times an archive without manifest; %d leftovers were removed"
                        + " as if a day had gone by%n",
                survived + notReached, survived, notReached, whole, orphans, leftovers);
    }

    @TestFactory
    Stream<DynamicTest> killedTakeLosesNothingAndLeavesNothingHalf() {
        proxy.reset();
        take();
        List<Strike> places = Strikes.chosen(Strike.at(requests()), SnapshotKillIT::sample);
        return places.stream().map(place -> DynamicTest.dynamicTest(place.toString(), () -> killedAt(place)));
    }

    private static List<Strike> sample(List<Strike> places) {
        return List.of(
                Strikes.first(places, "/v1/sys/storage/raft/snapshot", Point.AFTER_RECEIVED),
                last(places, "s3", "PUT", "/BUCKET/ARCHIVE", Point.AFTER_RECEIVED),
                last(places, "s3", "PUT", "/BUCKET/ARCHIVE.json", Point.BEFORE_SENT),
                last(places, "azure", "PUT", "CONTAINER/ARCHIVE?comp=blocklist", Point.BEFORE_SENT),
                last(places, "s3", "DELETE", "/BUCKET/ARCHIVE", Point.AFTER_RECEIVED));
    }

    private static Strike last(List<Strike> places, String server, String method, String end, Point point) {
        return places.stream()
                .filter(place -> place.server().equals(server)
                        && place.method().equals(method)
                        && place.path().endsWith(end)
                        && place.point() == point)
                .reduce((one, other) -> other)
                .orElseThrow(() -> new AssertionError("no take sends %s …%s to %s any more in %s"
                        .formatted(
                                method,
                                end,
                                server,
                                places.stream().map(Strike::path).distinct().toList())));
    }

    private static void killedAt(Strike place) throws IOException {
        List<List<SnapshotManifest>> before = snapshots();
        Result take = struck(place);
        if (take.exit() != 137 && place.poll()) {
            notReached++;
        } else {
            // After the last answer of all it may be faster than the signal.
            assertThat(take.exit()).as(take.stdout() + take.stderr()).isIn(137, 0);
            survived++;
        }
        List<List<SnapshotManifest>> killed = snapshots();
        for (int target = 0; target < targets.size(); target++) {
            assertNothingIsLost(before.get(target), killed.get(target));
            assertNothingIsHalf(targets.get(target), stores.get(target));
        }
        age(folder.resolve("spool"));

        take();

        assertThat(folder.resolve("spool")).isEmptyDirectory();
        for (int target = 0; target < targets.size(); target++) {
            List<SnapshotManifest> counted = targets.get(target).list().snapshots();
            assertThat(counted).hasSize(KEPT);
            assertThat(killed.get(target)).doesNotContain(counted.getFirst());
            counted.forEach(targets.get(target)::verify);
            assertLeftoversGo(targets.get(target), stores.get(target), counted);
        }
        assertThat(snapshots().stream().map(List::getFirst).distinct())
                .as("the newest everywhere")
                .hasSize(1);
    }

    /** What is there counts and is whole; the oldest may have gone, once there was a newer one. */
    private static void assertNothingIsLost(List<SnapshotManifest> before, List<SnapshotManifest> killed) {
        boolean added = !killed.getFirst().equals(before.getFirst());
        if (added) {
            whole++;
            assertThat(killed).containsAll(before.subList(0, KEPT - 1));
        } else {
            assertThat(killed).isEqualTo(before);
        }
    }

    private static void assertNothingIsHalf(SnapshotTarget target, ObjectStore store) throws IOException {
        List<StoredObject> there;
        SnapshotTarget.Contents contents;
        do { // A server that was asked goes on when who asked is dead.
            there = store.list();
            contents = target.list();
        } while (!store.list().equals(there));
        contents.snapshots().forEach(target::verify);
        List<String> named = new ArrayList<>();
        contents.snapshots().forEach(snapshot -> named.addAll(List.of(snapshot.archive(), snapshot.fileName())));
        for (Broken broken : contents.broken()) {
            named.add(broken.object());
            if (broken.object().endsWith(".snap")) {
                orphans++;
                assertWhole(store, broken.object());
            } else {
                assertThat(broken.reason()).isEqualTo("its archive is not there any more");
            }
        }
        assertThat(there).extracting(StoredObject::name).containsExactlyInAnyOrderElementsOf(named);
    }

    private static void assertWhole(ObjectStore store, String archive) throws IOException {
        Path copy = Files.createTempFile(folder, "copy", ".snap");
        try (InputStream in = store.open(archive)) {
            Files.write(copy, in.readAllBytes());
        }
        SnapshotFile.at(copy).fetch(spool(), Optional.empty()).close();
        Files.delete(copy);
    }

    private static void assertLeftoversGo(SnapshotTarget target, ObjectStore store, List<SnapshotManifest> counted) {
        Instant later = Instant.now().plus(Duration.ofHours(25));
        SnapshotTarget.Pruned pruned =
                target.prune(target.prunable(counted.getFirst().clusterId(), new Retention(KEPT), later));
        SnapshotTarget.Pruned swept = target.sweep(later);
        leftovers += pruned.leftovers().size() + swept.leftovers().size();
        assertThat(pruned.problems()).isEmpty();
        assertThat(swept.problems()).isEmpty();
        assertThat(pruned.snapshots()).isEmpty();
        assertThat(target.list()).isEqualTo(new SnapshotTarget.Contents(counted, List.of()));
        assertThat(store.list()).hasSize(2 * KEPT);
        assertThat(store.leftovers(later)).isEmpty();
    }

    private static Result struck(Strike place) {
        proxy.reset();
        var running = new CompletableFuture<Running>();
        var struck = new AtomicBoolean();
        proxy.on(place.point(), exchange -> !struck.get() && place.hits(named(exchange), requests()), exchange -> {
            struck.set(true);
            running.join().kill();
            running.join().await();
            return Verdict.DROP_ALL;
        });
        running.complete(application.start("snapshot", "take"));
        Result result = running.join().await();
        assertThat(struck.get() || place.poll())
                .as("only polls come less often than they did")
                .isTrue();
        proxy.reset();
        return result;
    }

    private static List<Exchange> requests() {
        return proxy.exchanges().stream().map(SnapshotKillIT::named).toList();
    }

    /** Under a name that is the same for every snapshot. */
    private static Exchange named(Exchange exchange) {
        String path = exchange.path()
                .replaceAll("[A-Za-z0-9-]+-[0-9]{8}T[0-9]{6}Z-[0-9]+\\.snap", "ARCHIVE")
                .replaceAll("(uploadId|blockid|marker)=[^&]+", "$1=ID")
                .replaceAll("/bucket-[0-9a-f-]+", "/BUCKET")
                .replaceAll("/snapshots-kill", "/CONTAINER");
        return new Exchange(exchange.number(), exchange.server(), exchange.method(), path, exchange.status());
    }

    private static List<List<SnapshotManifest>> snapshots() {
        return targets.stream().map(target -> target.list().snapshots()).toList();
    }

    private static void take() {
        Result taken = application.run("snapshot", "take");
        assertThat(taken.exit()).as(taken.stdout() + taken.stderr()).isZero();
    }

    /** As if a day had gone by. */
    private static void age(Path spool) throws IOException {
        try (Stream<Path> files = Files.list(spool)) {
            for (Path left : files.toList()) {
                Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
            }
        }
    }

    /** Of values that no compression makes smaller. */
    private static void grow() {
        Ann ann = new Ann(SERVER::send, "bulk");
        Random random = new Random(1);
        for (int value = 0; value < VALUES; value++) {
            byte[] bytes = new byte[VALUE_BYTES];
            random.nextBytes(bytes);
            ann.write("value-" + value, Base64.getEncoder().encodeToString(bytes));
        }
    }

    private static ObjectStore bucketStore(String bucket) {
        return new S3Store(
                new S3Store.Settings(
                        bucket,
                        Optional.of(S3.address()),
                        "us-east-1",
                        true,
                        "",
                        new S3Store.Encryption.OfBucket(),
                        Optional.empty(),
                        new S3Store.Credentials.Keys("AKIAEXAMPLE", Sensitive.of("any"), Optional.empty()),
                        Optional.empty()),
                Clock.systemUTC());
    }

    private static ObjectStore containerStore(String container) {
        return new AzureBlobStore(
                new AzureBlobStore.Settings(
                        container,
                        "",
                        new AzureBlobStore.Credentials.ConnectionString(BlobServer.connectionString(BLOBS.address()))),
                new JdkHttpClientBuilder().build(),
                Clock.systemUTC());
    }

    private static String container() {
        BlobContainerClient container = new BlobContainerClientBuilder()
                .connectionString(BlobServer.connectionString(BLOBS.address()).reveal())
                .containerName("snapshots-kill")
                .httpClient(new JdkHttpClientBuilder().build())
                .serviceVersion(BlobServiceVersion.V2021_12_02)
                .buildClient();
        container.create();
        return container.getBlobContainerName();
    }

    private static SpoolFolder spool() {
        return new SpoolFolder(folder.resolve("test-spool"));
    }

    private static String file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content + "\n").toString();
    }
}
