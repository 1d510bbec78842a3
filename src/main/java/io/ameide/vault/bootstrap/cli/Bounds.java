package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.time.Duration;

/** What numbers and durations of the configuration may be. Each method returns the value, or complains of the key. */
final class Bounds {

    private Bounds() {}

    static int atLeastOne(String key, int value) {
        if (value < 1) {
            throw invalid("%s is %d".formatted(key, value), "choose 1 or more");
        }
        return value;
    }

    static Duration positive(String key, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw invalid("%s is %s".formatted(key, words(value)), "choose a duration above zero, for example 30s");
        }
        return value;
    }

    /** For what a server or a scheduler counts in whole seconds. */
    static Duration atLeastOneSecond(String key, Duration value) {
        if (value.toSeconds() < 1) {
            throw invalid("%s is %s".formatted(key, words(value)), "choose 1s or more");
        }
        return value;
    }

    static int notNegative(String key, int value) {
        if (value < 0) {
            throw invalid("%s is %d".formatted(key, value), "choose 0 or more");
        }
        return value;
    }

    static Duration notNegative(String key, Duration value) {
        if (value.isNegative()) {
            throw invalid("%s is %s".formatted(key, words(value)), "choose 0s or more");
        }
        return value;
    }

    private static String words(Duration value) {
        return value.toMillis() % 1000 == 0 ? value.toSeconds() + "s" : value.toMillis() + "ms";
    }

    private static ProblemException invalid(String message, String hint) {
        return new ProblemException(Problem.invalid(message, hint));
    }
}
