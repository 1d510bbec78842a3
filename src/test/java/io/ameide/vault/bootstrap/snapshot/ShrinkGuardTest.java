package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ShrinkGuardTest {

    private final SnapshotManifest before = taken(4711, 1_000_000);

    @Test
    void whatGrowsOrLosesLessThanHalfIsAsExpected() {
        assertThat(ShrinkGuard.flags(before, taken(4711, 1_000_000))).isEmpty();
        assertThat(ShrinkGuard.flags(before, taken(4712, 2_000_000))).isEmpty();
        assertThat(ShrinkGuard.flags(before, taken(4712, 500_000))).isEmpty();
    }

    @Test
    void lessThanHalfOfTheBytesIsFlagged() {
        assertThat(ShrinkGuard.flags(before, taken(4712, 499_999)))
                .containsExactly("it holds 499,999 bytes, the one before 1,000,000");
    }

    @Test
    void lowerIndexIsFlaggedBesides() {
        assertThat(ShrinkGuard.flags(before, taken(4710, 1)))
                .containsExactly(
                        "it holds 1 bytes, the one before 1,000,000", "it ends at index 4710, the one before at 4711");
    }

    private static SnapshotManifest taken(long index, long stateSize) {
        return Manifests.taken("a", "2026-11-20T00:00:00Z", index, stateSize);
    }
}
