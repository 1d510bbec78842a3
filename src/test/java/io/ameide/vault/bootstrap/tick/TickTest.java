package io.ameide.vault.bootstrap.tick;

import io.ameide.vault.bootstrap.tick.Report.StepReport;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import org.junit.jupiter.api.Test;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;

class TickTest {

    private static final String SENTINEL = "s3ntinel";
    private static final Outcome FINE = new Outcome.Unchanged("");

    private final List<String> ran = new ArrayList<>();
    private final Stop stop = new Stop();

    /** A step as short as a test needs it. */
    private final class Named implements Step {

        private final String name;
        private final Function<Mode, Outcome> work;
        private Optional<String> unmet = Optional.empty();
        private boolean always;

        private Named(String name, Function<Mode, Outcome> work) {
            this.name = name;
            this.work = work;
        }

        private Named needing(String what) {
            unmet = Optional.of(what);
            return this;
        }

        private Named always() {
            always = true;
            return this;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Optional<String> unmet() {
            return unmet;
        }

        @Override
        public boolean runsAlways() {
            return always;
        }

        @Override
        public Outcome run(Mode mode) {
            ran.add(name);
            return work.apply(mode);
        }
    }

    @Test
    void failureStopsOnlyWhatNeedsIt() {
        Report report = run(
                new Named("first", mode -> {
                    throw new ProblemException(Problem.error("it broke", "mend it"));
                }),
                new Named("dependent", mode -> FINE).needing("what first makes"),
                new Named("independent", mode -> FINE));

        assertThat(ran).containsExactly("first", "independent");
        assertThat(outcomes(report))
                .containsExactly(
                        new Outcome.Failed(Problem.error("it broke", "mend it")),
                        new Outcome.Skipped("needs what first makes"),
                        FINE);
    }

    @Test
    void stopSkipsWhatFollowsButWhatGivesBack() {
        Report report = run(
                new Named("first", mode -> {
                    stop.request();
                    return FINE;
                }),
                new Named("second", mode -> FINE),
                new Named("give back", mode -> FINE).always());

        assertThat(ran).containsExactly("first", "give back");
        assertThat(outcomes(report)).containsExactly(FINE, new Outcome.Skipped("asked to stop", true), FINE);
    }

    @Test
    void exceptionNobodyPlannedForTellsItsTypeAndPlaceButNotItsMessage() {
        Report report = run(
                new Named("leaky", mode -> {
                    throw new IllegalStateException("token " + SENTINEL, new RuntimeException(SENTINEL));
                }),
                new Named("after", mode -> FINE));

        assertThat(outcomes(report).getFirst())
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.problems())
                                .singleElement()
                                .satisfies(problem -> assertThat(problem.message())
                                        .startsWith("unexpected IllegalStateException at ")
                                        .contains("TickTest")));
        assertThat(report.toString()).doesNotContain(SENTINEL);
        assertThat(ran).containsExactly("leaky", "after");
    }

    @Test
    void tokensAreGivenBackAlsoAfterAnError() {
        Report report = run(
                new Named("deep", mode -> {
                    throw new StackOverflowError(SENTINEL);
                }),
                new Named("give back", mode -> FINE).always());

        assertThat(ran).containsExactly("deep", "give back");
        assertThat(outcomes(report).getFirst()).isInstanceOf(Outcome.Failed.class);
        assertThat(report.toString()).doesNotContain(SENTINEL);
    }

    @Test
    void reportTellsHowLongEachStepTook() {
        Clock clock = new SecondsPerLook();

        Report report = new Tick(
                        List.of(new Named("one", mode -> FINE), new Named("two", mode -> FINE)),
                        new RequestCounter(),
                        clock,
                        stop)
                .run(Mode.PLAN);

        assertThat(report.mode()).isEqualTo(Mode.PLAN);
        assertThat(report.startedAt()).isEqualTo(Instant.EPOCH);
        assertThat(report.steps()).extracting(StepReport::duration).containsOnly(Duration.ofSeconds(1));
        assertThat(report.duration()).isEqualTo(Duration.ofSeconds(5));
    }

    private Report run(Step... steps) {
        return new Tick(List.of(steps), new RequestCounter(), Clock.systemUTC(), stop).run(Mode.APPLY);
    }

    private static List<Outcome> outcomes(Report report) {
        return report.steps().stream().map(StepReport::outcome).toList();
    }

    /** Every look at it is a second later than the last. */
    private static final class SecondsPerLook extends Clock {

        private Instant now = Instant.EPOCH;

        @Override
        public Instant instant() {
            Instant told = now;
            now = now.plusSeconds(1);
            return told;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
