package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.TemporaryMount;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Two ticks at once, and what else an empty server may meet. */
class TwoTicksIT {

    @TempDir
    Path folder;

    private LoneScene scene;

    @BeforeEach
    void open() {
        scene = LoneScene.in(folder);
    }

    @AfterEach
    void close() {
        scene.close();
    }

    @Test
    void twoTicksWithOneCustodyMakeOneCluster() {
        Running one = scene.application().start("run", "--output", "json");
        Running other = scene.application().start("run", "--output", "json");

        List<Result> ended = List.of(one.await(), other.await());

        assertThat(ended)
                .allSatisfy(result -> assertThat(result.exit())
                        .as(result.stdout() + result.stderr())
                        .isZero());
        assertThat(scene.proxy().writes())
                .filteredOn(exchange -> exchange.path().equals(Strike.INIT))
                .hasSize(1);
        new Aftermath(scene).holdsAfterConvergence(0);
    }

    @Test
    void tickThatDoesNotWaitSaysWhoHoldsTheLock() throws InterruptedException {
        var initAsked = new CountDownLatch(1);
        var otherEnded = new CountDownLatch(1);
        scene.proxy().on(Point.BEFORE_SENT, exchange -> exchange.path().equals(Strike.INIT), exchange -> {
            initAsked.countDown();
            otherEnded.await();
            return Verdict.PROCEED;
        });
        Running holder = scene.application().start("run");
        initAsked.await();
        try {
            Result other = scene.application()
                    .with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "0s")
                    .run("run");

            assertThat(other.exit()).as(other.stderr()).isEqualTo(3);
            assertThat(other.stderr()).contains("in use by", Long.toString(holder.pid()));
        } finally {
            otherEnded.countDown();
        }
        assertThat(holder.await().exit()).isZero();
    }

    @Test
    void loserOfTwoCustodiesLeavesEverythingAsItIs() {
        Path losing = folder.resolve("losing").resolve("custody");
        PackagedApplication loser = scene.application().with("BOOTSTRAP_CUSTODY_FILE_FOLDER", losing.toString());
        // Both have seen an empty server and stored their marker before either asks for init.
        var arrived = new AtomicInteger();
        var both = new CountDownLatch(2);
        var firstAnswered = new CountDownLatch(1);
        scene.proxy()
                .on(Point.BEFORE_SENT, exchange -> exchange.path().equals(Strike.INIT), exchange -> {
                    boolean first = arrived.incrementAndGet() == 1;
                    both.countDown();
                    both.await();
                    if (!first) {
                        firstAnswered.await();
                    }
                    return Verdict.PROCEED;
                })
                .on(Point.AFTER_RECEIVED, exchange -> exchange.path().equals(Strike.INIT), exchange -> {
                    firstAnswered.countDown();
                    return Verdict.PROCEED;
                });
        Running one = scene.application().start("run", "--output", "json");
        Running other = loser.start("run", "--output", "json");

        List<Result> ended = List.of(one.await(), other.await());

        boolean oneWon = ended.getFirst().exit() == 0;
        Result lost = ended.get(oneWon ? 1 : 0);
        assertThat(ended).extracting(Result::exit).containsExactlyInAnyOrder(0, 4);
        assertThat(lost.step("initialize").path("problems").toString()).contains("somebody else initialized it");
        Path ofLoser = oneWon ? losing : scene.custodyFolder();
        assertThat(ofLoser.resolve("keys.json")).doesNotExist();
        Path ofWinner = oneWon ? scene.custodyFolder() : losing;
        assertThat(ofWinner.resolve("keys.json")).exists();

        // Told again, by a tick that finds the server as it is.
        Result again = (oneWon ? loser : scene.application()).run("run", "--output", "json");
        assertThat(again.exit()).isEqualTo(4);
        assertThat(again.step("initialize").path("problems").toString()).contains("somebody else initialized it");
        assertThat(ofLoser.resolve("keys.json")).doesNotExist();
        assertThat((oneWon ? scene.application() : loser).run("run").exit()).isZero();
    }

    @Test
    void serverThatDiesInTheMiddleOfATickIsHealedByTheNext() {
        scene.proxy()
                .on(
                        Point.BEFORE_SENT,
                        exchange -> exchange.write() && exchange.path().equals("/v1/sys/mounts/secret"),
                        exchange -> {
                            scene.server().restart();
                            return Verdict.PROCEED;
                        });

        Result harmed = scene.application().run("run", "--output", "json");

        assertThat(harmed.exit()).as(harmed.stdout()).isEqualTo(5);
        assertThat(scene.server().health()).isEqualTo(503);
        assertThat(scene.tick().exit()).isZero();
        // The sealed server could not be given back the token of the first.
        new Aftermath(scene).holdsAfterConvergence(1);
    }

    @Test
    void custodyThatCannotBeWrittenInitializesNothing() throws IOException {
        assumeTrue(!"root".equals(System.getProperty("user.name")), "root may write everywhere");
        Path locked = Files.createDirectory(
                folder.resolve("locked"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-x------")));

        assertNothingIsInitialized(locked);
    }

    @Test
    void custodyOnAReadOnlyFileSystemInitializesNothing() throws IOException {
        try (TemporaryMount mount = TemporaryMount.ofKibibytes(1024, folder.resolve("mounted"))) {
            mount.makeReadOnly();

            assertNothingIsInitialized(mount.folder());
        }
    }

    @Test
    void custodyOnAFullDiskInitializesNothing() throws IOException {
        try (TemporaryMount mount = TemporaryMount.ofKibibytes(32, folder.resolve("mounted"))) {
            assertNothingIsInitialized(mount.folder());
        }
    }

    private void assertNothingIsInitialized(Path custody) {
        Result refused = scene.application()
                .with("BOOTSTRAP_CUSTODY_FILE_FOLDER", custody.toString())
                .run("run");

        assertThat(refused.exit()).as(refused.stderr()).isEqualTo(3);
        assertThat(scene.server().health()).as("not initialized").isEqualTo(501);
        assertThat(scene.proxy().writes()).isEmpty();
    }
}
