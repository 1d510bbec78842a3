package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.files.SmallFile;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** What numbers and durations of the configuration may be. Each method returns the value, or complains of the key. */
final class Bounds {

    /** Longer than anybody waits, and short enough that adding it to a time is a time. */
    private static final Duration LONGEST = Duration.ofDays(3650);

    private static final int MAX_PEM_BYTES = 4 << 20;

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
        return notTooLong(key, value);
    }

    /** For what a server or a scheduler counts in whole seconds. */
    static Duration atLeastOneSecond(String key, Duration value) {
        if (value.toSeconds() < 1) {
            throw invalid("%s is %s".formatted(key, words(value)), "choose 1s or more");
        }
        return notTooLong(key, value);
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
        return notTooLong(key, value);
    }

    /** A file that others read whole. Whether it is there, and what it holds, is theirs to say. */
    static Path smallFile(String key, Path file) {
        try {
            SmallFile.read(file, MAX_PEM_BYTES);
        } catch (SmallFile.TooLargeException e) {
            throw invalid(
                    "%s: %s is %s".formatted(key, file, e.getMessage()), "name a file of PEM certificates or keys");
        } catch (IOException e) {
            // For who reads it.
        }
        return file;
    }

    private static Duration notTooLong(String key, Duration value) {
        if (value.compareTo(LONGEST) > 0) {
            throw invalid("%s is longer than %d days".formatted(key, LONGEST.toDays()), "choose a shorter duration");
        }
        return value;
    }

    private static String words(Duration value) {
        if (value.compareTo(LONGEST.negated()) < 0) {
            return value.toDays() + "d";
        }
        return value.toMillis() % 1000 == 0 ? value.toSeconds() + "s" : value.toMillis() + "ms";
    }

    private static ProblemException invalid(String message, String hint) {
        return new ProblemException(Problem.invalid(message, hint));
    }
}
