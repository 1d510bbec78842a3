package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import org.junit.jupiter.api.DynamicTest;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
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

    private final String deed;
    private final int atOnce;
    private final Map<Fate, AtomicInteger> fates = new EnumMap<>(Fate.class);
    private final AtomicInteger tried = new AtomicInteger();

    /**
     * @param deed what is done to the process, as the beginning of a sentence
     * @param atOnce how many ticks run side by side; each mostly waits, so that it may be more than there are processors
     */
    Strikes(String deed, int atOnce) {
        this.deed = deed;
        this.atOnce = atOnce;
        for (Fate fate : Fate.values()) {
            fates.put(fate, new AtomicInteger());
        }
    }

    /** Whether only a sample is asked for, which tests that take minutes heed as well. */
    static boolean sampled() {
        return System.getProperty("kill-test", "sample").equals("sample");
    }

    /**
     * The places of this run, as the system property {@code kill-test} asks for them: {@code sample}; {@code requests},
     * each request once, at its points by turns; or {@code all}.
     *
     * @param places all, those of one request after those of another
     */
    static List<Strike> chosen(List<Strike> places, UnaryOperator<List<Strike>> sample) {
        String wanted = System.getProperty("kill-test", "sample");
        int points = Point.values().length;
        return switch (wanted) {
            case "sample" -> sample.apply(places);
            case "requests" ->
                IntStream.range(0, places.size() / points)
                        .mapToObj(request -> places.get(request * points + request % points))
                        .toList();
            case "all" -> places;
            default -> throw new IllegalArgumentException("kill-test is sample, requests or all, not " + wanted);
        };
    }

    /** The places of a tick that nobody harms, learned by running one. */
    static List<Strike> places(Supplier<? extends Scene> scenes) {
        try (Scene scene = scenes.get()) {
            Result undisturbed = scene.tick();
            assertThat(undisturbed.exit())
                    .as(undisturbed.stdout() + undisturbed.stderr())
                    .isZero();
            return Strike.at(scene.requests());
        }
    }

    /** The first of each kind, so that a sample is the same in every run; fails where a tick has no such request. */
    static Strike first(List<Strike> places, String path, Point point) {
        return places.stream()
                .filter(place -> place.at(path) && place.point() == point)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no tick asks for " + path + " any more"));
    }

    /** The n-th request to that server which writes to that path, counted from 1. */
    static Strike write(List<Strike> places, String server, String path, int n, Point point) {
        return places.stream()
                .filter(place -> place.server().equals(server)
                        && place.write()
                        && place.at(path)
                        && place.occurrence() == n
                        && place.point() == point)
                .findFirst()
                .orElseThrow(() ->
                        new AssertionError("no tick writes to %s %s %d times any more".formatted(server, path, n)));
    }

    /** A test for each place, in a scene of its own; all of them are under way once the first is asked for. */
    Stream<DynamicTest> tests(
            List<Strike> places, Supplier<? extends Scene> scenes, BiFunction<Scene, Strike, Fate> test) {
        ExecutorService workers = Executors.newFixedThreadPool(atOnce);
        List<Future<Fate>> ends = places.stream()
                .map(place -> workers.submit(() -> {
                    try (Scene scene = scenes.get()) {
                        return test.apply(scene, place);
                    }
                }))
                .toList();
        workers.shutdown();
        return Stream.iterate(0, n -> n < places.size(), n -> n + 1)
                .map(n -> DynamicTest.dynamicTest(places.get(n).toString(), () -> {
                    tried.incrementAndGet();
                    fates.get(end(places.get(n), ends.get(n))).incrementAndGet();
                }));
    }

    /** Fails the test where a tick must come by that place. */
    static Fate notReached(Strike place, Result result) {
        assertThat(place.poll()).as("only polls come less often than they did").isTrue();
        assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
        return Fate.NOT_REACHED;
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
