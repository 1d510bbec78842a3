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
     * Asks again after each interval until there is a result, until about {@code limit} was spent in pauses, or until it
     * is futile.
     */
    default <T> Optional<T> until(Supplier<Optional<T>> question, Duration interval, Duration limit) {
        Duration left = limit;
        while (true) {
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
            left = left.minus(interval);
        }
    }
}
