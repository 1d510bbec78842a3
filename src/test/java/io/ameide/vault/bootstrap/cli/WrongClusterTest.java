package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.cli.InProcessTick.Result;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two clusters and one custody: a first tick dies, the next one is pointed at the wrong cluster, which is unsealed, and the
 * one after that at the right one.
 */
class WrongClusterTest {

    private static RealServer wrong;

    /** Empty for each test. */
    @RegisterExtension
    final RealServer right = RealServer.empty();

    @TempDir
    Path folder;

    @BeforeAll
    static void wrongOne() {
        wrong = RealServer.unsealed().start();
    }

    @AfterAll
    static void stop() {
        wrong.close();
    }

    /** Before init, right after the shares are stored, while unsealing, before and in the middle of signing in, and later. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 7, 11})
    void wrongClusterGetsNothingAndTheRightOneConverges(int last) {
        try (LoopbackProxy there = LoopbackProxy.to(right.address());
                LoopbackProxy elsewhere = LoopbackProxy.to(wrong.address())) {
            InProcessTick tick = InProcessTick.in(folder, there.address());
            there.on(Point.BEFORE_SENT, exchange -> exchange.number() >= last, exchange -> Verdict.DROP);
            tick.run();
            there.reset();
            Stored before = tick.custody().read();
            assertThat(before.material()).isPresent();

            Result misled = tick.at(elsewhere.address()).run();

            assertThat(misled.exit()).as(misled.toString()).isEqualTo(ExitCode.BLOCKED);
            assertThat(misled.toString()).doesNotContain("start anew", "wipe");
            assertThat(elsewhere.exchanges()).extracting(Exchange::path).containsOnly("/v1/sys/seal-status");
            assertThat(tick.custody().read()).isEqualTo(before);

            Result found = tick.run();

            assertThat(found.converged()).as(found.toString()).isTrue();
            assertThat(tick.material().shares())
                    .isEqualTo(
                            before.material().orElseThrow().shares().isEmpty()
                                    ? tick.material().shares()
                                    : before.material().orElseThrow().shares());
            assertThat(tick.material().rootToken()).isEmpty();
            assertThat(tick.material().clusterId()).isPresent();
            assertThat(tick.run().unchanged()).isTrue();
        }
    }
}
