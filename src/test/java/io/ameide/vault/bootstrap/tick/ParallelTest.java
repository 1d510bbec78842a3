package io.ameide.vault.bootstrap.tick;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@Timeout(30)
class ParallelTest {

    private static final List<Integer> ITEMS = IntStream.range(0, 500).boxed().toList();

    @Test
    void resultsKeepTheOrderOfTheItems() {
        assertThat(Parallel.map(ITEMS, 16, item -> item * 2))
                .isEqualTo(ITEMS.stream().map(item -> item * 2).toList());
    }

    @Test
    void neverMoreThanTheBoundAtOnceAndAsManyAsThat() {
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var meeting = new CountDownLatch(4);

        Parallel.forEach(ITEMS, 4, item -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            meeting.countDown();
            await(meeting); // passes only when four are inside together
            inside.decrementAndGet();
        });

        assertThat(most).hasValue(4);
    }

    @Test
    void failureIsThrownAfterEveryTaskEnded() {
        var ended = new ConcurrentLinkedQueue<Integer>();

        assertThatIllegalStateException()
                .isThrownBy(() -> Parallel.forEach(ITEMS, 8, item -> {
                    if (item == 3) {
                        throw new IllegalStateException("third");
                    }
                    ended.add(item);
                }))
                .withMessage("third");

        assertThat(ended).hasSize(ITEMS.size() - 1);
    }

    @Test
    void nothingToDoIsDone() {
        assertThat(Parallel.map(List.<Integer>of(), 1, item -> item)).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
