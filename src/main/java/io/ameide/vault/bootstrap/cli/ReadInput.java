package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.ArrayList;
import java.util.List;

/** Reports invalid configuration and documents. A tick has this step only where there are any. */
final class ReadInput implements Step {

    private final List<Problem> problems;

    /** @param problems never empty */
    ReadInput(List<Problem> problems) {
        this.problems = List.copyOf(problems);
    }

    @Override
    public String name() {
        return "read input";
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public Outcome run(Mode mode) {
        return new Outcome.Failed(
                problems.stream().flatMap(problem -> lines(problem).stream()).toList(), List.of());
    }

    /** One problem a line of a document, with the hint below the last. */
    private static List<Problem> lines(Problem problem) {
        List<Problem> lines = new ArrayList<>();
        problem.message().lines().forEach(line -> lines.add(Problem.invalid(line, "")));
        lines.set(lines.size() - 1, Problem.invalid(lines.getLast().message(), problem.hint()));
        return lines;
    }
}
