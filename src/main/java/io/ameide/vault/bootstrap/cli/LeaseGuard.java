package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.LeaseLock;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs a tick under a Lease and renews it meanwhile. Where it cannot be renewed in time, another tick may start, and this
 * one is asked to end.
 */
final class LeaseGuard {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final LeaseLock lease;
    private final Duration duration;
    private final Shutdown shutdown;
    private final Consumer<String> announce;

    /** When the last renewal that went well was asked for, by {@link System#nanoTime}. */
    private volatile long renewed;

    /** @param announce told who is waited for, once for each */
    LeaseGuard(LeaseLock lease, Duration duration, Shutdown shutdown, Consumer<String> announce) {
        this.lease = lease;
        this.duration = duration;
        this.shutdown = shutdown;
        this.announce = announce;
    }

    /**
     * @param wait how long to wait for another holder
     * @throws ProblemException of kind ACCESS that names the holder, if it still holds the Lease then
     */
    <T> T run(Supplier<T> work, Duration wait) {
        acquire(wait);
        CountDownLatch done = new CountDownLatch(1);
        renewed = System.nanoTime();
        Thread renewal = Thread.ofVirtual().name("lease-renewal").start(() -> renew(done));
        Thread watch = Thread.ofVirtual().name("lease-watch").start(() -> watch(done));
        try {
            return work.get();
        } finally {
            done.countDown();
            // A renewal on its way would take back what is released before it arrives.
            await(renewal);
            await(watch);
            shutdown.stop().withdraw();
            release();
        }
    }

    private void acquire(Duration wait) {
        List<ApiServerException.Unreachable> silence = new ArrayList<>();
        Set<String> holders = new HashSet<>();
        Optional<LeaseLock.Attempt.Acquired> acquired = shutdown.waiter()
                .until(
                        () -> {
                            silence.clear();
                            try {
                                return switch (lease.acquire()) {
                                    case LeaseLock.Attempt.Acquired taken -> Optional.of(taken);
                                    case LeaseLock.Attempt.HeldBy other -> {
                                        if (holders.add(other.holder())) {
                                            announce.accept("waiting for another tick: %s holds the Lease"
                                                    .formatted(other.holder()));
                                        }
                                        yield Optional.empty();
                                    }
                                };
                            } catch (ApiServerException.Unreachable e) {
                                silence.add(e);
                                return Optional.empty();
                            }
                        },
                        POLL,
                        wait);
        if (acquired.isPresent()) {
            return;
        }
        if (!silence.isEmpty()) {
            throw silence.getLast();
        }
        if (lease.acquire() instanceof LeaseLock.Attempt.HeldBy other) {
            throw new ProblemException(Problem.access(
                    "another tick is at work: %s has held the Lease since %s"
                            .formatted(other.holder(), other.renewed()),
                    "wait until it is done; if its process died, the Lease is free after " + duration.toSeconds()
                            + " s"));
        }
    }

    private void await(Thread renewal) {
        try {
            renewal.join(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Goes on also after the tick was asked to end: the longer the Lease is held, the fewer ticks meet. */
    private void renew(CountDownLatch done) {
        Duration pause = duration.dividedBy(3);
        try {
            while (!done.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                tryToRenew();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tryToRenew() {
        long asked = System.nanoTime();
        try {
            if (lease.acquire() instanceof LeaseLock.Attempt.Acquired) {
                renewed = asked;
            }
        } catch (ApiServerException e) {
            // Counts by the time that has gone by since the last renewal that went well.
        }
    }

    /** Apart from renewing, since a renewal that a frozen API server leaves without an answer may outlive the Lease. */
    private void watch(CountDownLatch done) {
        try {
            while (!done.await(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() - renewed
                        > duration.multipliedBy(2).dividedBy(3).toNanos()) {
                    shutdown.stop()
                            .requestForNow("the Lease could not be renewed in time, so that another tick may start");
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void release() {
        try {
            lease.release();
        } catch (ApiServerException e) {
            // It ends by itself after its duration, which is what happens to those of killed processes as well.
        }
    }
}
