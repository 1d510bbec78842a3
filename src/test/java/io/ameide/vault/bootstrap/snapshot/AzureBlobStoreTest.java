package io.ameide.vault.bootstrap.snapshot;

import com.azure.core.http.HttpClient;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.util.BinaryData;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore.Credentials;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore.Limits;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore.Settings;
import io.ameide.vault.bootstrap.testing.BlobServer;
import io.ameide.vault.bootstrap.testing.FaultyLine;
import io.ameide.vault.bootstrap.testing.KeyVaultServer;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Against Azurite, through a proxy where the fault is one that it does not have. */
class AzureBlobStoreTest extends ObjectStoreContract {

    private static final int BLOCK = 100_000;
    private static final int OBJECTS = 3_000;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** Tries as often as ever, and sooner. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    @RegisterExtension
    static final BlobServer SERVER = BlobServer.inTheClear();

    private final String name = "snapshots-" + UUID.randomUUID();
    private BlobContainerClient container;
    private LoopbackProxy proxy;
    private AzureBlobStore store;

    @BeforeEach
    void makeContainer() {
        container = new BlobContainerClientBuilder()
                .connectionString(BlobServer.connectionString(SERVER.address()).reveal())
                .containerName(name)
                .httpClient(http())
                .serviceVersion(BlobServiceVersion.V2021_12_02)
                .buildClient();
        container.create();
        proxy = LoopbackProxy.to(SERVER.address());
        store = store(name, account(proxy.address()));
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Override
    int severalParts() {
        return 2 * BLOCK + 1000;
    }

    private static AzureBlobStore store(String container, Credentials credentials) {
        return new AzureBlobStore(
                new Settings(container, "/vault/prod/", credentials),
                http(),
                Clock.systemUTC(),
                new Limits(BLOCK, LIMIT, PAUSE));
    }

    private static Credentials account(URI address) {
        return new Credentials.ConnectionString(BlobServer.connectionString(address));
    }

    private static HttpClient http() {
        return new JdkHttpClientBuilder()
                .connectionTimeout(Duration.ofSeconds(10))
                .responseTimeout(Duration.ofSeconds(20))
                .build();
    }

    @Test
    void placeIsNamedWithoutAnyCredential() {
        assertThat(store.description())
                .isEqualTo("Azure container %s/vault/prod at %s".formatted(name, proxy.address()));
    }

    @Test
    void whatLiesOutsideThePrefixOrDeeperIsNoObject() throws IOException {
        container.getBlobClient("a.snap").upload(BinaryData.fromString("elsewhere"));
        container.getBlobClient("vault/production/a.snap").upload(BinaryData.fromString("elsewhere"));
        container.getBlobClient("vault/prod/deeper/a.snap").upload(BinaryData.fromString("elsewhere"));

        assertThat(store.list()).isEmpty();
        store.put("a.snap", file(bytes(1, 10)));

        assertThat(store.list()).extracting(StoredObject::name).containsExactly("a.snap");
        assertThat(container.getBlobClient("vault/prod/a.snap").exists()).isTrue();
    }

    @Test
    void sharedAccessSignatureIsEnoughAndShownNowhere() throws IOException {
        String token = container.generateSas(new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("racwdl")));
        Settings settings =
                new Settings(name, "", new Credentials.SharedAccessSignature(SERVER.account(), Sensitive.of(token)));
        AzureBlobStore signed = new AzureBlobStore(settings, http(), Clock.systemUTC());

        signed.put("a.snap", file(bytes(1, 10)));

        assertThat(signed.list()).extracting(StoredObject::name).containsExactly("a.snap");
        assertThat(signed.description()).isEqualTo("Azure container %s at %s".formatted(name, SERVER.address()));
        assertThat(settings.toString()).doesNotContain("sig=");
    }

    @Test
    void workloadIdentityIsEnough(@TempDir Path folder) throws IOException {
        try (KeyVaultServer entra = KeyVaultServer.in(folder);
                BlobServer blobs = BlobServer.overTls(entra.authority()).start()) {
            HttpClient http = new JdkHttpClientBuilder(java.net.http.HttpClient.newBuilder()
                            .sslContext(entra.authority().trust()))
                    .build();
            new BlobContainerClientBuilder()
                    .connectionString(
                            BlobServer.connectionString(blobs.address()).reveal())
                    .containerName(name)
                    .httpClient(http)
                    .serviceVersion(BlobServiceVersion.V2021_12_02)
                    .buildClient()
                    .create();
            AzureBlobStore identified = identified(blobs, entra, entra.tokenFile(), http);

            identified.put("a.snap", file(bytes(1, 10)));
            assertThat(identified.list()).hasSize(1);

            Path wrong = Files.writeString(folder.resolve("wrong"), "another-assertion");
            assertThatThrownBy(() -> identified(blobs, entra, wrong, http).list())
                    .isInstanceOf(StoreException.Denied.class)
                    .hasMessageContaining("the workload identity cannot sign in, AADSTS70021")
                    .satisfies(e -> Secrets.assertShowNone(e, "another-assertion"));
            assertThatThrownBy(() -> identified(blobs, entra, folder.resolve("absent"), http)
                            .list())
                    .isInstanceOf(StoreException.Denied.class)
                    .hasMessageContaining("the token file is not there");
        }
    }

    private AzureBlobStore identified(BlobServer blobs, KeyVaultServer entra, Path token, HttpClient http) {
        WorkloadIdentity identity =
                new WorkloadIdentity(KeyVaultServer.TENANT, KeyVaultServer.CLIENT, token, entra.authorityHost());
        return new AzureBlobStore(
                new Settings(name, "", new Credentials.Identity(blobs.account(), identity)), http, Clock.systemUTC());
    }

    @Test
    void expiredSignatureIsDeniedAndQuotedNowhere() {
        String token = container.generateSas(new BlobServiceSasSignatureValues(
                OffsetDateTime.now().minusHours(1), BlobContainerSasPermission.parse("racwdl")));
        AzureBlobStore expired = new AzureBlobStore(
                new Settings(name, "", new Credentials.SharedAccessSignature(SERVER.account(), Sensitive.of(token))),
                http(),
                Clock.systemUTC());

        String signature = token.replaceAll(".*sig=([^&]+).*", "$1");
        try (Secrets.Log log = new Secrets.Log("com.azure", "jdk.httpclient")) {
            assertThatThrownBy(expired::list)
                    .isInstanceOf(StoreException.Denied.class)
                    .hasMessageStartingWith("list the snapshots in " + expired.description() + ": status 403")
                    .hasMessageContaining("has the shared access signature expired")
                    .satisfies(e -> Secrets.assertShowNone(e, token, signature));
            log.assertShowsNone(token, signature);
        }
    }

    @Test
    void connectionStringThatIsNoneIsNotQuoted() {
        assertThatThrownBy(() -> store(name, new Credentials.ConnectionString(Sensitive.of("AccountKey=geheim"))))
                .isInstanceOf(ProblemException.class)
                .satisfies(e -> Secrets.assertShowNone(e, "geheim"));
    }

    @Test
    void containerThatIsNotThereIsNamed() {
        AzureBlobStore nowhere = store("no-such-container", account(proxy.address()));

        assertThatThrownBy(nowhere::list)
                .isInstanceOf(StoreException.Denied.class)
                .hasMessageContaining("there is no such container");
        assertThatThrownBy(() -> nowhere.put("a.snap", file(bytes(1, 10))))
                .isInstanceOf(StoreException.Denied.class)
                .hasMessageStartingWith("store a.snap in " + nowhere.description());
    }

    @Test
    void wrongKeyIsDenied() {
        String wrong =
                BlobServer.connectionString(proxy.address()).reveal().replace("AccountKey=Eby8", "AccountKey=AAAA");
        AzureBlobStore stranger = store(name, new Credentials.ConnectionString(Sensitive.of(wrong)));

        assertThatThrownBy(stranger::list)
                .isInstanceOf(StoreException.Denied.class)
                .hasMessageContaining("status 403")
                .hasMessageContaining("are the clocks right?") // which the service refuses in the same words
                .satisfies(e -> Secrets.assertShowNone(e, wrong.substring(wrong.indexOf("AAAA"), wrong.indexOf("=="))));
    }

    @Test
    void nobodyListeningIsUnavailable() {
        AzureBlobStore silent = store(name, account(FaultyLine.gone()));

        assertThatThrownBy(silent::list)
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessageContaining("nobody listens there");
    }

    @ParameterizedTest
    @CsvSource({
        "500, InternalError, Unavailable",
        "503, ServerBusy, Unavailable",
        "403, AuthorizationFailure, Denied",
        "409, ContainerQuotaExceeded, Full",
        "409, BlobImmutableDueToPolicy, Locked",
        "412, LeaseIdMissing, Locked",
        "400, Md5Mismatch, Unavailable",
    })
    void refusalsAreToldApart(int status, String code, String kind) {
        store.put("a.snap", file(bytes(1, 10)));
        proxy.on(Point.BEFORE_SENT, exchange -> exchange.method().equals("DELETE"), exchange -> error(status, code));

        assertThatThrownBy(() -> store.delete("a.snap"))
                .hasMessageStartingWith("delete a.snap in " + store.description() + ": ")
                .extracting(e -> e.getClass().getSimpleName())
                .isEqualTo(kind);
        assertThat(store.list()).hasSize(1);
    }

    @Test
    void lockedBlobIsNeitherDeletedNorHidden() {
        Instant until = Instant.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.SECONDS);
        store.put("kept.snap", file(bytes(1, 10)));
        store.put("held.snap", file(bytes(1, 10)));
        proxy.reset();
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> exchange.method().equals("HEAD") && exchange.path().contains("kept.snap"),
                exchange -> properties(Map.of(
                        "x-ms-immutability-policy-until-date",
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(until.atOffset(ZoneOffset.UTC)),
                        "x-ms-immutability-policy-mode",
                        "locked")));
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> exchange.method().equals("HEAD") && exchange.path().contains("held.snap"),
                exchange -> properties(Map.of("x-ms-legal-hold", "true")));

        assertThatThrownBy(() -> store.delete("kept.snap"))
                .isInstanceOf(StoreException.Locked.class)
                .hasMessageContaining("its immutability policy keeps it until " + until);
        assertThatThrownBy(() -> store.delete("held.snap"))
                .isInstanceOf(StoreException.Locked.class)
                .hasMessageContaining("a legal hold keeps it");

        assertThat(proxy.writes()).isEmpty();
        assertThat(store.list()).hasSize(2);
    }

    /** Azurite has neither policies nor holds. */
    private static Verdict properties(Map<String, String> lock) {
        Map<String, String> headers = new HashMap<>(lock);
        headers.put("x-ms-blob-type", "BlockBlob");
        headers.put("ETag", "\"0x1\"");
        headers.put("Last-Modified", DateTimeFormatter.RFC_1123_DATE_TIME.format(OffsetDateTime.now(ZoneOffset.UTC)));
        return new Verdict.Answer(200, "", headers);
    }

    private static Verdict error(int status, String code) {
        return new Verdict.Answer(
                status,
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s</Code><Message>m</Message></Error>"
                        .formatted(code),
                Map.of("Content-Type", "application/xml", "x-ms-error-code", code));
    }

    @Test
    void passingOutageIsOutlasted() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> blocks(exchange) && asked.incrementAndGet() == 2,
                exchange -> error(503, "ServerBusy"));
        byte[] content = bytes(1, severalParts());

        store.put("a.snap", file(content));

        assertThat(read("a.snap")).isEqualTo(content);
    }

    @Test
    void lostAnswerToTheCommitIsNoConflict() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        proxy.on(
                Point.AFTER_RECEIVED,
                exchange -> exchange.path().contains("comp=blocklist") && asked.incrementAndGet() == 1,
                exchange -> Verdict.DROP);
        byte[] content = bytes(1, severalParts());

        store.put("a.snap", file(content));

        assertThat(asked).hasValueGreaterThan(1);
        assertThat(read("a.snap")).isEqualTo(content);
    }

    /** Without blocks it is the condition alone that keeps the commit from overwriting. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2 * BLOCK})
    void nameTakenWhileItIsSentIsNotOverwritten(int size) throws IOException {
        AtomicBoolean other = new AtomicBoolean();
        AzureBlobStore direct = store(name, account(SERVER.address()));
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> exchange.path().contains("comp=blocklist") && other.compareAndSet(false, true),
                exchange -> {
                    direct.put("a.snap", file(bytes(1, 10)));
                    return Verdict.PROCEED;
                });

        assertThatThrownBy(() -> store.put("a.snap", file(bytes(2, size)))).isInstanceOf(StoreException.Exists.class);

        assertThat(read("a.snap")).isEqualTo(bytes(1, 10));
    }

    @Test
    void killedUploadLeavesNothingVisibleAndBlocksNobody() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        proxy.on(
                Point.BEFORE_SENT,
                exchange -> blocks(exchange) && asked.incrementAndGet() > 1,
                exchange -> Verdict.DROP);
        LocalFile file = file(bytes(1, severalParts()));
        assertThatThrownBy(() -> store.put("a.snap", file)).isInstanceOf(StoreException.Unavailable.class);
        proxy.reset();

        assertThat(store.list()).isEmpty();
        assertThat(store.leftovers(Instant.now().plus(Duration.ofDays(8)))).isEmpty();
        store.put("a.snap", file);
        assertThat(read("a.snap")).isEqualTo(bytes(1, severalParts()));
    }

    @Test
    void downloadThatBreaksOffIsNoPlainEnd() {
        store.put("a.snap", file(bytes(1, 500_000)));
        try (FaultyLine line = FaultyLine.cutting(SERVER.address(), 20_000)) {
            AzureBlobStore cut = store(name, account(line.address()));

            assertThatThrownBy(() -> {
                        try (InputStream in = cut.open("a.snap")) {
                            in.readAllBytes();
                        }
                    })
                    .isInstanceOfAny(IOException.class, StoreException.class);
        }
    }

    @Test
    void uploadThatIsCutOffLeavesNothing() {
        try (FaultyLine line = FaultyLine.cuttingRequests(SERVER.address(), BLOCK / 2)) {
            AzureBlobStore cut = store(name, account(line.address()));

            assertThatThrownBy(() -> cut.put("a.snap", file(bytes(1, BLOCK))))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageStartingWith("store a.snap in " + cut.description() + ": ");
        }
        assertThat(store.list()).isEmpty();
    }

    @Test
    void uploadThatStallsEnds() {
        try (FaultyLine line = FaultyLine.stalling(SERVER.address(), 100_000)) {
            AzureBlobStore stalled = new AzureBlobStore(
                    new Settings(name, "", account(line.address())),
                    new JdkHttpClientBuilder().build(),
                    Clock.systemUTC(),
                    new Limits(64 * 1024 * 1024, Duration.ofSeconds(1), PAUSE));
            LocalFile larger = file(bytes(1, 32 * 1024 * 1024)); // than what the buffers of a connection take

            assertThatThrownBy(() -> stalled.put("a.snap", larger))
                    .isInstanceOf(StoreException.Unavailable.class)
                    .hasMessageContaining(": no answer");
        }
    }

    @Test
    void thousandsAreListedOnPagesOfAThousand() throws Exception {
        String signature = container.generateSas(new BlobServiceSasSignatureValues(
                OffsetDateTime.now().plusHours(1), BlobContainerSasPermission.parse("cw")));
        ManyObjects.put(
                OBJECTS,
                number -> HttpRequest.newBuilder(URI.create(
                                "%s/%s/vault/prod/%04d.snap?%s".formatted(SERVER.account(), name, number, signature)))
                        .header("x-ms-blob-type", "BlockBlob"));

        assertThat(store.list())
                .extracting(StoredObject::name)
                .doesNotHaveDuplicates()
                .hasSize(OBJECTS);
        assertThat(proxy.exchanges()).hasSize(Math.ceilDiv(OBJECTS, 1000));
    }

    @Test
    void fileMayBeLargerThanTheHeap(@TempDir Path folder) throws Exception {
        String connection = BlobServer.connectionString(SERVER.address()).reveal();

        assertThat(PutAndRead.inASmallHeap(folder, "azure", connection, name)).endsWith("as it was written\n");
    }

    @Test
    void noLoggerTellsTheAccountsKey() {
        try (Secrets.Log log = new Secrets.Log("com.azure", "jdk.httpclient")) {
            store.put("a.snap", file(bytes(1, 10)));
            store.list();
            proxy.on(Point.BEFORE_SENT, exchange -> true, exchange -> error(403, "AuthenticationFailed"));
            assertThatThrownBy(store::list).isInstanceOf(StoreException.Denied.class);

            log.assertShowsNone(BlobServer.accountKey());
        }
    }

    private static boolean blocks(Exchange exchange) {
        return exchange.path().contains("comp=block&");
    }
}
