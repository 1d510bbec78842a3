package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Stands for a step whose input cannot be used. Invalid input is reported by {@link ReadInput}, and the step is skipped;
 * any other reason is the step's own failure.
 */
record Withheld(String name, boolean gate, Problem why) implements Step {

    /** The step, unless making it throws. */
    static Step unlessMade(String name, Supplier<Step> make) {
        return made(name, false, make);
    }

    /** The same for a step that others depend on. */
    static Step gateUnlessMade(String name, Supplier<Step> make) {
        return made(name, true, make);
    }

    private static Step made(String name, boolean gate, Supplier<Step> make) {
        try {
            return make.get();
        } catch (RuntimeException e) {
            return new Withheld(name, gate, Problem.of(e));
        }
    }

    @Override
    public Optional<String> unmet() {
        return why.kind() == Problem.Kind.INVALID ? Optional.of("valid input: " + inShort(why)) : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        return new Outcome.Failed(why);
    }

    /** The first line: a document may have a hundred. */
    static String inShort(Problem problem) {
        return problem.message().lines().findFirst().orElse("");
    }
}
