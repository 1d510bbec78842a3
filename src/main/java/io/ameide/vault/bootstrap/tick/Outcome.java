package io.ameide.vault.bootstrap.tick;

import java.util.List;

/** What a step came to. */
public sealed interface Outcome {

    /** Changes made so far; in {@link Mode#PLAN} the changes that would be made. */
    default List<Change> changes() {
        return List.of();
    }

    /**
     * Nothing differed, nothing was written.
     *
     * @param detail what was found, in a few words; may be empty
     */
    record Unchanged(String detail) implements Outcome {}

    /**
     * Something differed; it was changed, or would be.
     *
     * @param changes never empty
     */
    record Changed(List<Change> changes) implements Outcome {
        public Changed {
            if (changes.isEmpty()) {
                throw new IllegalArgumentException("a changed outcome names its changes");
            }
            changes = List.copyOf(changes);
        }
    }

    /**
     * Somebody else has to move first; a later tick goes on from here.
     *
     * @param reasons what is waited for, one line each, never empty
     * @param changes what was done all the same
     */
    record Waiting(List<String> reasons, List<Change> changes) implements Outcome {
        public Waiting {
            if (reasons.isEmpty()) {
                throw new IllegalArgumentException("a waiting outcome says for what");
            }
            reasons = List.copyOf(reasons);
            changes = List.copyOf(changes);
        }

        public Waiting(String reason) {
            this(List.of(reason), List.of());
        }
    }

    /**
     * The step did not run: switched off, or something it needs is not there.
     *
     * @param reason why
     * @param interrupted whether it would have run, had the tick not been asked to stop
     */
    record Skipped(String reason, boolean interrupted) implements Outcome {

        public Skipped(String reason) {
            this(reason, false);
        }
    }

    /**
     * At least one thing the step was to bring about does not hold.
     *
     * @param problems what went wrong, never empty
     * @param changes what was done all the same
     */
    record Failed(List<Problem> problems, List<Change> changes) implements Outcome {
        public Failed {
            if (problems.isEmpty()) {
                throw new IllegalArgumentException("a failed outcome says why");
            }
            problems = List.copyOf(problems);
            changes = List.copyOf(changes);
        }

        public Failed(Problem problem) {
            this(List.of(problem), List.of());
        }
    }
}
