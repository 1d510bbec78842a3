package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import org.junit.jupiter.api.DynamicTest;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The places of a first tick that are struck, each on a server of its own, some at a time, and what became of them. */
final class Strikes {

    /** How a struck tick and those after it ended. */
    enum Fate {
        SURVIVED("survived"),
        WINDOW("reported as the one window"),
        NOT_REACHED("polls that were not needed");

        private final String words;

        Fate(String words) {
            this.words = words;
        }
    }

    /** A first tick mostly waits for the server, so that more run at once than there are processors. */
    private static final int AT_ONCE = 4;

    private final String deed;
    private final Map<Fate, AtomicInteger> fates = new EnumMap<>(Fate.class);
    private final AtomicInteger tried = new AtomicInteger();

    /** @param deed what is done to the process, as the beginning of a sentence */
    Strikes(String deed) {
        this.deed = deed;
        for (Fate fate : Fate.values()) {
            fates.put(fate, new AtomicInteger());
        }
    }

    /** Whether every place is asked for, and not only a sample. */
    static boolean all() {
        return System.getProperty("kill-test", "sample").equals("all");
    }

    /** The places of a tick that nobody harms, learned by running one. */
    static List<Strike> places(Path parent) {
        try (Scene scene = Scene.in(parent)) {
            assertThat(scene.tick().exit()).isZero();
            return Strike.at(scene.proxy().exchanges());
        }
    }

    /** The first of each kind, so that a sample is the same in every run; fails where a tick has no such request. */
    static Strike first(List<Strike> places, String path, Point point) {
        return places.stream()
                .filter(place -> place.at(path) && place.point() == point)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no tick asks for " + path + " any more"));
    }

    /** A test for each place; all of them are under way once the first is asked for. */
    Stream<DynamicTest> tests(List<Strike> places, Function<Strike, Fate> test) {
        ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<Fate>> ends = places.stream()
                .map(place -> workers.submit(() -> test.apply(place)))
                .toList();
        workers.shutdown();
        return Stream.iterate(0, n -> n < places.size(), n -> n + 1)
                .map(n -> DynamicTest.dynamicTest(places.get(n).toString(), () -> {
                    tried.incrementAndGet();
                    fates.get(end(places.get(n), ends.get(n))).incrementAndGet();
                }));
    }

    private static Fate end(Strike place, Future<Fate> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            // The place again, since a report of the build tells only the number of such a test.
            throw new AssertionError(place + ": " + e.getCause().getMessage(), e.getCause());
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("%s at %d places of a first tick:".formatted(deed, tried.get()));
        fates.forEach((fate, count) -> text.append(" %d %s,".formatted(count.get(), fate.words)));
        int failed = tried.get()
                - fates.values().stream().mapToInt(AtomicInteger::get).sum();
        return text.append(" %d failed".formatted(failed)).toString();
    }
}
