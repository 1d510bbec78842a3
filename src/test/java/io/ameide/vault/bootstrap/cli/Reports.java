package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Report.StepReport;
import io.ameide.vault.bootstrap.vault.RequestCount;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reports to render and to judge. */
final class Reports {

    static final RequestCount NONE = RequestCount.NONE;

    private Reports() {}

    static Report of(Mode mode, StepReport... steps) {
        Duration whole = Stream.of(steps).map(StepReport::duration).reduce(Duration.ZERO, Duration::plus);
        return new Report(mode, Instant.parse("2026-11-01T10:00:00Z"), whole, List.of(steps));
    }

    static StepReport gate(String name, Outcome outcome, long millis, RequestCount requests) {
        return new StepReport(name, true, false, outcome, Duration.ofMillis(millis), requests);
    }

    static StepReport step(String name, Outcome outcome, long millis, RequestCount requests) {
        return new StepReport(name, false, false, outcome, Duration.ofMillis(millis), requests);
    }

    static RequestCount requests(long reads, long writes) {
        return new RequestCount(reads, writes, 0);
    }

    static Outcome changed(Change... changes) {
        return new Outcome.Changed(List.of(changes));
    }

    static Outcome seeded(int secrets) {
        return new Outcome.Changed(IntStream.rangeClosed(1, secrets)
                .mapToObj(n -> new Change("secret secret/s-" + n, "create"))
                .toList());
    }
}
