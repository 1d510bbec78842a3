package io.ameide.vault.bootstrap.tick;

import io.ameide.vault.bootstrap.vault.NodeException;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects what a step with several independent parts comes to, so that one part that fails stops no other. Safe for
 * concurrent use.
 */
public final class Work {

    private final Mode mode;
    private final List<Change> changes = new ArrayList<>();
    private final List<Problem> problems = new ArrayList<>();
    private final List<String> waits = new ArrayList<>();

    public Work(Mode mode) {
        this.mode = mode;
    }

    /** Observes and decides one part. What it throws becomes a problem of the step. */
    public void part(Runnable part) {
        try {
            part.run();
        } catch (NodeException.Denied e) {
            if (mode == Mode.PLAN) {
                // The tool's own policy follows the desired state, but only in a tick.
                waitFor("not seen: %s; a tick first lets its own policy follow the desired state"
                        .formatted(e.getMessage()));
            } else {
                problem(Problem.of(e));
            }
        } catch (RuntimeException e) {
            problem(Problem.of(e));
        }
    }

    /** Carries out a change, or only notes it when planning. What {@code act} throws goes to the caller. */
    public void change(Change change, Runnable act) {
        if (mode == Mode.APPLY) {
            act.run();
        }
        synchronized (this) {
            changes.add(change);
        }
    }

    public synchronized void problem(Problem problem) {
        problems.add(problem);
    }

    public synchronized void waitFor(String reason) {
        waits.add(reason);
    }

    /** Takes over what another collector of the same mode has. */
    public void add(Work other) {
        List<Change> itsChanges;
        List<Problem> itsProblems;
        List<String> itsWaits;
        synchronized (other) {
            itsChanges = List.copyOf(other.changes);
            itsProblems = List.copyOf(other.problems);
            itsWaits = List.copyOf(other.waits);
        }
        synchronized (this) {
            changes.addAll(itsChanges);
            problems.addAll(itsProblems);
            waits.addAll(itsWaits);
        }
    }

    /**
     * What it all came to.
     *
     * @param detail said when nothing differed
     */
    public synchronized Outcome outcome(String detail) {
        if (!problems.isEmpty()) {
            return new Outcome.Failed(problems, changes);
        }
        if (!waits.isEmpty()) {
            return new Outcome.Waiting(waits, changes);
        }
        return changes.isEmpty() ? new Outcome.Unchanged(detail) : new Outcome.Changed(changes);
    }
}
