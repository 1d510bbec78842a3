package io.ameide.vault.bootstrap.snapshot;

import java.util.Collection;
import java.util.List;

/**
 * How many snapshots of one cluster stay.
 *
 * @param newest how many, at least 1
 */
public record Retention(int newest) {

    public Retention {
        if (newest < 1) {
            throw new IllegalArgumentException("at least one snapshot is kept");
        }
    }

    /** The snapshots of that cluster that need not stay, newest first; those of other clusters neither count nor go. */
    public List<SnapshotManifest> expired(Collection<SnapshotManifest> snapshots, String clusterId) {
        return snapshots.stream()
                .filter(snapshot -> snapshot.clusterId().equals(clusterId))
                .sorted(SnapshotManifest.NEWEST_FIRST)
                .skip(newest)
                .toList();
    }
}
