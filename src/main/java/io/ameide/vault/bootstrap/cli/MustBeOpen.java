package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.List;
import java.util.Optional;

/** For a command that changes nothing: a sealed node is not a change to make, but one that cannot be asked. */
record MustBeOpen(Step unseal) implements Step {

    @Override
    public String name() {
        return unseal.name();
    }

    @Override
    public boolean gate() {
        return unseal.gate();
    }

    @Override
    public boolean open() {
        return unseal.open();
    }

    @Override
    public Optional<String> unmet() {
        return unseal.unmet();
    }

    @Override
    public Outcome run(Mode mode) {
        Outcome planned = unseal.run(Mode.PLAN);
        return planned instanceof Outcome.Changed sealed
                ? new Outcome.Failed(
                        sealed.changes().stream()
                                .map(change -> Problem.access(
                                        change.subject() + " is sealed", "vault-bootstrap run unseals it"))
                                .toList(),
                        List.of())
                : planned;
    }
}
