package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.Optional;

/** A step that a tick has come to for the second time. */
record Again(Step step) implements Step {

    @Override
    public String name() {
        return step.name() + " again";
    }

    @Override
    public boolean gate() {
        return step.gate();
    }

    @Override
    public boolean open() {
        return step.open();
    }

    @Override
    public boolean runsAlways() {
        return step.runsAlways();
    }

    @Override
    public Optional<String> unmet() {
        return step.unmet();
    }

    @Override
    public Outcome run(Mode mode) {
        return step.run(mode);
    }
}
