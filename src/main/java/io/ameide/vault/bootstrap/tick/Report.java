package io.ameide.vault.bootstrap.tick;

import io.ameide.vault.bootstrap.vault.RequestCount;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What a tick, or a plan, came to. */
public record Report(Mode mode, Instant startedAt, Duration duration, List<StepReport> steps) {

    public Report {
        steps = List.copyOf(steps);
    }

    /**
     * One step's part.
     *
     * @param gate {@link Step#gate()}
     * @param open {@link Step#open()}, once it had run
     * @param requests those sent while it ran
     */
    public record StepReport(
            String name, boolean gate, boolean open, Outcome outcome, Duration duration, RequestCount requests) {}

    public RequestCount requests() {
        return steps.stream().map(StepReport::requests).reduce(RequestCount.NONE, RequestCount::plus);
    }
}
