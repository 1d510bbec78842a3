package io.ameide.vault.bootstrap.vault;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** How the tool waits: always bounded, and replaceable where time matters. */
@FunctionalInterface
public interface Waiter {

    /** Waits with the thread's own sleep. */
    Waiter REAL = pause -> Thread.sleep(pause);

    void pause(Duration pause) throws InterruptedException;

    /** Whether waiting has lost its point, for example because the process is to end. */
    default boolean futile() {
        return false;
    }

    /**
     * Asks again after each interval until there is a result, until the limit has passed, or until it is futile. What the
     * questions themselves take counts: one that a frozen server leaves unanswered may take far longer than the interval.
     * The last question may end after the limit.
     */
    default <T> Optional<T> until(Supplier<Optional<T>> question, Duration interval, Duration limit) {
        Duration left = limit;
        while (true) {
            long asked = System.nanoTime();
            Optional<T> result = question.get();
            if (result.isPresent() || left.isNegative() || left.isZero() || futile()) {
                return result;
            }
            try {
                pause(interval);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
            Duration round = Duration.ofNanos(System.nanoTime() - asked);
            left = left.minus(round.compareTo(interval) > 0 ? round : interval);
        }
    }
}
