package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

/** A process that is asked to end while it waits does not wait to the end. */
class PromptEndIT {

    private static final Duration PROMPT = Duration.ofSeconds(10);

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
    void waitForTheLockOfAnotherTickEnds() throws InterruptedException {
        var initAsked = new CountDownLatch(1);
        var waiterEnded = new CountDownLatch(1);
        scene.proxy().on(Point.BEFORE_SENT, exchange -> exchange.path().equals(Strike.INIT), exchange -> {
            initAsked.countDown();
            waiterEnded.await();
            return Verdict.PROCEED;
        });
        Running holder = scene.application().start("run", "--output", "json");
        initAsked.await();
        try {
            Running waiter = scene.application().start("run", "--output", "json");
            awaitWaitingForLock(waiter);

            Result ended = assertTimeout(PROMPT, () -> {
                waiter.terminate();
                return waiter.await();
            });

            assertThat(ended.exit()).isEqualTo(143);
        } finally {
            waiterEnded.countDown();
        }
        assertThat(holder.await().exit()).isZero();
    }

    @Test
    void waitForANodeThatDoesNotServeEnds() throws InterruptedException {
        var asked = new CountDownLatch(3);
        scene.proxy().on(Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/health"), exchange -> {
            asked.countDown();
            return new Verdict.Answer(429, "{\"initialized\": true, \"sealed\": false, \"standby\": true}");
        });
        Running tick = scene.application().start("run", "--output", "json");
        asked.await();

        Result ended = assertTimeout(PROMPT, () -> {
            tick.terminate();
            return tick.await();
        });

        assertThat(ended.exit()).isEqualTo(143);
        assertThat(ended.step("unseal").path("outcome").asText()).isEqualTo("waiting");
        assertThat(ended.step("sign in").path("detail").asText()).isEqualTo("asked to stop");
        assertThat(scene.tick().exit()).isZero();
    }

    /** The process has the lock's file open once it tries to take it. */
    private void awaitWaitingForLock(Running waiter) throws InterruptedException {
        Path lock = scene.custodyFolder().resolve("tick.lock").toAbsolutePath();
        while (!waiter.openFiles().contains(lock)) {
            assertThat(waiter.alive()).as(waiter.stderr()).isTrue();
            Thread.sleep(20);
        }
    }
}
