package io.ameide.vault.bootstrap.snapshot;

import com.sun.net.httpserver.HttpServer;
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
import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class TakeSnapshotTest {

    private static final Instant START = Instant.parse("2026-11-01T10:00:00Z");

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    @TempDir
    Path folder;

    @Test
    void oneIsTakenWhenItIsDueAndTheOldestGoes() throws IOException {
        assertThat(run(Mode.APPLY, START).changes())
                .extracting(Change::description)
                .singleElement()
                .asString()
                .endsWith("bytes, verified");
        assertThat(run(Mode.APPLY, START.plus(Duration.ofMinutes(59))))
                .isEqualTo(new Outcome.Unchanged("newest is 59 min old, next in 60 s"));
        assertThat(archives()).hasSize(1);
        String oldest = archives().getFirst();

        run(Mode.APPLY, START.plus(Duration.ofHours(1)));
        Outcome third = run(Mode.APPLY, START.plus(Duration.ofHours(2)));

        assertThat(third.changes()).extracting(Change::description).contains(oldest + " deleted, there are newer ones");
        assertThat(archives()).hasSize(2).doesNotContain(oldest);
    }

    @Test
    void planTakesNone() throws IOException {
        assertThat(run(Mode.PLAN, START).changes()).hasSize(1);
        assertThat(archives()).isEmpty();
    }

    @Test
    void withoutAFolderItIsSkipped() {
        TakeSnapshot step = new TakeSnapshot(
                cluster(SERVER.address()),
                () -> Optional.of(Nodes.at(SERVER.address()).session(SERVER.rootToken())),
                new TakeSnapshot.Settings(Optional.empty(), Duration.ofHours(1), 2),
                "test",
                Clock.systemUTC());

        assertThat(step.unmet()).hasValueSatisfying(reason -> assertThat(reason).contains("bootstrap.snapshot.folder"));
    }

    @Test
    void nodeThatNoLongerLeadsGivesNone() throws IOException {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/sys/leader"),
                    exchange -> new Verdict.Answer(200, "{\"is_self\": false}"));

            assertThat(problem(run(Mode.APPLY, START, proxy.address(), proxy.address())))
                    .contains("does not lead any more");
        }
        assertThat(archives()).isEmpty();
    }

    @Test
    void answerThatIsNoArchiveCountsForNothing() throws IOException {
        try (LoopbackProxy proxy = LoopbackProxy.to(SERVER.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/sys/storage/raft/snapshot"),
                    exchange -> new Verdict.Answer(200, "no archive"));

            assertThat(problem(run(Mode.APPLY, START, proxy.address(), proxy.address())))
                    .doesNotContain("unexpected");
        }
        assertThat(archives()).isEmpty();
    }

    @Test
    void connectionThatBreaksInTheMiddleCountsForNothing() throws IOException {
        HttpServer breaking = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        breaking.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 100_000);
            exchange.getResponseBody().write(new byte[] {0x1f, (byte) 0x8b, 8, 0});
            exchange.getResponseBody().flush();
            throw new IOException("pulled the plug");
        });
        breaking.start();
        try {
            URI address = URI.create("http://127.0.0.1:" + breaking.getAddress().getPort());

            assertThat(problem(run(Mode.APPLY, START, SERVER.address(), address)))
                    .doesNotContain("unexpected");
        } finally {
            breaking.stop(0);
        }
        assertThat(archives()).isEmpty();
    }

    private Outcome run(Mode mode, Instant now) {
        return run(mode, now, SERVER.address(), SERVER.address());
    }

    /** @param from whom the archive itself is asked of */
    private Outcome run(Mode mode, Instant now, URI node, URI from) {
        Clock clock = Clock.fixed(now, ZoneOffset.UTC);
        TakeSnapshot step = new TakeSnapshot(
                cluster(node),
                () -> Optional.of(Nodes.at(from).session(SERVER.rootToken())),
                new TakeSnapshot.Settings(Optional.of(folder), Duration.ofHours(1), 2),
                "test",
                clock);
        Report report = new Tick(List.of(step), new RequestCounter(), clock, new Stop()).run(mode);
        return report.steps().getFirst().outcome();
    }

    private static Cluster cluster(URI node) {
        Cluster cluster = new Cluster(List.of(Nodes.at(node)), Waiter.REAL);
        cluster.look();
        cluster.awaitActive(Duration.ofSeconds(10));
        return cluster;
    }

    private static String problem(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome)
                .problems().stream().map(Problem::message).findFirst().orElseThrow();
    }

    private List<String> archives() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".snap"))
                    .sorted()
                    .toList();
        }
    }
}
