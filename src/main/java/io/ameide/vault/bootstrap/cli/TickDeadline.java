package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Tick;

import jakarta.inject.Singleton;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Asks a tick that takes too long to end, and knows whether one goes on all the same. The request that it is waiting for
 * has a limit of its own, and shares that are being stored are never cut short.
 */
@Singleton
final class TickDeadline {

    private final TickConfig config;
    private final Shutdown shutdown;
    private volatile Optional<Overdue> overdue = Optional.empty();

    TickDeadline(TickConfig config, Shutdown shutdown) {
        this.config = config;
        this.shutdown = shutdown;
    }

    /**
     * A tick that goes on past its deadline.
     *
     * @param step the one that it was in when the deadline passed
     */
    record Overdue(String step) {}

    Optional<Overdue> overdue() {
        return overdue;
    }

    <T> T watch(Tick tick, Supplier<T> run) {
        Duration limit = Bounds.positive("bootstrap.tick.deadline", config.deadline());
        CountDownLatch done = new CountDownLatch(1);
        Thread watch = Thread.ofVirtual().name("tick-deadline").start(() -> await(done, limit, tick));
        try {
            return run.get();
        } finally {
            done.countDown();
            join(watch);
            overdue = Optional.empty();
            shutdown.stop().withdraw();
        }
    }

    private void await(CountDownLatch done, Duration limit, Tick tick) {
        try {
            if (!done.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                String step = tick.atWork().orElse("none");
                overdue = Optional.of(new Overdue(step));
                shutdown.stop()
                        .requestForNow("the deadline of the tick, bootstrap.tick.deadline, passed in step " + step);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread watch) {
        try {
            watch.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
