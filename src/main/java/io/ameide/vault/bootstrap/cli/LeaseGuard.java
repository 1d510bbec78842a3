package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.LeaseLock;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

    LeaseGuard(LeaseLock lease, Duration duration, Shutdown shutdown) {
        this.lease = lease;
        this.duration = duration;
        this.shutdown = shutdown;
    }

    /**
     * @param wait how long to wait for another holder
     * @throws ProblemException of kind ACCESS that names the holder, if it still holds the Lease then
     */
    <T> T run(Supplier<T> work, Duration wait) {
        acquire(wait);
        CountDownLatch done = new CountDownLatch(1);
        Thread renewal = Thread.ofVirtual().name("lease-renewal").start(() -> renew(done));
        try {
            return work.get();
        } finally {
            done.countDown();
            // A renewal on its way would take back what is released before it arrives.
            await(renewal);
            release();
        }
    }

    private void acquire(Duration wait) {
        Optional<LeaseLock.Attempt.Acquired> acquired = shutdown.waiter()
                .until(
                        () -> lease.acquire() instanceof LeaseLock.Attempt.Acquired taken
                                ? Optional.of(taken)
                                : Optional.empty(),
                        POLL,
                        wait);
        if (acquired.isEmpty() && lease.acquire() instanceof LeaseLock.Attempt.HeldBy other) {
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

    private void renew(CountDownLatch done) {
        Duration pause = duration.dividedBy(3);
        int failures = 0;
        while (true) {
            try {
                if (done.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
                failures = lease.acquire() instanceof LeaseLock.Attempt.Acquired ? 0 : failures + 1;
            } catch (ApiServerException e) {
                failures++;
            } catch (InterruptedException e) {
                return;
            }
            if (failures > 1) {
                shutdown.stop().request();
                return;
            }
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
