package io.ameide.vault.bootstrap.tick;

import io.ameide.vault.bootstrap.tick.Report.StepReport;
import io.ameide.vault.bootstrap.vault.RequestCount;
import io.ameide.vault.bootstrap.vault.RequestCounter;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs steps in their order and reports what each came to. A step that fails stops only those that need it. */
public final class Tick {

    private final List<Step> steps;
    private final RequestCounter counter;
    private final Clock clock;
    private final Stop stop;
    private volatile Optional<String> atWork = Optional.empty();

    public Tick(List<Step> steps, RequestCounter counter, Clock clock, Stop stop) {
        this.steps = List.copyOf(steps);
        this.counter = counter;
        this.clock = clock;
        this.stop = stop;
    }

    /** The name of the step that runs now. */
    public Optional<String> atWork() {
        return atWork;
    }

    public Report run(Mode mode) {
        Instant started = clock.instant();
        List<StepReport> reports = new ArrayList<>();
        for (Step step : steps) {
            Instant before = clock.instant();
            RequestCount sent = counter.count();
            atWork = Optional.of(step.name());
            Outcome outcome = outcome(step, mode);
            reports.add(new StepReport(
                    step.name(),
                    step.gate(),
                    step.open(),
                    outcome,
                    Duration.between(before, clock.instant()),
                    counter.count().minus(sent)));
        }
        atWork = Optional.empty();
        return new Report(mode, started, Duration.between(started, clock.instant()), reports);
    }

    private Outcome outcome(Step step, Mode mode) {
        Optional<String> asked = stop.reason();
        if (asked.isPresent() && !step.runsAlways()) {
            return new Outcome.Skipped(asked.get(), true);
        }
        try {
            Optional<String> unmet = step.unmet();
            if (unmet.isPresent()) {
                return new Outcome.Skipped("needs " + unmet.get());
            }
            return step.run(mode);
        } catch (RuntimeException e) {
            return new Outcome.Failed(Problem.of(e));
        } catch (Error e) {
            // The steps that give tokens back run even now.
            return new Outcome.Failed(Problem.unexpected(e));
        }
    }
}
