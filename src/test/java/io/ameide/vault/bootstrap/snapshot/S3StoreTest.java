package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.S3Store.Credentials;
import io.ameide.vault.bootstrap.snapshot.S3Store.Encryption;
import io.ameide.vault.bootstrap.snapshot.S3Store.Limits;
import io.ameide.vault.bootstrap.snapshot.S3Store.ObjectLock;
import io.ameide.vault.bootstrap.snapshot.S3Store.Settings;
import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.FaultyLine;
import io.ameide.vault.bootstrap.testing.LoopbackNames;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.S3Server;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketVersioningStatus;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Against S3Mock, through a proxy where the fault is one that it does not have. */
class S3StoreTest extends ObjectStoreContract {

    private static final int PART = 5 * 1024 * 1024;
    private static final int OBJECTS = 3_000;
    private static final String SECRET_KEY = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
    private static final String SESSION_TOKEN = "FwoGZXIvYXdzEXAMPLETOKEN";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** Tries as often as ever, and sooner. */
    private static final StandardRetryStrategy SOON = AwsRetryStrategy.standardRetryStrategy().toBuilder()
            .backoffStrategy(BackoffStrategy.fixedDelay(Duration.ofMillis(20)))
            .throttlingBackoffStrategy(BackoffStrategy.fixedDelay(Duration.ofMillis(20)))
            .build();

    private static final Instant FUTURE = Instant.now().plus(Duration.ofDays(1));

    @RegisterExtension
    static final S3Server SERVER = new S3Server();

    private String bucket;
    private LoopbackProxy proxy;
    private S3Store store;

    @BeforeEach
    void makeBucket() {
        bucket = SERVER.bucket();
        proxy = LoopbackProxy.to(SERVER.address());
        store = store(settings(bucket));
    }

    @AfterEach
    void close() {
        store.close();
        proxy.close();
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    int severalParts() {
        return 2 * PART + 1000;
    }

    private Settings settings(String bucket) {
        return settings(proxy.address(), bucket, "vault/prod", Optional.empty());
    }

    private static Settings settings(URI endpoint, String bucket, String prefix, Optional<ObjectLock> lock) {
        return new Settings(
                bucket,
                Optional.of(endpoint),
                "us-east-1",
                true,
                prefix,
                new Encryption.OfBucket(),
                lock,
                new Credentials.Keys("AKIDEXAMPLE", Sensitive.of(SECRET_KEY), Optional.of(Sensitive.of(SESSION_TOKEN))),
                Optional.empty());
    }

    private static S3Store store(Settings settings) {
        return store(settings, Clock.systemUTC());
    }

    private static S3Store store(Settings settings, Clock clock) {
        return new S3Store(settings, clock, new Limits(PART, LIMIT, 1024 * 1024, SOON));
    }

    /** S3Mock looks and then writes, so that it has to be asked for one after the other; S3 does both at once. */
    @Override
    @Test
    void oneOfManyThatPutUnderOneNameWins() throws Exception {
        Semaphore writing = new Semaphore(1);
        proxy.on(Point.BEFORE_SENT, S3StoreTest::finalWrite, exchange -> {
            writing.acquire();
            return Verdict.PROCEED;
        });
        proxy.on(Point.AFTER_RECEIVED, S3StoreTest::finalWrite, exchange -> {
            writing.release();
            return Verdict.PROCEED;
        });
        super.oneOfManyThatPutUnderOneNameWins();
    }

    @Test
    void placeIsNamed() {
        assertThat(store.description()).isEqualTo("S3 bucket %s/vault/prod at %s".formatted(bucket, proxy.address()));
        assertThat(settings(bucket).toString()).doesNotContain(SECRET_KEY).doesNotContain(SESSION_TOKEN);
    }

    @Test
    void whatLiesOutsideThePrefixOrDeeperIsNoObject() throws IOException {
        for (String prefix : List.of("", "vault", "vault/production", "vault/prod/deeper")) {
            try (S3Store elsewhere = store(settings(proxy.address(), bucket, prefix, Optional.empty()))) {
                elsewhere.put("a.snap", file(bytes(1, 10)));
            }
        }

        assertThat(store.list()).isEmpty();
        store.put("a.snap", file(bytes(2, 10)));

        assertThat(store.list()).extracting(StoredObject::name).containsExactly("a.snap");
        assertThat(read("a.snap")).isEqualTo(bytes(2, 10));
    }

    @Test
    void thousandsAreListedOnPagesOfAThousand() throws Exception {
        // Without the SDK and its signatures, which nobody looks at here and which would take most of the time.
        ManyObjects.put(
                OBJECTS,
                number -> HttpRequest.newBuilder(
                        SERVER.address().resolve("/%s/vault/prod/%04d.snap".formatted(bucket, number))));

        assertThat(store.list())
                .extracting(StoredObject::name)
                .doesNotHaveDuplicates()
                .hasSize(OBJECTS);
        assertThat(proxy.exchanges()).hasSize(Math.ceilDiv(OBJECTS, 1000));
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 2 * PART})
    void encryptionAndLockAreAskedForOfTheStore(int size) {
        Settings plain = settings(SERVER.lockableBucket());
        Settings all = changed(
                plain,
                new Encryption.Managed(),
                Optional.of(new ObjectLock(ObjectLock.Mode.COMPLIANCE, 30)),
                plain.credentials());
        try (S3Store asking = store(all);
                Secrets.Log log = new Secrets.Log("software.amazon.awssdk.request")) {
            asking.put("a.snap", file(bytes(1, size)));

            assertThat(log.lines())
                    .filteredOn(line -> line.contains("x-amz-meta-sha256"))
                    .singleElement()
                    .asString()
                    .contains(
                            "x-amz-server-side-encryption",
                            "x-amz-object-lock-mode",
                            "x-amz-object-lock-retain-until-date");
        }
    }

    /** S3Mock does not remember it of what came in parts; that it is asked for there as well shows where it is refused. */
    @Test
    void objectsAreEncryptedWithTheKeyThatIsNamed() {
        try (S3Store asking = store(encrypting(S3Server.KMS_KEY));
                S3Client raw = S3Clients.of(settings(bucket), LIMIT, SOON)) {
            asking.put("a.snap", file(bytes(1, 10)));

            HeadObjectResponse stored =
                    raw.headObject(object -> object.bucket(bucket).key("vault/prod/a.snap"));
            assertThat(stored.serverSideEncryption()).isEqualTo(ServerSideEncryption.AWS_KMS);
            assertThat(stored.ssekmsKeyId()).isEqualTo(S3Server.KMS_KEY);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 2 * PART})
    void keyThatTheStoreDoesNotHaveIsToldAndNothingIsStored(int size) {
        try (S3Store asking = store(encrypting("another"))) {
            assertThatThrownBy(() -> asking.put("a.snap", file(bytes(1, size))))
                    .isInstanceOfSatisfying(
                            StoreException.Denied.class,
                            denied -> assertThat(denied.problem().hint()).contains("s3.kms-key"))
                    .hasMessageContaining("KMS.NotFoundException");

            assertThat(store.list()).isEmpty();
            assertThat(store.leftovers(FUTURE)).isEmpty();
        }
    }

    private Settings encrypting(String kmsKey) {
        Settings plain = settings(bucket);
        return changed(plain, new Encryption.Kms(Optional.of(kmsKey)), Optional.empty(), plain.credentials());
    }

    private static Settings changed(
            Settings plain, Encryption encryption, Optional<ObjectLock> lock, Credentials credentials) {
        return new Settings(
                plain.bucket(),
                plain.endpoint(),
                plain.region(),
                plain.pathStyle(),
                plain.prefix(),
                encryption,
                lock,
                credentials,
                plain.caFile());
    }

    @Test
    void uploadOfAKilledProcessIsRemovedAfterADay() {
        leaveUpload("a.snap");

        assertThat(store.leftovers(Instant.now().minus(Duration.ofDays(1)))).isEmpty();
        assertThat(store.list()).isEmpty();
        assertThat(store.leftovers(FUTURE)).singleElement().satisfies(left -> {
            assertThat(left.description()).startsWith("upload of a.snap begun at ");
            assertThat(store.leftovers(FUTURE)).hasSize(1);
            left.removal().run();
            left.removal().run();
        });
        assertThat(store.leftovers(FUTURE)).isEmpty();
    }

    @Test
    void uploadOfSomebodyElseStays() {
        try (S3Client raw = S3Clients.of(settings(bucket), LIMIT, SOON)) {
            for (String key : List.of("vault/prod/deeper/a.snap", "vault/prod/.hidden", "a.snap")) {
                raw.createMultipartUpload(request -> request.bucket(bucket).key(key));
            }

            assertThat(store.leftovers(FUTURE)).isEmpty();
            assertThat(raw.listMultipartUploads(request -> request.bucket(bucket))
                            .uploads())
                    .hasSize(3);
        }
    }

    @Test
    void whereTheWholeBucketIsThePlaceOnlyUploadsOfArchivesAreRemoved() {
        try (S3Client raw = S3Clients.of(settings(bucket), LIMIT, SOON);
                S3Store everything = store(settings(proxy.address(), bucket, "", Optional.empty()))) {
            for (String key : List.of("video.mp4", "a.snap.json", "a.snap.mp4", "a.snap", "b.snap.pgp")) {
                raw.createMultipartUpload(
                        request -> request.bucket(bucket).key(key).checksumAlgorithm(ChecksumAlgorithm.SHA256));
            }

            List<ObjectStore.Leftover> left = everything.leftovers(FUTURE);
            left.forEach(upload -> upload.removal().run());

            assertThat(left)
                    .map(upload -> upload.description().replaceFirst(" begun at .*", ""))
                    .containsExactlyInAnyOrder("upload of a.snap", "upload of b.snap.pgp");
            assertThat(raw.listMultipartUploads(request -> request.bucket(bucket))
                            .uploads())
                    .extracting(MultipartUpload::key)
                    .containsExactlyInAnyOrder("video.mp4", "a.snap.json", "a.snap.mp4");
        }
    }

    @Test
    void nameOfAKilledUploadIsFree() throws IOException {
        leaveUpload("a.snap");

        store.put("a.snap", file(bytes(2, severalParts())));

        assertThat(read("a.snap")).isEqualTo(bytes(2, severalParts()));
    }

    /** As if the process had been killed between two parts: nothing that it would send afterwards arrives. */
    private void leaveUpload(String name) {
        AtomicInteger parts = new AtomicInteger();
        proxy.on(Point.BEFORE_SENT, exchange -> part(exchange) && parts.incrementAndGet() > 1, e -> Verdict.DROP);
        proxy.on(Point.BEFORE_SENT, exchange -> exchange.method().equals("DELETE"), e -> Verdict.DROP);
        assertThatThrownBy(() -> store.put(name, file(bytes(1, severalParts()))))
                .isInstanceOf(StoreException.Unavailable.class);
        proxy.reset();
    }

    @Test
    void uploadThatFailsIsAborted() {
        AtomicInteger parts = new AtomicInteger();
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> part(exchange) && parts.incrementAndGet() > 1,
                exchange -> error(400, "BadDigest"));

        assertThatThrownBy(() -> store.put("a.snap", file(bytes(1, severalParts()))))
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessage(
                        "store a.snap in %s: status 400 BadDigest, what arrived is not what was sent (try again; if it"
                                        .formatted(store.description())
                                + " stays, check disk and network)");

        assertThat(store.list()).isEmpty();
        assertThat(store.leftovers(FUTURE)).isEmpty();
    }

    @Test
    void largeFileThatIsNotWhatItsChecksumSaysLeavesNothing() {
        LocalFile honest = file(bytes(1, severalParts()));

        assertThatThrownBy(() -> store.put("a.snap", new LocalFile(honest.path(), honest.sizeBytes(), "0".repeat(64))))
                .isInstanceOf(StoreException.Unavailable.class);

        assertThat(store.list()).isEmpty();
        assertThat(store.leftovers(FUTURE)).isEmpty();
    }

    @Test
    void contentThatWasChangedOnItsWayIsRefusedByTheStoreItself() {
        LocalFile file = file(bytes(1, 1000));
        try (S3Client raw = S3Clients.of(settings(bucket), LIMIT, SOON)) {
            assertThatThrownBy(() -> raw.putObject(
                            request -> request.bucket(bucket)
                                    .key("vault/prod/a.snap")
                                    .checksumSHA256(Base64.getEncoder().encodeToString(new byte[32])),
                            file.path()))
                    .isInstanceOf(S3Exception.class);
        }

        assertThat(store.list()).isEmpty();
    }

    @Test
    void takenNameIsFoundBeforeAnythingIsSent() {
        store.put("a.snap", file(bytes(1, 10)));
        proxy.reset();

        assertThatThrownBy(() -> store.put("a.snap", file(bytes(2, severalParts()))))
                .isInstanceOf(StoreException.Exists.class)
                .hasMessage(
                        "store a.snap in %s: one of that name is already there or being stored (another run was faster:"
                                        .formatted(store.description())
                                + " nothing is lost)");

        assertThat(proxy.writes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 2 * PART})
    void nameTakenWhileItIsSentIsNotOverwritten(int size) throws IOException {
        AtomicBoolean other = new AtomicBoolean();
        AtomicInteger aborted = new AtomicInteger();
        try (S3Store direct = store(settings(SERVER.address(), bucket, "vault/prod", Optional.empty()))) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> finalWrite(exchange) && other.compareAndSet(false, true),
                    exchange -> {
                        direct.put("a.snap", file(bytes(1, 10)));
                        return Verdict.PROCEED;
                    });
            // S3Mock takes the object along when an upload of its name is aborted.
            proxy.on(Point.BEFORE_SENT, exchange -> exchange.method().equals("DELETE"), exchange -> {
                aborted.incrementAndGet();
                return new Verdict.Answer(204, "");
            });

            assertThatThrownBy(() -> store.put("a.snap", file(bytes(2, size))))
                    .isInstanceOf(StoreException.Exists.class);
        }

        assertThat(read("a.snap")).isEqualTo(bytes(1, 10));
        assertThat(aborted).hasValue(size > PART ? 1 : 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 2 * PART})
    void lostAnswerIsNoConflict(int size) throws IOException {
        AtomicInteger answers = new AtomicInteger();
        proxy.on(
                Point.AFTER_RECEIVED,
                exchange -> finalWrite(exchange) && answers.incrementAndGet() == 1,
                exchange -> Verdict.DROP);
        LocalFile file = file(bytes(1, size));

        store.put("a.snap", file);
        store.put("a.snap", file);

        assertThat(answers).hasValueGreaterThan(1);
        assertThat(read("a.snap")).isEqualTo(bytes(1, size));
    }

    @Test
    void passingOutageIsOutlasted() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        proxy.on(Point.BEFORE_SENT, exchange -> asked.incrementAndGet() % 3 == 1, exchange -> error(503, "SlowDown"));

        store.put("a.snap", file(bytes(1, severalParts())));

        assertThat(read("a.snap")).isEqualTo(bytes(1, severalParts()));
    }

    @Test
    void storeThatDoesNotTakeTheConditionIsAskedWithoutIt() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> finalWrite(exchange) && asked.incrementAndGet() == 1,
                exchange -> error(501, "NotImplemented"));

        store.put("a.snap", file(bytes(1, 10)));

        assertThat(read("a.snap")).isEqualTo(bytes(1, 10));
    }

    @ParameterizedTest
    @CsvSource({
        "400, ExpiredToken, Denied",
        "403, AccessDenied, Denied",
        "403, InvalidAccessKeyId, Denied",
        "403, SignatureDoesNotMatch, Denied",
        "403, RequestTimeTooSkewed, Denied",
        "301, PermanentRedirect, Denied",
        "400, AuthorizationHeaderMalformed, Denied",
        "507, XMinioStorageFull, Full",
        "400, XAmzContentSHA256Mismatch, Unavailable",
        "500, InternalError, Unavailable",
        "503, ServiceUnavailable, Unavailable",
    })
    void refusalsAreToldApart(int status, String code, String kind) {
        proxy.on(Point.BEFORE_SENT, exchange -> exchange.method().equals("PUT"), exchange -> error(status, code));

        assertThatThrownBy(() -> store.put("a.snap", file(bytes(1, 10))))
                .hasMessageStartingWith("store a.snap in " + store.description() + ": ")
                .satisfies(e -> Secrets.assertShowNone(e, SECRET_KEY, SESSION_TOKEN))
                .extracting(e -> e.getClass().getSimpleName())
                .isEqualTo(kind);
        proxy.reset();
        assertThat(store.list()).isEmpty();
    }

    @Test
    void clockThatIsTooWrongIsNamed() {
        proxy.on(Point.BEFORE_SENT, exchange -> true, exchange -> error(403, "RequestTimeTooSkewed"));

        assertThatThrownBy(store::list)
                .hasMessage(
                        "list the snapshots in %s: the clock of this machine and that of the store differ by too much"
                                        .formatted(store.description())
                                + " (let both follow a time server)");
    }

    @Test
    void bucketThatIsNotThereIsNamed() {
        try (S3Store nowhere = store(settings("no-such-bucket"))) {
            assertThatThrownBy(nowhere::list)
                    .isInstanceOf(StoreException.Denied.class)
                    .hasMessage(
                            "list the snapshots in %s: there is no such bucket (make it, or name the right one in s3.bucket"
                                            .formatted(nowhere.description())
                                    + " and its store in s3.endpoint)");
            assertThatThrownBy(() -> nowhere.put("a.snap", file(bytes(1, 10))))
                    .isInstanceOf(StoreException.Denied.class);
            assertThatThrownBy(() -> nowhere.open("a.snap")).isInstanceOf(StoreException.Denied.class);
            assertThatThrownBy(() -> nowhere.delete("a.snap")).isInstanceOf(StoreException.Denied.class);
            assertThatThrownBy(() -> nowhere.leftovers(FUTURE)).isInstanceOf(StoreException.Denied.class);
        }
    }

    @Test
    void nobodyListeningIsUnavailable() {
        URI nobody = FaultyLine.gone();
        try (S3Store silent = store(settings(nobody, bucket, "", Optional.empty()))) {
            assertThatThrownBy(silent::list)
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining("nobody listens there");
        }
    }

    /** S3Mock keeps locks but tells of none when it is asked for the object. */
    @Test
    void lockedObjectIsNeitherDeletedNorHidden() {
        Instant until = Instant.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.SECONDS);
        Clock later = Clock.fixed(until.plusSeconds(1), ZoneOffset.UTC);
        store.put("kept.snap", file(bytes(1, 10)));
        store.put("held.snap", file(bytes(1, 10)));
        proxy.reset();
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> exchange.method().equals("HEAD") && exchange.path().contains("kept.snap"),
                exchange -> new Verdict.Answer(
                        200,
                        "",
                        Map.of(
                                "x-amz-object-lock-mode",
                                "COMPLIANCE",
                                "x-amz-object-lock-retain-until-date",
                                until.toString())));
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> exchange.method().equals("HEAD") && exchange.path().contains("held.snap"),
                exchange -> new Verdict.Answer(200, "", Map.of("x-amz-object-lock-legal-hold", "ON")));

        assertThatThrownBy(() -> store.delete("kept.snap"))
                .isInstanceOf(StoreException.Locked.class)
                .hasMessageContaining("its object lock keeps it until " + until);
        assertThatThrownBy(() -> store.delete("held.snap"))
                .isInstanceOf(StoreException.Locked.class)
                .hasMessageContaining("a legal hold keeps it");
        assertThat(proxy.writes()).isEmpty();

        try (S3Store tomorrow = store(settings(bucket), later)) {
            tomorrow.delete("kept.snap");
        }
        assertThat(store.list()).extracting(StoredObject::name).containsExactly("held.snap");
    }

    @Test
    void bucketWithVersionsKeepsNoneAndNoMarker() {
        String versioned = SERVER.lockableBucket();
        try (S3Store versions = store(settings(versioned));
                S3Client raw = S3Clients.of(settings(versioned), LIMIT, SOON)) {
            raw.putBucketVersioning(request -> request.bucket(versioned)
                    .versioningConfiguration(configuration -> configuration.status(BucketVersioningStatus.ENABLED)));
            for (int version = 0; version < 2; version++) {
                raw.putObject(
                        request -> request.bucket(versioned).key("vault/prod/a.snap"),
                        RequestBody.fromString("version"));
            }

            versions.delete("a.snap");

            assertThat(versions.list()).isEmpty();
            var left = raw.listObjectVersions(request -> request.bucket(versioned));
            assertThat(left.versions()).isEmpty();
            assertThat(left.deleteMarkers()).isEmpty();
        }
    }

    @Test
    void refusalToDeleteALockedVersionIsALock() {
        store.put("a.snap", file(bytes(1, 10)));
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> exchange.method().equals("DELETE"),
                exchange -> error(403, "AccessDenied", "Access Denied because object protected by object lock."));

        assertThatThrownBy(() -> store.delete("a.snap")).isInstanceOf(StoreException.Locked.class);
    }

    @Test
    void downloadThatBreaksOffIsNoPlainEnd() {
        store.put("a.snap", file(bytes(1, 50_000)));
        try (FaultyLine line = FaultyLine.cutting(SERVER.address(), 20_000);
                S3Store cut = store(settings(line.address(), bucket, "vault/prod", Optional.empty()))) {
            assertThatThrownBy(() -> {
                        try (InputStream in = cut.open("a.snap")) {
                            in.readAllBytes();
                        }
                    })
                    .isInstanceOfAny(IOException.class, StoreException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {PART, 2 * PART})
    void uploadThatIsCutOffLeavesNothing(int size) {
        try (FaultyLine line = FaultyLine.cuttingRequests(SERVER.address(), 1_000_000);
                S3Store cut = store(settings(line.address(), bucket, "vault/prod", Optional.empty()))) {
            assertThatThrownBy(() -> cut.put("a.snap", file(bytes(1, size))))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageStartingWith("store a.snap in " + cut.description() + ": ");
        }
        assertThat(store.list()).isEmpty();
        assertThat(store.leftovers(FUTURE)).isEmpty();
    }

    @Test
    void uploadThatStallsEnds() {
        try (FaultyLine line = FaultyLine.stalling(SERVER.address(), 100_000);
                S3Store stalled = new S3Store(
                        settings(line.address(), bucket, "vault/prod", Optional.empty()),
                        Clock.systemUTC(),
                        new Limits(64 * 1024 * 1024, Duration.ofSeconds(1), 64 * 1024 * 1024, SOON))) {
            LocalFile larger = file(bytes(1, 32 * 1024 * 1024)); // than what the buffers of a connection take

            assertThatThrownBy(() -> stalled.put("a.snap", larger))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining(": no answer");
        }
    }

    @Test
    void contentIsSentAsEveryStoreTakesItAndItsHashIsPartOfTheSignature(@TempDir Path folder) throws IOException {
        CertificateAuthority authority = new CertificateAuthority("s3-ca");
        Path caFile = authority.writeTo(folder.resolve("ca.crt"));
        LocalFile file = file(bytes(1, 1000));
        try (RecordedPut recorded = new RecordedPut(authority.issue("127.0.0.1").context());
                S3Store trusting = store(overTls(recorded.address(), Optional.of(caFile)));
                S3Store stranger = store(overTls(recorded.address(), Optional.empty()))) {
            trusting.put("a.snap", file);

            assertThat(recorded.content()).isEqualTo(bytes(1, 1000));
            assertThat(recorded.headers().getFirst("x-amz-content-sha256")).isEqualTo(file.sha256());
            assertThat(recorded.headers().getFirst("x-amz-checksum-sha256"))
                    .isEqualTo(Base64.getEncoder().encodeToString(HexFormat.of().parseHex(file.sha256())));
            assertThat(recorded.headers().getFirst("If-None-Match")).isEqualTo("*");
            assertThat(recorded.headers()).doesNotContainKeys("Expect", "Content-encoding", "X-amz-trailer");

            assertThatThrownBy(stranger::list)
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining(": TLS failed");
        }
        assertThatThrownBy(() -> store(overTls(proxy.address(), Optional.of(file.path()))))
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith("read the authorities in " + file.path());
    }

    @Test
    void bucketIsPartOfTheHostsNameUnlessItIsToBePartOfThePath(@TempDir Path folder) throws IOException {
        CertificateAuthority authority = new CertificateAuthority("s3-ca");
        Optional<Path> caFile = Optional.of(authority.writeTo(folder.resolve("ca.crt")));
        String host = "s3." + LoopbackNames.DOMAIN;
        try (RecordedPut recorded =
                new RecordedPut(authority.issue(host, "*." + host).context())) {
            URI endpoint = URI.create(
                    "https://%s:%d".formatted(host, recorded.address().getPort()));
            try (S3Store store = store(overTls(endpoint, false, caFile))) {
                store.put("a.snap", file(bytes(1, 10)));
            }
            assertThat(recorded.headers().getFirst("Host")).startsWith(bucket + "." + host);
            assertThat(recorded.path()).isEqualTo("/vault/prod/a.snap");

            try (S3Store store = store(overTls(endpoint, true, caFile))) {
                store.put("a.snap", file(bytes(1, 10)));
            }
            assertThat(recorded.headers().getFirst("Host")).startsWith(host);
            assertThat(recorded.path()).isEqualTo("/" + bucket + "/vault/prod/a.snap");
        }
    }

    private Settings overTls(URI endpoint, Optional<Path> caFile) {
        return overTls(endpoint, true, caFile);
    }

    private Settings overTls(URI endpoint, boolean pathStyle, Optional<Path> caFile) {
        Settings keys = settings(bucket);
        return new Settings(
                bucket,
                Optional.of(endpoint),
                keys.region(),
                pathStyle,
                keys.prefix(),
                keys.encryption(),
                Optional.empty(),
                keys.credentials(),
                caFile);
    }

    @Test
    void roleIsTakenForAServiceAccountsToken(@TempDir Path folder) throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "projected-token");
        try (TokenService service = new TokenService();
                S3Store store = store(webIdentity(service, token))) {
            store.put("a.snap", file(bytes(1, 10)));
            assertThat(store.list()).hasSize(1);
            assertThat(service.asked()).isEqualTo(1);

            service.refuse();
            try (S3Store stranger = store(webIdentity(service, token))) {
                assertThatThrownBy(stranger::list)
                        .isInstanceOf(StoreException.Denied.class)
                        .hasMessageContaining("the token service does not give a role, status 403 AccessDenied")
                        .satisfies(e -> Secrets.assertShowNone(e, "projected-token"));
            }
            try (S3Store without = store(webIdentity(service, folder.resolve("absent")))) {
                assertThatThrownBy(without::list)
                        .isInstanceOf(StoreException.class)
                        .hasMessageEndingWith("absent: no such file or folder");
            }
        }
    }

    private Settings webIdentity(TokenService service, Path token) {
        Settings keys = settings(bucket);
        return changed(
                keys,
                keys.encryption(),
                Optional.empty(),
                new Credentials.WebIdentity(
                        token, "arn:aws:iam::1234:role/backup", "vault-bootstrap", Optional.of(service.address())));
    }

    @Test
    void fileMayBeLargerThanTheHeap(@TempDir Path folder) throws Exception {
        assertThat(PutAndRead.inASmallHeap(folder, "s3", SERVER.address().toString(), bucket))
                .endsWith("as it was written\n");
    }

    @Test
    void noLoggerTellsTheSecretKey() {
        try (Secrets.Log log = new Secrets.Log("software.amazon.awssdk", "sun.net.www.protocol.http")) {
            store.put("a.snap", file(bytes(1, 10)));
            store.list();
            proxy.on(Point.BEFORE_SENT, exchange -> true, exchange -> error(403, "SignatureDoesNotMatch"));
            assertThatThrownBy(store::list).isInstanceOf(StoreException.Denied.class);

            assertThat(log.lines()).isNotEmpty();
            log.assertShowsNone(SECRET_KEY);
        }
    }

    private static boolean part(Exchange exchange) {
        return exchange.path().contains("partNumber=");
    }

    /** What makes an object visible: a single put, or the end of an upload. */
    private static boolean finalWrite(Exchange exchange) {
        return exchange.method().equals("PUT") && !part(exchange)
                || exchange.method().equals("POST") && exchange.path().contains("uploadId=");
    }

    private static Verdict error(int status, String code) {
        return error(status, code, "m");
    }

    private static Verdict error(int status, String code, String message) {
        return new Verdict.Answer(
                status,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>%s</Code><Message>%s</Message></Error>"
                        .formatted(code, message),
                Map.of("Content-Type", "application/xml"));
    }
}
