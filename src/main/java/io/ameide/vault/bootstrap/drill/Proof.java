package io.ameide.vault.bootstrap.drill;

import io.ameide.vault.bootstrap.snapshot.Canary;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a drill came to that found everything as it must be.
 *
 * @param target name and place of where the snapshot is
 * @param server product and version of the server that it was restored into
 * @param startedAt before anything was read
 * @param phases in their order, up to the read of the canary
 * @param canary what was read in the restored server
 * @param entries how many storage entries of the engines the restored server has, but for those that come and go by
 *     themselves, which are as many as the snapshot has; 0 where the manifest of an earlier release does not tell
 */
public record Proof(
        String target,
        SnapshotManifest snapshot,
        String server,
        Instant startedAt,
        List<Phase> phases,
        Canary.Value canary,
        long entries) {

    public Proof {
        phases = List.copyOf(phases);
    }

    /** One part of the way back. */
    public record Phase(String name, Duration took) {}

    /** From the first byte of the snapshot to the known value. */
    public Duration recoveryTime() {
        return phases.stream().map(Phase::took).reduce(Duration.ZERO, Duration::plus);
    }

    /** How much of the past the snapshot did not have, when the drill began. */
    public Duration recoveryPointAge() {
        return Duration.between(canary.writtenAt(), startedAt);
    }
}
