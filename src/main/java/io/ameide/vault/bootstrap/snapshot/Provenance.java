package io.ameide.vault.bootstrap.snapshot;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * What is known of a snapshot before its first byte is read.
 *
 * @param address of the server it is taken from
 * @param clusterId by which retention tells whose a snapshot is; never empty
 * @param serverKind the product, for example {@code OpenBao}
 * @param custody tells whether the shares in custody are those of then, as {@link
 *     io.ameide.vault.bootstrap.sensitive.KeyedChecksum} does with a key that only custody has; empty where they are unknown
 * @param canary {@link Canary.Value#count} of what was written before
 * @param committedIndex the leader's {@code raft_committed_index} from before the snapshot was asked for
 * @param takenAt when it was asked for, which is what it can bring back at best
 * @param takenBy name and version of the tool
 */
public record Provenance(
        String address,
        String clusterId,
        String clusterName,
        String serverKind,
        String serverVersion,
        String sealType,
        Optional<String> custody,
        long canary,
        long committedIndex,
        Instant takenAt,
        String takenBy) {

    public Provenance {
        Objects.requireNonNull(address);
        Objects.requireNonNull(clusterName);
        Objects.requireNonNull(serverKind);
        Objects.requireNonNull(serverVersion);
        Objects.requireNonNull(sealType);
        Objects.requireNonNull(custody);
        Objects.requireNonNull(takenAt);
        Objects.requireNonNull(takenBy);
        if (clusterId.isEmpty()) {
            throw new IllegalArgumentException("a snapshot belongs to a cluster");
        }
    }
}
