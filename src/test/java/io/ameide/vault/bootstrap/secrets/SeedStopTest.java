package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.Fixtures;
import io.ameide.vault.bootstrap.desired.DesiredState.SeedMode;
import io.ameide.vault.bootstrap.desired.Place;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Progress;
import io.ameide.vault.bootstrap.tick.Stop;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** What a seed of many secrets does over time, on a store in memory. */
class SeedStopTest {

    private static final int SECRETS = 200;
    private static final int BOUND = 4;

    @TempDir
    Path folder;

    private final Stop stop = new Stop();
    private final Shelf shelf = new Shelf();
    private final Map<Integer, Integer> progress = new ConcurrentSkipListMap<>();

    /** Keeps what it is given, and counts who is in it. */
    private static class Shelf implements SecretProvider {

        private final Map<String, Map<String, Object>> held = new ConcurrentHashMap<>();
        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        void written() {}

        @Override
        public Optional<Problem> unfit() {
            return Optional.empty();
        }

        @Override
        public Optional<Stored> read(String name) {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            Thread.yield();
            inside.decrementAndGet();
            return Optional.ofNullable(held.get(name)).map(data -> new Stored(data, 1, false));
        }

        @Override
        public void write(String name, Map<String, Object> data, long expectedVersion) {
            held.put(name, data);
            written();
        }
    }

    @BeforeEach
    void manyFixtures() throws IOException {
        Files.writeString(
                folder.resolve("fixtures.json"),
                IntStream.range(0, SECRETS)
                        .mapToObj("\"s-%03d\": \"v\""::formatted)
                        .collect(Collectors.joining(",\n", "{", "}")));
    }

    @Test
    void boundIsKeptAndProgressTold() {
        Outcome outcome = seed(shelf);

        assertThat(outcome.changes()).hasSize(SECRETS);
        assertThat(outcome.changes()).extracting(change -> change.subject()).isSorted();
        assertThat(shelf.held).hasSize(SECRETS);
        assertThat(shelf.most.get()).isBetween(1, BOUND);
        assertThat(new TreeSet<>(progress.keySet())).hasSize(SECRETS).last().isEqualTo(SECRETS);
        assertThat(seed(shelf)).isEqualTo(new Outcome.Unchanged(SECRETS + " secrets"));
    }

    @Test
    void stopLeavesTheRestForTheNextTickInOneLine() {
        Shelf stopping = new Shelf() {
            @Override
            void written() {
                stop.request();
            }
        };

        Outcome outcome = seed(stopping);

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Waiting.class, waiting -> {
            assertThat(waiting.changes()).hasSizeBetween(1, BOUND);
            assertThat(waiting.reasons())
                    .containsExactly("asked to stop with %d of %d secrets left to look at"
                            .formatted(SECRETS - waiting.changes().size(), SECRETS));
        });
    }

    @Test
    void overridesOfADeveloperAreAnnounced() throws IOException {
        Files.writeString(folder.resolve("fixtures.local.json"), "{\"s-001\": \"mine\", \"extra\": \"x\"}");

        DesiredSecrets secrets = DesiredSecrets.of(desired());

        assertThat(secrets.announcements())
                .containsExactly("fixtures.local.json overrides 1 and adds 1 secret of fixtures.json");
        assertThat(secrets.size()).isEqualTo(SECRETS + 1);
    }

    private Outcome seed(SecretProvider provider) {
        RememberingProvider remembering = new RememberingProvider(provider);
        return new Seed(
                        DesiredSecrets.of(desired()),
                        () -> Optional.of(mount -> remembering),
                        BOUND,
                        (Progress) (what, done, total) -> progress.put(done, total),
                        stop)
                .run(Mode.APPLY);
    }

    private DesiredState desired() {
        Fixtures fixtures = new Fixtures(
                folder.resolve("fixtures.json"), SeedMode.CREATE_ONLY, "secret", new Place("desired-state.yaml", 1));
        return new DesiredState(List.of(), List.of(), List.of(), List.of(), List.of(fixtures), List.of());
    }
}
