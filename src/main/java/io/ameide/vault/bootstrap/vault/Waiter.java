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
        return until(question, () -> interval, limit);
    }

    /** @param interval asked for after each question, since an answer may say when to come again */
    default <T> Optional<T> until(Supplier<Optional<T>> question, Supplier<Duration> interval, Duration limit) {
        Duration left = limit;
        while (true) {
            long asked = System.nanoTime();
            Optional<T> result = question.get();
            if (result.isPresent() || left.isNegative() || left.isZero() || futile()) {
                return result;
            }
            Duration pause = interval.get();
            try {
                pause(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            }
            Duration round = Duration.ofNanos(System.nanoTime() - asked);
            left = left.minus(round.compareTo(pause) > 0 ? round : pause);
        }
    }
}
