package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * After a restore that brings another seal: a server goes by the number of shares, and the kind of seal, that its storage had
 * when it started. Nobody but who runs the nodes can start them anew.
 */
record NodesToRestart(BooleanSupplier restored) implements Step {

    @Override
    public String name() {
        return "restart";
    }

    @Override
    public Optional<String> unmet() {
        return restored.getAsBoolean() ? Optional.empty() : Optional.of("a restore");
    }

    @Override
    public Outcome run(Mode mode) {
        return new Outcome.Waiting(
                "the snapshot brings another seal or another number of shares, which a node learns when it starts: restart"
                        + " every node, and let a tick open them");
    }
}
