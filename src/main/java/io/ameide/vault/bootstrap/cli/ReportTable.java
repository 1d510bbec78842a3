package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Report.StepReport;
import io.ameide.vault.bootstrap.vault.RequestCount;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A report as a table for people: a line a step, what it did or why not below it. */
final class ReportTable {

    private static final String ROW = "%s %s %8s %7s %7s  %s%n";

    /** Of the names of a tick's steps. */
    private static final int SHORTEST_NAMES = 11;

    private static final String DETAIL = "  %s%n";
    private static final int OUTCOME_WIDTH = 10;
    /** A person reads that many lines of one step; the JSON document has all of them. */
    private static final int SHOWN_DETAILS = 12;

    private final Style style;

    ReportTable(Style style) {
        this.style = style;
    }

    String render(Report report, ExitCode exit) {
        int names =
                report.steps().stream().mapToInt(step -> step.name().length()).reduce(SHORTEST_NAMES, Math::max);
        StringBuilder out = new StringBuilder();
        out.append(style.faint(ROW.formatted(
                                pad("step", names),
                                pad(report.mode() == Mode.PLAN ? "plan" : "outcome"),
                                "time",
                                "reads",
                                "writes",
                                "")
                        .stripTrailing()))
                .append(System.lineSeparator());
        for (StepReport step : report.steps()) {
            row(out, report.mode(), step, names);
        }
        out.append(System.lineSeparator()).append(summary(report, exit)).append(System.lineSeparator());
        return out.toString();
    }

    private void row(StringBuilder out, Mode mode, StepReport step, int names) {
        List<String> details = details(step.outcome());
        // One short thing to say stands in the row itself.
        boolean inline = details.size() == 1;
        out.append(ROW.formatted(
                        pad(step.name(), names),
                        word(mode, step.outcome()),
                        words(step.duration()),
                        number(step.requests().reads()),
                        number(step.requests().writes()),
                        inline ? details.getFirst() : "")
                .stripTrailing());
        out.append(System.lineSeparator());
        if (!inline) {
            details.stream().limit(SHOWN_DETAILS).forEach(detail -> out.append(DETAIL.formatted(detail)));
            if (details.size() > SHOWN_DETAILS) {
                out.append(DETAIL.formatted(
                        style.faint("and %d more; --output json has all".formatted(details.size() - SHOWN_DETAILS))));
            }
        }
    }

    private String word(Mode mode, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Unchanged unchanged -> style.holds(pad("unchanged"));
            case Outcome.Changed changed -> style.changed(pad(mode == Mode.PLAN ? "to change" : "changed"));
            case Outcome.Waiting waiting -> style.changed(pad("waiting"));
            case Outcome.Skipped skipped -> style.faint(pad("skipped"));
            case Outcome.Failed failed -> style.failed(pad("failed"));
        };
    }

    private static String pad(String word) {
        return pad(word, OUTCOME_WIDTH);
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static List<String> details(Outcome outcome) {
        List<String> details = new ArrayList<>();
        switch (outcome) {
            case Outcome.Unchanged unchanged -> {
                if (!unchanged.detail().isEmpty()) {
                    details.add(unchanged.detail());
                }
            }
            case Outcome.Changed changed -> {}
            case Outcome.Waiting waiting -> details.addAll(waiting.reasons());
            case Outcome.Skipped skipped -> details.add(skipped.reason());
            case Outcome.Failed failed ->
                failed.problems().forEach(problem -> {
                    details.add(problem.message());
                    if (!problem.hint().isEmpty()) {
                        details.add("hint: " + problem.hint());
                    }
                });
        }
        outcome.changes().stream().map(Change::toString).forEach(details::add);
        return details;
    }

    private String summary(Report report, ExitCode exit) {
        int changes = report.steps().stream()
                .mapToInt(step -> step.outcome().changes().size())
                .sum();
        RequestCount requests = report.requests();
        String verdict = switch (exit) {
            case CONVERGED -> style.holds("converged");
            case DIFFERENCES ->
                style.changed(report.mode() == Mode.PLAN && changes > 0 ? "differences" : "keys are missing");
            case PARTIAL -> style.changed("partial: some steps failed, wait or could not run");
            case BLOCKED -> style.failed("blocked: a person has to decide");
            case UNREACHABLE -> style.failed("unreachable or denied");
            case FAILED -> style.failed("failed");
            case USAGE -> style.failed("invalid input");
        };
        return "%s: %s%s, %s, %s, %s"
                .formatted(
                        verdict,
                        Count.of(changes, "change"),
                        report.mode() == Mode.PLAN ? " to make" : "",
                        Count.of(requests.reads(), "read"),
                        Count.of(requests.writes(), "write"),
                        words(report.duration()));
    }

    private static String number(long count) {
        return count == 0 ? "-" : Long.toString(count);
    }

    private static String words(Duration duration) {
        return duration.toMillis() < 1000
                ? duration.toMillis() + " ms"
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
}
