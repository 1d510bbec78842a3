package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(30)
class CriticalSectionTest {

    private final CriticalSection section = new CriticalSection();

    @Test
    void shutdownWaitsForWorkThatWasBegun() throws Exception {
        var begun = new CountDownLatch(1);
        var answered = new CountDownLatch(1);
        var work = CompletableFuture.supplyAsync(() -> section.run(() -> {
            begun.countDown();
            await(answered);
            return "stored";
        }));
        begun.await();

        assertThat(section.awaitIdle(Duration.ofMillis(1))).isFalse();

        var shutdown = CompletableFuture.supplyAsync(() -> section.awaitIdle(Duration.ofSeconds(20)));
        answered.countDown();
        assertThat(shutdown.get()).isTrue();
        assertThat(work.get()).isEqualTo("stored");
    }

    @Test
    void nothingNewIsBegunOnceTheProcessStops() {
        assertThat(section.awaitIdle(Duration.ZERO)).isTrue();

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> section.run(() -> "asked for init"))
                .withMessageContaining("nothing more is begun");
    }

    @Test
    void workThatWasBegunMayNestWhileTheProcessStops() {
        boolean nested = section.run(() -> {
            section.awaitIdle(Duration.ZERO);
            return section.run(() -> true);
        });

        assertThat(nested).isTrue();
        assertThat(section.awaitIdle(Duration.ZERO)).isTrue();
    }

    @Test
    void failedWorkLeavesTheSection() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> section.run(() -> {
                    throw new IOException("the server hung up");
                }));

        assertThat(section.awaitIdle(Duration.ZERO)).isTrue();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
