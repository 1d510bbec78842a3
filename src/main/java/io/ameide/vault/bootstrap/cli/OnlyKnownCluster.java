package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.Optional;

/**
 * Looks for the shares of a cluster, as {@code initialize} does, and never makes a new cluster: a new one would be made
 * with settings that nobody could read in full.
 *
 * @param initialize changes nothing when it plans
 */
record OnlyKnownCluster(Step initialize, Problem why) implements Step {

    @Override
    public String name() {
        return initialize.name();
    }

    @Override
    public boolean gate() {
        return initialize.gate();
    }

    @Override
    public Optional<String> unmet() {
        return initialize.unmet();
    }

    @Override
    public Outcome run(Mode mode) {
        Outcome planned = initialize.run(Mode.PLAN);
        return planned instanceof Outcome.Changed
                ? new Outcome.Skipped("a new cluster needs valid input: " + Withheld.inShort(why))
                : planned;
    }
}
