package io.ameide.vault.bootstrap.snapshot;

import java.util.ArrayList;
import java.util.List;

/**
 * Notices what a whole and intact archive can still mean: that much was deleted, or that an older state was restored. Such a
 * snapshot is stored, since it is what the server has, and flagged, so that those before it are not rotated out unseen.
 */
final class ShrinkGuard {

    /** Below this part of the one before. Leases that end and versions that are deleted make less of a difference. */
    private static final double LEAST_PART = 0.5;

    private ShrinkGuard() {}

    /**
     * What is odd, in words.
     *
     * @param before the newest at the same place
     */
    static List<String> flags(SnapshotManifest before, SnapshotManifest now) {
        List<String> flags = new ArrayList<>();
        if (now.stateSizeBytes() < before.stateSizeBytes() * LEAST_PART) {
            flags.add(
                    "it holds %,d bytes, the one before %,d".formatted(now.stateSizeBytes(), before.stateSizeBytes()));
        }
        if (now.index() < before.index()) {
            flags.add("it ends at index %d, the one before at %d".formatted(now.index(), before.index()));
        }
        return flags;
    }
}
