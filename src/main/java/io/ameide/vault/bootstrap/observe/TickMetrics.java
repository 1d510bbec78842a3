package io.ameide.vault.bootstrap.observe;

import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Report.StepReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import jakarta.inject.Singleton;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Counts ticks by result, times steps, and tells when a tick last converged. Names and paths of secrets are no labels. */
@Singleton
public final class TickMetrics {

    private final MeterRegistry registry;
    private final AtomicLong lastConverged = new AtomicLong();
    private volatile String lastResult = "";

    TickMetrics(MeterRegistry registry) {
        this.registry = registry;
        Gauge.builder("vault_bootstrap_last_converged_timestamp_seconds", lastConverged, AtomicLong::doubleValue)
                .description("When a tick last converged, in seconds since 1970; 0 before the first")
                .register(registry);
    }

    /** @param result how the tick ended, by the name of its exit code */
    public void ticked(Report report, String result) {
        count(result);
        if (result.equalsIgnoreCase("converged")) {
            lastConverged.set(report.startedAt().plus(report.duration()).getEpochSecond());
        }
        for (StepReport step : report.steps()) {
            Tags tags = Tags.of("step", step.name().replace(' ', '_'), "outcome", name(step.outcome()));
            Timer.builder("vault_bootstrap_step_seconds")
                    .description("How long steps take, by step and outcome")
                    .tags(tags)
                    .register(registry)
                    .record(step.duration());
        }
        requests("read", report.requests().reads());
        requests("write", report.requests().writes());
        requests("session", report.requests().sessions());
    }

    /** A tick that came to no report, because a document is invalid or custody is in use. */
    public void failed(String result) {
        count(result);
    }

    /** How the last tick ended, in lower case; empty before the first. */
    String lastResult() {
        return lastResult;
    }

    private void count(String result) {
        lastResult = result.toLowerCase(Locale.ROOT);
        Counter.builder("vault_bootstrap_ticks")
                .description("Ticks by result")
                .tag("result", lastResult)
                .register(registry)
                .increment();
    }

    private void requests(String kind, long count) {
        Counter.builder("vault_bootstrap_requests")
                .description("Requests sent to nodes, by what they do")
                .tag("kind", kind)
                .register(registry)
                .increment(count);
    }

    private static String name(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Unchanged unchanged -> "unchanged";
            case Outcome.Changed changed -> "changed";
            case Outcome.Waiting waiting -> "waiting";
            case Outcome.Skipped skipped -> "skipped";
            case Outcome.Failed failed -> "failed";
        };
    }
}
