package io.ameide.vault.bootstrap.snapshot;

import java.time.Duration;

/** How long something is, for people: to the unit that matters. */
public final class DurationWords {

    private DurationWords() {}

    /** For example {@code 3 d}, {@code 5 h}, {@code 5 h 07 min}, {@code 59 min} or {@code 12 s}. */
    public static String of(Duration duration) {
        if (duration.toHours() >= 48) {
            return duration.toDays() + " d";
        }
        if (duration.toMinutes() >= 120) {
            return duration.toMinutesPart() == 0
                    ? duration.toHours() + " h"
                    : "%d h %02d min".formatted(duration.toHours(), duration.toMinutesPart());
        }
        return duration.toSeconds() >= 120 ? duration.toMinutes() + " min" : duration.toSeconds() + " s";
    }
}
