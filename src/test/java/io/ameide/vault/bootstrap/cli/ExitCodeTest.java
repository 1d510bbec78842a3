package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Report.StepReport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.stream.Stream;

import static io.ameide.vault.bootstrap.cli.ExitCode.BLOCKED;
import static io.ameide.vault.bootstrap.cli.ExitCode.CONVERGED;
import static io.ameide.vault.bootstrap.cli.ExitCode.DIFFERENCES;
import static io.ameide.vault.bootstrap.cli.ExitCode.FAILED;
import static io.ameide.vault.bootstrap.cli.ExitCode.PARTIAL;
import static io.ameide.vault.bootstrap.cli.ExitCode.UNREACHABLE;
import static io.ameide.vault.bootstrap.cli.ExitCode.USAGE;
import static io.ameide.vault.bootstrap.tick.Mode.APPLY;
import static io.ameide.vault.bootstrap.tick.Mode.PLAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class ExitCodeTest {

    private static final Outcome UNCHANGED = new Outcome.Unchanged("");
    private static final Outcome CHANGED = Reports.changed(new Change("policy a", "create"));
    private static final Outcome WAITING = new Outcome.Waiting("a share");
    private static final Outcome SWITCHED_OFF = new Outcome.Skipped("needs a place");
    private static final Outcome INTERRUPTED = new Outcome.Skipped("asked to stop", true);

    @ParameterizedTest(name = "{3}: {0}")
    @MethodSource("table")
    void aReportComesToOneExitCode(String why, Mode mode, List<StepReport> steps, ExitCode expected) {
        Report report = Reports.of(mode, steps.toArray(StepReport[]::new));

        assertThat(ExitCode.of(report)).isEqualTo(expected);
    }

    static Stream<Arguments> table() {
        return Stream.of(
                arguments("a tick without steps", APPLY, List.of(), CONVERGED),
                arguments("nothing to change", APPLY, List.of(gate(UNCHANGED), step(UNCHANGED)), CONVERGED),
                arguments("all of it changed", APPLY, List.of(gate(CHANGED), step(CHANGED)), CONVERGED),
                arguments(
                        "a step that is switched off", APPLY, List.of(gate(UNCHANGED), step(SWITCHED_OFF)), CONVERGED),
                arguments("a gate that was not reached", APPLY, List.of(gate(UNCHANGED), gate(SWITCHED_OFF)), PARTIAL),
                arguments("a plan without changes", PLAN, List.of(gate(UNCHANGED), step(UNCHANGED)), CONVERGED),
                arguments("a plan with changes", PLAN, List.of(gate(UNCHANGED), step(CHANGED)), DIFFERENCES),
                arguments(
                        "a plan that opens a gate by a change",
                        PLAN,
                        List.of(gate(CHANGED), gate(SWITCHED_OFF), step(SWITCHED_OFF)),
                        DIFFERENCES),
                arguments(
                        "a plan that cannot open a gate", PLAN, List.of(gate(UNCHANGED), gate(SWITCHED_OFF)), PARTIAL),
                arguments("missing keys", PLAN, List.of(step(missing())), DIFFERENCES),
                arguments("missing keys after a tick", APPLY, List.of(step(CHANGED), step(missing())), DIFFERENCES),
                arguments("missing keys and an error", APPLY, List.of(step(missing()), step(error())), PARTIAL),
                arguments(
                        "missing keys and a step that waits", APPLY, List.of(step(missing()), step(WAITING)), PARTIAL),
                arguments("a step that waits", APPLY, List.of(gate(WAITING), step(UNCHANGED)), PARTIAL),
                arguments(
                        "a plan with changes and a step that waits",
                        PLAN,
                        List.of(step(CHANGED), step(WAITING)),
                        DIFFERENCES),
                arguments("a step that was interrupted", APPLY, List.of(step(INTERRUPTED)), PARTIAL),
                arguments("a gate that was interrupted", APPLY, List.of(gate(INTERRUPTED)), PARTIAL),
                arguments("one step with an error", APPLY, List.of(gate(UNCHANGED), step(error())), PARTIAL),
                arguments("a plan with changes and an error", PLAN, List.of(step(CHANGED), step(error())), PARTIAL),
                arguments("one step that was denied", APPLY, List.of(step(access()), step(UNCHANGED)), PARTIAL),
                arguments("one step with invalid input", APPLY, List.of(step(invalid())), PARTIAL),
                arguments("a gate that was denied", APPLY, List.of(gate(access()), step(SWITCHED_OFF)), UNREACHABLE),
                arguments("a gate with an error", APPLY, List.of(gate(error()), step(SWITCHED_OFF)), FAILED),
                arguments("a gate with invalid input", APPLY, List.of(gate(invalid())), USAGE),
                arguments(
                        "the first gate of two that failed",
                        APPLY,
                        List.of(gate(access()), gate(error())),
                        UNREACHABLE),
                arguments(
                        "a gate that failed after a step", APPLY, List.of(step(error()), gate(access())), UNREACHABLE),
                arguments(
                        "an open gate that was denied a part", APPLY, List.of(open(access()), step(CHANGED)), PARTIAL),
                arguments(
                        "an open gate with an error in a part",
                        APPLY,
                        List.of(open(error()), gate(UNCHANGED), step(CHANGED)),
                        PARTIAL),
                arguments(
                        "an open gate, and the next one failed",
                        APPLY,
                        List.of(open(error()), gate(access()), step(SWITCHED_OFF)),
                        UNREACHABLE),
                arguments("an open gate with invalid input", APPLY, List.of(open(invalid())), USAGE),
                arguments("an open gate that is blocked", APPLY, List.of(open(blocked()), step(CHANGED)), BLOCKED),
                arguments("a blocked gate", APPLY, List.of(gate(blocked())), BLOCKED),
                arguments("a blocked step", APPLY, List.of(gate(UNCHANGED), step(blocked())), BLOCKED),
                arguments("blocked after a gate was denied", APPLY, List.of(gate(access()), step(blocked())), BLOCKED),
                arguments(
                        "blocked as the second problem of a step",
                        APPLY,
                        List.of(step(new Outcome.Failed(
                                List.of(Problem.error("e", ""), Problem.blocked("b", "")), List.of()))),
                        BLOCKED));
    }

    @ParameterizedTest
    @EnumSource
    void everyProblemThatEndsACommandHasItsCode(Problem.Kind kind) {
        ExitCode expected = switch (kind) {
            case BLOCKED -> BLOCKED;
            case INVALID -> USAGE;
            case ACCESS -> UNREACHABLE;
            case ERROR -> FAILED;
            case MISSING -> DIFFERENCES;
        };

        assertThat(ExitCode.of(new Problem(kind, "m", ""))).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void numbersAreThoseOfTheDocumentation(ExitCode exit) {
        int expected = switch (exit) {
            case CONVERGED -> 0;
            case FAILED -> 1;
            case DIFFERENCES -> 2;
            case UNREACHABLE -> 3;
            case BLOCKED -> 4;
            case PARTIAL -> 5;
            case USAGE -> 64;
        };

        assertThat(exit.number()).isEqualTo(expected);
    }

    private static StepReport gate(Outcome outcome) {
        return Reports.gate("gate", outcome, 1, Reports.NONE);
    }

    /** Behind which the other steps could go on. */
    private static StepReport open(Outcome outcome) {
        StepReport gate = gate(outcome);
        return new StepReport(gate.name(), true, true, outcome, gate.duration(), gate.requests());
    }

    private static StepReport step(Outcome outcome) {
        return Reports.step("step", outcome, 1, Reports.NONE);
    }

    private static Outcome blocked() {
        return new Outcome.Failed(Problem.blocked("shares are lost", ""));
    }

    private static Outcome invalid() {
        return new Outcome.Failed(Problem.invalid("no such option", ""));
    }

    private static Outcome access() {
        return new Outcome.Failed(Problem.access("nothing listens", ""));
    }

    private static Outcome error() {
        return new Outcome.Failed(Problem.error("refused", ""));
    }

    private static Outcome missing() {
        return new Outcome.Failed(Problem.missing("a key is not there", ""));
    }
}
