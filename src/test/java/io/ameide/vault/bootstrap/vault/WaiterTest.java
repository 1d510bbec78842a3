package io.ameide.vault.bootstrap.vault;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;

class WaiterTest {

    private static final Duration INTERVAL = Duration.ofMillis(1);

    @Test
    void whatQuestionsTakeCountsTowardsTheLimit() {
        AtomicInteger asked = new AtomicInteger();

        Optional<String> answer = Waiter.REAL.until(
                () -> {
                    asked.incrementAndGet();
                    LockSupport.parkNanos(Duration.ofMillis(60).toNanos());
                    return Optional.empty();
                },
                INTERVAL,
                Duration.ofMillis(100));

        assertThat(answer).isEmpty();
        assertThat(asked).hasValueLessThan(5);
    }

    @Test
    void pausesCountWhereTimeIsNotReal() {
        AtomicInteger pauses = new AtomicInteger();
        Waiter waiter = pause -> pauses.incrementAndGet();

        waiter.until(Optional::empty, Duration.ofMinutes(1), Duration.ofMinutes(3));

        assertThat(pauses).hasValue(3);
    }
}
