package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.TickLock.Held;
import io.ameide.vault.bootstrap.custody.TickLock.Sleeper;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(60)
class TickLockTest {

    private static final Instant NOW = Instant.parse("2026-11-01T10:00:00Z");

    @TempDir
    private Path temporary;

    @Test
    void holderIsNamedToWhoeverComesSecond() {
        TickLock first = lock(TickLockTest::neverSleep);
        TickLock second = lock(TickLockTest::neverSleep);

        try (Held held = first.acquire(Duration.ZERO)) {
            assertThat(held).isNotNull();
            for (TickLock lock : new TickLock[] {first, second}) {
                assertThat(refusal(lock))
                        .isEqualTo(Problem.access(inUseByThisProcess(), "wait until that is done, or end it"));
            }
        }

        second.acquire(Duration.ZERO).close();
    }

    @Test
    void closingTwiceDoesNotReleaseTheNextHolder() {
        TickLock lock = lock(TickLockTest::neverSleep);
        Held first = lock.acquire(Duration.ZERO);
        first.close();

        Held second = lock.acquire(Duration.ZERO);
        first.close();

        assertThat(refusal(lock).kind()).isEqualTo(Problem.Kind.ACCESS);
        second.close();
    }

    @Test
    void waitIsBoundedAndPolled() {
        var clock = new SteppingClock();
        var slept = new ArrayList<Duration>();
        var waiting = new TickLock(folder(), clock, duration -> {
            slept.add(duration);
            clock.now = clock.now.plus(duration);
        });

        try (Held held = lock(TickLockTest::neverSleep).acquire(Duration.ZERO)) {
            assertThat(held).isNotNull();
            assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> waiting.acquire(Duration.ofMillis(250)));
        }

        assertThat(slept).containsExactly(Duration.ofMillis(100), Duration.ofMillis(100), Duration.ofMillis(50));
    }

    @Test
    void anotherProcessIsWaitedFor() throws Exception {
        try (var other = ForkedJava.start(LockHolder.class, folder().toString())) {
            assertThat(other.nextLine()).contains("held");
            assertThat(refusal(lock(TickLockTest::neverSleep)).message())
                    .startsWith("use custody in " + folder() + ": it is in use by pid " + other.pid() + " on ");

            TickLock waiting = lock(duration -> {
                try {
                    other.say("");
                    assertThat(other.nextLine()).contains("released");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });

            // The clock stands still: only the release ends the wait.
            waiting.acquire(Duration.ofSeconds(1)).close();
        }
    }

    @Test
    void anotherProcessIsKeptOut() throws Exception {
        TickLock lock = lock(TickLockTest::neverSleep);

        try (Held held = lock.acquire(Duration.ZERO)) {
            assertThat(held).isNotNull();
            // Neither a loser in this process nor the question who holds it may give up the lock of the process.
            refusal(lock);
            refusal(lock(TickLockTest::neverSleep));
            try (var other = ForkedJava.start(LockHolder.class, folder().toString())) {
                assertThat(other.nextLine()).contains(inUseByThisProcess());
            }
        }
    }

    @Test
    void killedHolderHoldsNothing() throws Exception {
        try (var other = ForkedJava.start(LockHolder.class, folder().toString())) {
            assertThat(other.nextLine()).contains("held");
            other.kill();
        }

        lock(TickLockTest::neverSleep).acquire(Duration.ZERO).close();
    }

    @Test
    void lockSurvivesThatItsFileIsDeletedBetweenTwoTicks() throws Exception {
        TickLock lock = lock(TickLockTest::neverSleep);
        lock.acquire(Duration.ZERO).close();
        Files.delete(folder().resolve("tick.lock"));

        try (Held held = lock.acquire(Duration.ZERO)) {
            assertThat(held).isNotNull();
            try (var other = ForkedJava.start(LockHolder.class, folder().toString())) {
                assertThat(other.nextLine()).contains(inUseByThisProcess());
            }
        }
    }

    @Test
    void oneThreadAtATimeIsInside() throws Exception {
        TickLock lock = new TickLock(folder(), Clock.systemUTC(), duration -> Thread.sleep(Duration.ofMillis(1)));
        var inside = new AtomicInteger();
        Callable<Integer> tick = () -> {
            try (Held held = lock.acquire(Duration.ofSeconds(30))) {
                assertThat(held).isNotNull();
                int together = inside.incrementAndGet();
                Thread.yield();
                inside.decrementAndGet();
                return together;
            }
        };

        try (var threads = Executors.newFixedThreadPool(8)) {
            for (var together :
                    threads.invokeAll(IntStream.range(0, 40).mapToObj(n -> tick).toList())) {
                assertThat(together.get()).isEqualTo(1);
            }
        }
    }

    @Test
    void interruptEndsTheWait() {
        TickLock waiting = lock(duration -> {
            throw new InterruptedException();
        });

        try (Held held = lock(TickLockTest::neverSleep).acquire(Duration.ZERO)) {
            assertThat(held).isNotNull();
            assertThatExceptionOfType(ProblemException.class)
                    .isThrownBy(() -> waiting.acquire(Duration.ofHours(1)))
                    .withMessageContaining("asked to stop");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void interruptedAttemptHoldsNothing() {
        TickLock lock = lock(TickLockTest::neverSleep);

        Thread.currentThread().interrupt();
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> lock.acquire(Duration.ZERO))
                .withMessageContaining("asked to stop");
        assertThat(Thread.interrupted()).isTrue();

        lock.acquire(Duration.ZERO).close();
    }

    private TickLock lock(Sleeper sleeper) {
        return new TickLock(folder(), Clock.fixed(NOW, ZoneOffset.UTC), sleeper);
    }

    private String inUseByThisProcess() {
        return "use custody in " + folder() + ": it is in use by " + Whereabouts.current()
                + " since 2026-11-01T10:00:00Z";
    }

    private Path folder() {
        return temporary.resolve("custody");
    }

    private static Problem refusal(TickLock lock) {
        return assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> lock.acquire(Duration.ZERO))
                .actual()
                .problem();
    }

    private static void neverSleep(Duration duration) {
        throw new AssertionError("waited " + duration);
    }

    private static final class SteppingClock extends Clock {
        private Instant now = NOW;

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
