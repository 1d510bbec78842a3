package io.ameide.vault.bootstrap.diagnosis;

import java.util.Optional;

/** What somebody saw, or why they could not look. */
public sealed interface Looked<T> {

    record Seen<T>(T it) implements Looked<T> {}

    /** @param why to be put into a sentence; empty where there was no reason to look */
    record NotSeen<T>(String why) implements Looked<T> {}

    static <T> Looked<T> seen(T value) {
        return new Seen<>(value);
    }

    static <T> Looked<T> notSeen(String why) {
        return new NotSeen<>(why);
    }

    /** Where it was no use to look. */
    static <T> Looked<T> notNeeded() {
        return new NotSeen<>("");
    }

    default Optional<T> value() {
        return switch (this) {
            case Seen<T> seen -> Optional.of(seen.it());
            case NotSeen<T> notSeen -> Optional.empty();
        };
    }
}
