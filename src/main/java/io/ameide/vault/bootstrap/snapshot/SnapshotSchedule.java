package io.ameide.vault.bootstrap.snapshot;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

/**
 * When the next snapshot is due, decided from what the target holds: there is no other state that could be lost.
 *
 * @param interval from one snapshot to the next, positive; the tick that finds it passed takes the next one
 */
public record SnapshotSchedule(Duration interval) {

    public SnapshotSchedule {
        if (interval.isNegative() || interval.isZero()) {
            throw new IllegalArgumentException("the interval between snapshots is positive");
        }
    }

    /**
     * Whether there is no snapshot within one interval around now. One from further ahead was stamped by a clock that
     * was wrong: it must not hold up the others until its day comes.
     *
     * @param snapshots those of the cluster in question, in any order
     */
    public boolean due(Collection<SnapshotManifest> snapshots, Instant now) {
        return snapshots.stream()
                .map(SnapshotManifest::takenAt)
                .noneMatch(taken -> Duration.between(taken, now).abs().compareTo(interval) < 0);
    }
}
