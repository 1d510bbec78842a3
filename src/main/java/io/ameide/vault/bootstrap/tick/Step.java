package io.ameide.vault.bootstrap.tick;

import java.util.Optional;

/** One concern of a tick: it observes, decides, acts, and yields an outcome. Made anew for every tick. */
public interface Step {

    /** A verb or two, as the report shows it. */
    String name();

    /** What the step needs and does not have, for example {@code a node that serves}; it is skipped then. */
    default Optional<String> unmet() {
        return Optional.empty();
    }

    /** Whether the step runs also in a tick that was asked to stop, because it gives something back. */
    default boolean runsAlways() {
        return false;
    }

    /** Whether nothing of what a tick is for can hold without this step. */
    default boolean gate() {
        return false;
    }

    /** Of a gate that failed: whether the steps behind it can go on all the same, since a part of it holds. */
    default boolean open() {
        return false;
    }

    /** Exceptions are outcomes too: what is thrown becomes the problem of a failed outcome. */
    Outcome run(Mode mode);
}
