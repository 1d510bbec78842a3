package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Takes and keeps a snapshot of what a restore is about to replace. One target that has it is enough to go on; what goes
 * wrong at another is told all the same.
 */
final class KeepSnapshot implements Step {

    private final TakeSnapshot take;
    private final Consumer<Mode> wanted;
    private boolean kept;

    /**
     * @param take takes it now, whatever there is, and deletes nothing
     * @param wanted throws where what comes next would not be done anyway
     */
    KeepSnapshot(TakeSnapshot take, Consumer<Mode> wanted) {
        this.take = take.ofWhatIsLeft();
        this.wanted = wanted;
    }

    /** Whether it can be gone back to, or could. */
    boolean kept() {
        return kept;
    }

    @Override
    public String name() {
        return "keep";
    }

    /** Nothing is restored when nothing was kept. */
    @Override
    public boolean gate() {
        return !kept;
    }

    @Override
    public Optional<String> unmet() {
        return take.unmet();
    }

    @Override
    public Outcome run(Mode mode) {
        wanted.accept(mode);
        Outcome outcome = take.run(mode);
        boolean failed = outcome instanceof Outcome.Failed;
        kept = mode == Mode.PLAN ? !failed : take.stored();
        if (failed && !kept) {
            List<Problem> problems = new ArrayList<>(((Outcome.Failed) outcome).problems());
            problems.add(Problem.error(
                    "nothing was restored, since what is there now could not be kept first",
                    "repair a target, or give it up with --without-snapshot"));
            return new Outcome.Failed(problems, outcome.changes());
        }
        return outcome;
    }
}
