package io.ameide.vault.bootstrap.snapshot;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot.Destination;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Stop;
import io.ameide.vault.bootstrap.tick.Tick;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TakeSnapshotTest {

    private static final Instant START = Instant.parse("2026-11-01T10:00:00Z");

    private static final Canary CANARY = new Canary("vault-bootstrap");

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    @TempDir
    Path parent;

    private Duration silence = Duration.ofSeconds(30);
    private List<PgpEncryption> recipients = List.of();

    @AfterEach
    void nothingIsLeftOnTheWay() {
        assertThat(parent.resolve("spool"))
                .satisfiesAnyOf(
                        spool -> assertThat(spool).doesNotExist(),
                        spool -> assertThat(spool).isEmptyDirectory());
    }

    @Test
    void oneIsTakenWhenItIsDueAndTheOldestGoes() throws IOException {
        assertThat(run(Mode.APPLY, START).changes().getLast()).satisfies(change -> {
            assertThat(change.subject()).isEqualTo("snapshot local");
            assertThat(change.description()).endsWith("bytes, verified");
        });
        assertThat(run(Mode.APPLY, START.plus(Duration.ofMinutes(59))))
                .isEqualTo(new Outcome.Unchanged("newest is 59 min old, next in 60 s"));
        assertThat(archives("local")).hasSize(1);
        String oldest = archives("local").getFirst();

        run(Mode.APPLY, START.plus(Duration.ofHours(1)));
        Outcome third = run(Mode.APPLY, START.plus(Duration.ofHours(2)));

        assertThat(third.changes()).extracting(Change::description).contains(oldest + " deleted, there are newer ones");
        assertThat(archives("local")).hasSize(2).doesNotContain(oldest);
    }

    @Test
    void manifestTellsWhereTheSnapshotCameFrom() throws IOException {
        run(Mode.APPLY, START);

        SnapshotManifest manifest = target("local").list().snapshots().getFirst();
        assertThat(manifest.clusterId()).isEqualTo(clusterId());
        assertThat(manifest.serverKind())
                .isEqualTo(SERVER.product() == Product.OPENBAO ? "OpenBao" : "HashiCorp Vault");
        assertThat(manifest.sealType()).isEqualTo("shamir");
        assertThat(manifest.custody()).contains("hmac-sha256:0815");
        assertThat(manifest.entries()).containsKeys("core", "logical", "sys");
        assertThat(manifest.entries().get("core")).isGreaterThan(5);
        assertThat(manifest.flags()).isEmpty();
    }

    /** The canary is in the snapshot whose manifest has it, since it was written before. */
    @Test
    void eachSnapshotHasACanaryOfItsOwn() {
        VaultSession session = Nodes.at(SERVER.address()).session(SERVER.rootToken());
        run(Mode.APPLY, START);
        long first = CANARY.read(session).orElseThrow().count();
        run(Mode.APPLY, START.plus(Duration.ofHours(1)));

        assertThat(CANARY.read(session)).contains(new Canary.Value(first + 1, START.plus(Duration.ofHours(1))));
        assertThat(target("local").list().snapshots())
                .extracting(manifest -> manifest.canary().orElseThrow())
                .containsExactly(first + 1, first);
    }

    @Test
    void planTakesNone() {
        assertThat(run(Mode.PLAN, START).changes())
                .containsExactly(
                        new Change("snapshot local", "take one into local (folder %s)".formatted(place("local"))));
        assertThat(place("local")).doesNotExist();
    }

    @Test
    void withoutAPlaceItIsSkipped() {
        assertThat(step(cluster(SERVER.address()), SERVER.address(), START, List.of())
                        .unmet())
                .hasValueSatisfying(reason -> assertThat(reason).contains("bootstrap.snapshot.targets"));
    }

    @Test
    void oneArchiveGoesToEveryTargetWhereItIsDue() throws IOException {
        Destination hourly = destination("hourly", Duration.ofHours(1));
        Destination daily = destination("daily", Duration.ofDays(1));

        Outcome first = run(Mode.APPLY, START, hourly, daily);
        Outcome second = run(Mode.APPLY, START.plus(Duration.ofHours(2)), hourly, daily);
        Outcome third = run(Mode.APPLY, START.plus(Duration.ofHours(2)), hourly, daily);

        assertThat(first.changes()).extracting(Change::subject).containsExactly("snapshot hourly", "snapshot daily");
        assertThat(second.changes()).extracting(Change::subject).containsExactly("snapshot hourly");
        assertThat(third)
                .isEqualTo(new Outcome.Unchanged(
                        "hourly: newest is 0 s old, next in 60 min; daily: newest is 2 h old, next in 22 h"));
        assertThat(archives("hourly")).hasSize(2).containsAll(archives("daily"));
        assertThat(target("daily").list().snapshots().getFirst().sha256())
                .isEqualTo(target("hourly").list().snapshots().getLast().sha256());
    }

    @Test
    void targetThatFailsStopsNoOtherAndIsNamed() throws IOException {
        Files.writeString(parent.resolve("broken"), "");
        ObjectStore full = new FaultyStore(new FolderStore(place("full"))) {
            @Override
            public void put(String name, LocalFile content) {
                throw new StoreException.Full("store %s in full: no room".formatted(name), "");
            }
        };

        Outcome outcome = run(
                Mode.APPLY,
                START,
                destination("broken", Duration.ofHours(1)),
                new Destination(
                        target("full", full), new SnapshotSchedule.Every(Duration.ofHours(1)), new Retention(2)),
                destination("local", Duration.ofHours(1)));

        assertThat(problems(outcome))
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).startsWith("list the snapshots in " + place("broken")),
                        problem -> assertThat(problem).endsWith("in full: no room"));
        assertThat(outcome.changes()).extracting(Change::subject).containsExactly("snapshot local");
        assertThat(archives("local")).hasSize(1);
    }

    @Test
    void archiveThatFallsBehindTheLastIsStoredAndFlaggedAndNothingGoes() throws IOException {
        store(Archives.good(1_000_000), START.minus(Duration.ofHours(3)));
        store(Archives.good(1_000_001), START.minus(Duration.ofHours(2)));

        Outcome outcome = run(Mode.APPLY, START);

        assertThat(problems(outcome))
                .singleElement()
                .asString()
                .contains(" at local is stored and flagged: it ends at index ");
        // The engine of the canary is made by whichever test comes first.
        assertThat(outcome.changes())
                .filteredOn(change -> change.subject().startsWith("snapshot "))
                .hasSize(1);
        assertThat(archives("local")).hasSize(3);
        assertThat(target("local").list().snapshots().getFirst().flags()).hasSize(1);
        assertThat(run(Mode.APPLY, START.plusSeconds(60)))
                .isEqualTo(new Outcome.Unchanged("newest is 60 s old and flagged, next in 59 min"));

        Outcome next = run(Mode.APPLY, START.plus(Duration.ofHours(1)));
        assertThat(next).isInstanceOf(Outcome.Changed.class);
        assertThat(archives("local")).as("one of the two newest is flagged").hasSize(4);
        run(Mode.APPLY, START.plus(Duration.ofHours(2)));
        assertThat(archives("local")).as("two newer ones are not").hasSize(2);
    }

    @Test
    void onesOfAClockThatWasAheadDoNotMakeTheNewOneGo() throws IOException {
        store(Archives.good(1), START.plus(Duration.ofDays(30)));
        store(Archives.good(2), START.plus(Duration.ofDays(31)));

        run(Mode.APPLY, START);
        assertThat(archives("local")).hasSize(3);
        run(Mode.APPLY, START.plus(Duration.ofHours(1)));
        assertThat(archives("local")).hasSize(4);

        run(Mode.APPLY, START.plus(Duration.ofHours(2)));
        assertThat(archives("local"))
                .as("the two newest, and the two that are ahead")
                .hasSize(4);
    }

    @Test
    void beforeARestoreOneTargetIsEnoughAndTheOtherIsNamed() throws IOException {
        Files.writeString(parent.resolve("broken"), "");
        KeepSnapshot keep = keep(mode -> {}, now("broken"), now("local"));

        Outcome outcome = keep.run(Mode.APPLY);

        assertThat(keep.kept()).isTrue();
        assertThat(keep.gate()).isFalse();
        assertThat(problems(outcome))
                .singleElement()
                .asString()
                .contains(place("broken").toString());
        assertThat(archives("local")).hasSize(1);
    }

    @Test
    void beforeARestoreNoTargetIsNotEnough() throws IOException {
        Files.writeString(parent.resolve("broken"), "");
        KeepSnapshot keep = keep(mode -> {}, now("broken"));

        Outcome outcome = keep.run(Mode.APPLY);

        assertThat(keep.kept()).isFalse();
        assertThat(keep.gate()).isTrue();
        assertThat(problems(outcome).getLast())
                .isEqualTo("nothing was restored, since what is there now could not be kept first");
    }

    /** Somebody deletes most of what there is, and wants it back. */
    @Test
    void beforeARestoreItIsNoProblemThatThereIsLessThanThereWas() throws IOException {
        store(Archives.good(1_000_000), START.minus(Duration.ofHours(1)));
        KeepSnapshot keep = keep(mode -> {}, now("local"));

        assertThat(keep.run(Mode.PLAN)).isInstanceOf(Outcome.Changed.class);
        assertThat(keep.kept()).isTrue();
        assertThat(archives("local")).hasSize(1);

        assertThat(keep.run(Mode.APPLY)).isInstanceOf(Outcome.Changed.class);
        assertThat(keep.kept()).isTrue();
        assertThat(target("local").list().snapshots().getFirst().flags()).hasSize(1);
    }

    @Test
    void nothingIsKeptForARestoreThatIsNotDone() {
        KeepSnapshot keep = keep(
                mode -> {
                    throw new IllegalStateException("another cluster");
                },
                now("local"));

        assertThatThrownBy(() -> keep.run(Mode.APPLY)).hasMessage("another cluster");
        assertThat(keep.kept()).isFalse();
        assertThat(place("local")).doesNotExist();
    }

    private KeepSnapshot keep(Consumer<Mode> wanted, Destination... destinations) {
        Cluster cluster = cluster(SERVER.address());
        return new KeepSnapshot(step(cluster, SERVER.address(), START, List.of(destinations)), wanted);
    }

    private Destination now(String name) {
        return destination(name, Duration.ofHours(1)).with(new SnapshotSchedule.Always());
    }

    @Test
    void encryptedOneIsOpenedByEachRecipientAndHoldsNoKeyNameInClear() throws IOException, PGPException {
        PgpHolder alice = PgpHolder.named("alice");
        PgpHolder bob = PgpHolder.named("bob");
        recipients = List.of(encryption(alice), encryption(bob));

        assertThat(run(Mode.APPLY, START).changes()).hasSize(1);

        SnapshotManifest manifest = target("local").list().snapshots().getFirst();
        Path stored = place("local").resolve(manifest.archive());
        assertThat(manifest.archive()).endsWith(".snap.pgp");
        assertThat(manifest.encryption().orElseThrow().recipients())
                .isEqualTo(recipients.stream().map(PgpEncryption::fingerprint).toList());
        for (PgpHolder holder : List.of(alice, bob)) {
            try (InputStream inside = holder.open(Files.newInputStream(stored))) {
                VerifiedArchive archive = SnapshotArchive.verify("snapshot", inside, OutputStream.nullOutputStream());
                assertThat(archive.sha256())
                        .isEqualTo(manifest.encryption().orElseThrow().sha256());
                assertThat(archive.entries()).isEqualTo(manifest.entries());
            }
        }
        PgpHolder mallory = PgpHolder.named("mallory");
        assertThatThrownBy(() -> mallory.open(Files.newInputStream(stored))).isInstanceOf(PGPException.class);
        assertThat(target("local").verify(manifest)).isEmpty();
    }

    @Test
    void encryptedOneThatIsDamagedWhereItIsIsFound() throws IOException, PGPException {
        recipients = List.of(encryption(PgpHolder.named("alice")));
        run(Mode.APPLY, START);
        SnapshotManifest manifest = target("local").list().snapshots().getFirst();
        Path stored = place("local").resolve(manifest.archive());
        byte[] bytes = Files.readAllBytes(stored);
        bytes[bytes.length / 2] ^= 1;
        Files.write(stored, bytes);

        assertThatThrownBy(() -> target("local").verify(manifest)).isInstanceOf(InvalidArchiveException.class);
    }

    private PgpEncryption encryption(PgpHolder holder) throws IOException {
        Path key = Files.writeString(Files.createTempFile(parent, "holder", ".asc"), holder.armoredKey());
        return new PgpEncryption(PgpKey.read(key), Instant.now());
    }

    @Test
    void nodeThatNoLongerLeadsGivesNone() {
        assertThat(leadingOnly(0)).contains("does not lead any more");
        assertThat(place("local")).doesNotExist();
    }

    @Test
    void nodeThatLostTheLeadMeanwhileGivesNone() {
        assertThat(leadingOnly(1)).contains("does not lead any more");
        assertThat(place("local")).doesNotExist();
    }

    /** @param times how often the node says that it leads */
    private String leadingOnly(int times) {
        AtomicInteger asked = new AtomicInteger();
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/sys/leader"),
                    exchange -> asked.getAndIncrement() < times
                            ? new Verdict.Proceed()
                            : new Verdict.Answer(
                                    200, "{\"ha_enabled\": true, \"is_self\": false, \"leader_address\": \"\"}"));
            return onlyProblem(run(Mode.APPLY, START, proxy.address(), proxy.address(), local()));
        }
    }

    @Test
    void answerThatIsNoArchiveCountsForNothing() {
        assertThat(answered(200, "no archive".getBytes(StandardCharsets.UTF_8))).endsWith("it is not gzip");
    }

    @Test
    void archiveThatTheServerFailedToFinishCountsForNothing() {
        byte[] failed = Archives.pack(Archives.without(Archives.members(1_000_000), "SHA256SUMS.sealed"));

        assertThat(answered(200, failed)).endsWith("it lacks SHA256SUMS.sealed");
    }

    @Test
    void archiveOfAStandbyThatLagsCountsForNothing() {
        assertThat(answered(200, Archives.good(1))).contains("it ends at index 1, but ", " was already committed");
    }

    @Test
    void archiveThatEndsTooEarlyCountsForNothing() {
        byte[] archive = Archives.good(1_000_000);

        assertThat(answered(200, Arrays.copyOf(archive, 700))).contains("it is truncated in its compressed data");
        assertThat(answered(200, new byte[0])).endsWith("it is empty");
    }

    @Test
    void redirectIsNotFollowed() {
        assertThat(answered(307, new byte[0])).contains("was redirected to %s, and not".formatted(SERVER.address()));
    }

    /** What is the matter when the node gives that answer to the request for a snapshot. */
    private String answered(int status, byte[] body) {
        return from(exchange -> {
            if (status == 307) {
                exchange.getResponseHeaders()
                        .add(
                                "Location",
                                SERVER.address() + exchange.getRequestURI().getPath());
            }
            exchange.sendResponseHeaders(status, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
    }

    @Test
    void connectionThatBreaksInTheMiddleCountsForNothing() {
        assertThat(from(exchange -> {
                    exchange.sendResponseHeaders(200, 100_000);
                    exchange.getResponseBody().write(Archives.good(1_000_000), 0, 100);
                    exchange.getResponseBody().flush();
                    throw new IOException("pulled the plug");
                }))
                .contains("reading broke off after ");
    }

    @Test
    void connectionThatFallsSilentCountsForNothingAndHoldsUpNobody() {
        silence = Duration.ofMillis(300);
        CountDownLatch over = new CountDownLatch(1);
        try {
            assertThat(from(exchange -> {
                        exchange.sendResponseHeaders(200, 0);
                        exchange.getResponseBody().write(Archives.good(1_000_000), 0, 100);
                        exchange.getResponseBody().flush();
                        await(over);
                    }))
                    .endsWith("it stalled after 100 bytes: nothing came for 300 ms");
        } finally {
            over.countDown();
        }
    }

    /** Counted at every digest of this process and at the place itself, so that no detour goes unseen. */
    @Test
    void snapshotForOneFolderIsWrittenOnceReadOnceAndHashedNoMoreThanItTakes() throws IOException {
        byte[] state = ObjectStoreContract.bytes(1, 4_000_000);
        byte[] archive = Archives.pack(Archives.members(Archives.meta(1_000_000, state.length), state));
        Files.createDirectory(place("local"));
        Traffic traffic = new Traffic(new FolderStore(place("local")));

        long hashed;
        try (CountingDigests digests = new CountingDigests()) {
            assertThat(received(archive, hourly("local", traffic)).changes()).hasSize(1);
            hashed = digests.bytes();
        }

        Path stored = place("local").resolve(archives("local").getFirst());
        assertThat(stored).hasBinaryContent(archive);
        assertThat(traffic.sent).as("the file that was received, not a copy").isEqualTo(fileKey(stored));
        assertThat(traffic.read).hasValue(archive.length);
        // The archive as it comes and as it is read back, and its members; the rest is manifests and small members.
        assertThat(hashed - (2L * archive.length + state.length)).isBetween(0L, 10_000L);
    }

    /** What a kill at that moment leaves counts for nothing, and goes a day later. */
    @Test
    void whatIsBeingReceivedIntoAFolderDoesNotCount() throws IOException {
        Files.createDirectory(place("local"));
        byte[] archive = Archives.good(1_000_000);

        assertThat(whileReceiving(archive, hourly("local", new FolderStore(place("local")))))
                .singleElement()
                .asString()
                .matches("\\.vault-bootstrap-[0-9]+\\.part");

        assertThat(archives("local")).hasSize(1);
    }

    private List<String> whileReceiving(byte[] archive, Destination destination) {
        List<String> seen = new ArrayList<>();
        serving(
                exchange -> {
                    exchange.sendResponseHeaders(200, archive.length);
                    exchange.getResponseBody().write(archive, 0, 500);
                    exchange.getResponseBody().flush();
                    Path folder = place(destination.target().name());
                    Waiter.REAL
                            .until(
                                    () -> Optional.of(files(folder)).filter(found -> !found.isEmpty()),
                                    Duration.ofMillis(5),
                                    Duration.ofSeconds(30))
                            .ifPresent(seen::addAll);
                    assertThat(destination.target().list())
                            .isEqualTo(new SnapshotTarget.Contents(List.of(), List.of()));
                    exchange.getResponseBody().write(archive, 500, archive.length - 500);
                    exchange.close();
                },
                address -> run(Mode.APPLY, START, SERVER.address(), address, destination));
        return seen;
    }

    @Test
    void refusedSnapshotLeavesNothingInTheFolderItWasReceivedInto() throws IOException {
        Files.createDirectory(place("local"));

        assertThat(problems(received(Arrays.copyOf(Archives.good(1_000_000), 700), local())))
                .singleElement()
                .asString()
                .contains("it is truncated in its compressed data");

        assertThat(files(place("local"))).isEmpty();
    }

    /** What is the matter with one of them must not keep it from the other. */
    @Test
    void snapshotForTwoFoldersIsReceivedIntoNeither() throws IOException {
        Files.createDirectory(place("one"));
        Files.createDirectory(place("two"));
        Traffic one = new Traffic(new FolderStore(place("one")));
        Traffic two = new Traffic(new FolderStore(place("two")));

        received(Archives.good(1_000_000), hourly("one", one), hourly("two", two));

        assertThat(one.sent).isEqualTo(two.sent);
        Object stored = fileKey(place("one").resolve(archives("one").getFirst()));
        assertThat(stored).isNotEqualTo(one.sent);
        assertThat(fileKey(place("two").resolve(archives("two").getFirst()))).isNotIn(stored, one.sent);
    }

    private Outcome received(byte[] archive, Destination... destinations) {
        return serving(
                exchange -> {
                    exchange.sendResponseHeaders(200, archive.length);
                    exchange.getResponseBody().write(archive);
                    exchange.close();
                },
                address -> run(Mode.APPLY, START, SERVER.address(), address, destinations));
    }

    private Destination hourly(String name, ObjectStore store) {
        return new Destination(target(name, store), new SnapshotSchedule.Every(Duration.ofHours(1)), new Retention(2));
    }

    private static List<String> files(Path folder) {
        return Stream.of(folder.toFile().list()).sorted().toList();
    }

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /** What an archive costs a place. */
    private static final class Traffic extends FaultyStore {

        private final AtomicLong read = new AtomicLong();
        private volatile Object sent;

        Traffic(ObjectStore real) {
            super(real);
        }

        @Override
        public void put(String name, LocalFile content) {
            if (SnapshotManifest.isArchiveName(name)) {
                try {
                    sent = fileKey(content.path());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            super.put(name, content);
        }

        @Override
        public InputStream open(String name) {
            InputStream in = super.open(name);
            return SnapshotManifest.isArchiveName(name)
                    ? new FilterInputStream(in) {
                        @Override
                        public int read(byte[] bytes, int offset, int length) throws IOException {
                            int count = super.read(bytes, offset, length);
                            read.addAndGet(Math.max(0, count));
                            return count;
                        }
                    }
                    : in;
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void keepNothing(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        if (exchange.getRequestMethod().equals("GET")) {
            byte[] nothing = "{\"errors\":[]}".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(404, nothing.length);
            exchange.getResponseBody().write(nothing);
        } else {
            exchange.sendResponseHeaders(204, -1);
        }
        exchange.close();
    }

    /** What is the matter when the archive is asked of a server that does this. */
    private String from(HttpHandler handler) {
        try {
            return serving(handler, address -> onlyProblem(run(Mode.APPLY, START, SERVER.address(), address, local())));
        } finally {
            assertThat(place("local")).doesNotExist();
        }
    }

    private <T> T serving(HttpHandler handler, Function<URI, T> client) {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/sys/storage/raft/snapshot", handler);
            server.createContext("/v1/" + CANARY.path(), TakeSnapshotTest::keepNothing);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.start();
            try {
                return client.apply(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
            } finally {
                server.stop(0);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Outcome run(Mode mode, Instant now, Destination... destinations) {
        return run(
                mode,
                now,
                SERVER.address(),
                SERVER.address(),
                destinations.length == 0 ? new Destination[] {local()} : destinations);
    }

    /** @param from whom the archive itself is asked of */
    private Outcome run(Mode mode, Instant now, URI node, URI from, Destination... destinations) {
        TakeSnapshot step = step(cluster(node), from, now, List.of(destinations));
        Report report = new Tick(List.of(step), new RequestCounter(), clock(now), new Stop()).run(mode);
        return report.steps().getFirst().outcome();
    }

    private TakeSnapshot step(Cluster cluster, URI from, Instant now, List<Destination> destinations) {
        return new TakeSnapshot(
                cluster,
                () -> Optional.of(Nodes.at(from).session(SERVER.rootToken())),
                destinations,
                new TakeSnapshot.Settings(spool(), silence, recipients, CANARY, "test"),
                () -> Optional.of("hmac-sha256:0815"),
                clock(now));
    }

    private static Clock clock(Instant now) {
        return Clock.fixed(now, ZoneOffset.UTC);
    }

    private Destination local() {
        return destination("local", Duration.ofHours(1));
    }

    private Destination destination(String name, Duration interval) {
        return new Destination(target(name), new SnapshotSchedule.Every(interval), new Retention(2));
    }

    private SnapshotTarget target(String name) {
        return target(name, new FolderStore(place(name)));
    }

    private SnapshotTarget target(String name, ObjectStore store) {
        return new SnapshotTarget(name, store, spool(), Duration.ofSeconds(30));
    }

    private SpoolFolder spool() {
        return new SpoolFolder(parent.resolve("spool"));
    }

    private Path place(String name) {
        return parent.resolve(name);
    }

    private void store(byte[] archive, Instant takenAt) {
        try (Spooled snapshot = spool().take("snapshot", new ByteArrayInputStream(archive), List.of())) {
            target("local")
                    .store(
                            snapshot,
                            SnapshotManifest.of(
                                    snapshot.archive(),
                                    snapshot.file(),
                                    List.of(),
                                    Manifests.provenance(clusterId(), "platform", takenAt)));
        }
    }

    private static String clusterId() {
        return Nodes.at(SERVER.address()).sealStatus().clusterId().orElseThrow();
    }

    private static Cluster cluster(URI node) {
        Cluster cluster = new Cluster(List.of(Nodes.at(node)), Waiter.REAL);
        cluster.look();
        cluster.awaitActive(Duration.ofSeconds(10));
        return cluster;
    }

    private static String onlyProblem(Outcome outcome) {
        assertThat(problems(outcome)).hasSize(1);
        return problems(outcome).getFirst();
    }

    private static List<String> problems(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome)
                .problems().stream().map(Problem::message).toList();
    }

    private List<String> archives(String target) throws IOException {
        try (var files = Files.list(place(target))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".snap"))
                    .sorted()
                    .toList();
        }
    }
}
