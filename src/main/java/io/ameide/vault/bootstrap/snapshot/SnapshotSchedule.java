package io.ameide.vault.bootstrap.snapshot;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;

/**
 * When the next snapshot is due, decided from what the target holds: there is no other state that could be lost. The tick
 * that finds the time passed takes it.
 */
public sealed interface SnapshotSchedule {

    /** When the one after a snapshot of that time is due. */
    Instant after(Instant taken);

    /**
     * Whether one is due.
     *
     * @param newest when the newest was taken that {@link #counts}
     */
    default boolean due(Optional<Instant> newest, Instant now) {
        return newest.map(taken -> !after(taken).isAfter(now)).orElse(true);
    }

    /**
     * Whether a snapshot of that time can be relied upon. One from further ahead than the next is due was stamped by a clock
     * that was wrong: it must not hold up the others until its day comes.
     */
    default boolean counts(Instant taken, Instant now) {
        return taken.isBefore(after(now));
    }

    /** @param interval from one snapshot to the next, positive */
    record Every(Duration interval) implements SnapshotSchedule {

        public Every {
            if (interval.isNegative() || interval.isZero()) {
                throw new IllegalArgumentException("the interval between snapshots is positive");
            }
        }

        @Override
        public Instant after(Instant taken) {
            return taken.plus(interval);
        }
    }

    /** At times of day in UTC, as crontab(5) writes them. */
    final class Cron implements SnapshotSchedule {

        private final ExecutionTime times;

        /**
         * @param expression minute, hour, day of month, month and day of week, for example {@code 30 2 * * *}
         * @throws IllegalArgumentException if it is none, or there never is such a time
         */
        public Cron(String expression) {
            try {
                times = ExecutionTime.forCron(new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX))
                        .parse(expression)
                        .validate());
            } catch (RuntimeException e) {
                // The parser throws whatever it stumbles over, for example at "30 2 * * 1-/".
                throw new IllegalArgumentException("not a cron expression", e);
            }
            if (times.nextExecution(Instant.EPOCH.atZone(ZoneOffset.UTC)).isEmpty()) {
                throw new IllegalArgumentException("there is no such time");
            }
        }

        @Override
        public Instant after(Instant taken) {
            return times.nextExecution(taken.atZone(ZoneOffset.UTC))
                    .map(ZonedDateTime::toInstant)
                    .orElse(Instant.MAX);
        }
    }

    /** At once, whatever there is: on demand. */
    record Always() implements SnapshotSchedule {

        @Override
        public Instant after(Instant taken) {
            return Instant.MIN;
        }

        @Override
        public boolean counts(Instant taken, Instant now) {
            return true;
        }
    }
}
