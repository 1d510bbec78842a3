package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Report.StepReport;

import java.util.List;
import java.util.Locale;

/** How a command ends. */
public enum ExitCode {
    CONVERGED(0),
    FAILED(1),
    DIFFERENCES(2),
    UNREACHABLE(3),
    BLOCKED(4),
    PARTIAL(5),
    USAGE(64);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** As documents and metrics name it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ExitCode of(Problem problem) {
        return switch (problem.kind()) {
            case BLOCKED -> BLOCKED;
            case INVALID -> USAGE;
            case ACCESS -> UNREACHABLE;
            case ERROR -> FAILED;
            case MISSING -> DIFFERENCES;
        };
    }

    /** What a tick, a part of one, or a plan comes to as a whole. */
    static ExitCode of(Report report) {
        List<Problem> problems = report.steps().stream()
                .flatMap(step -> problems(step.outcome()).stream())
                .toList();
        if (problems.stream().anyMatch(problem -> problem.kind() == Problem.Kind.BLOCKED)) {
            return BLOCKED;
        }
        for (StepReport step : report.steps()) {
            // Without this step nothing holds, so that its own problem is the whole story.
            if (step.gate() && step.outcome() instanceof Outcome.Failed failed && !isPassed(step, failed)) {
                return of(failed.problems().getFirst());
            }
        }
        if (problems.stream().anyMatch(problem -> problem.kind() != Problem.Kind.MISSING)) {
            return PARTIAL;
        }
        if (report.steps().stream().anyMatch(ExitCode::stopped)) {
            return PARTIAL;
        }
        boolean differences = report.steps().stream()
                .anyMatch(step -> !step.outcome().changes().isEmpty());
        // A plan that cannot see all of it before a tick has acted has found differences all the same.
        if (report.mode() == Mode.PLAN && differences) {
            return DIFFERENCES;
        }
        if (report.steps().stream().anyMatch(step -> step.outcome() instanceof Outcome.Waiting)) {
            return PARTIAL;
        }
        if (!problems.isEmpty()) {
            return DIFFERENCES;
        }
        // Nothing failed, and yet nothing was looked at: there is no cluster yet to take a snapshot of, or to verify.
        return report.steps().stream().anyMatch(ExitCode::notReached) ? PARTIAL : CONVERGED;
    }

    /** One node of several could not be opened, or one setting of the login not be read: the others are served. */
    private static boolean isPassed(StepReport gate, Outcome.Failed failed) {
        return gate.open()
                && failed.problems().stream()
                        .map(Problem::kind)
                        .allMatch(kind -> kind == Problem.Kind.ACCESS || kind == Problem.Kind.ERROR);
    }

    private static boolean notReached(StepReport step) {
        return step.gate() && step.outcome() instanceof Outcome.Skipped;
    }

    private static boolean stopped(StepReport step) {
        return step.outcome() instanceof Outcome.Skipped skipped && skipped.interrupted();
    }

    private static List<Problem> problems(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Failed failed -> failed.problems();
            case Outcome.Unchanged unchanged -> List.of();
            case Outcome.Changed changed -> List.of();
            case Outcome.Waiting waiting -> List.of();
            case Outcome.Skipped skipped -> List.of();
        };
    }
}
