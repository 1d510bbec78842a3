package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RetentionTest {

    private final SnapshotManifest first = taken("a", "2026-11-20T00:00:00Z", 10);
    private final SnapshotManifest second = taken("a", "2026-11-21T00:00:00Z", 20);
    private final SnapshotManifest third = taken("a", "2026-11-22T00:00:00Z", 15);
    private final SnapshotManifest foreign = taken("b", "2026-11-01T00:00:00Z", 1);

    @Test
    void oldestExpireByTimeAndNotByIndexWhichARestoreSetsBack() {
        assertThat(new Retention(1).expired(List.of(second, first, third), "a")).containsExactly(second, first);
        assertThat(new Retention(2).expired(List.of(second, first, third), "a")).containsExactly(first);
    }

    @Test
    void nothingExpiresBeforeThereAreMoreThanAreKept() {
        assertThat(new Retention(3).expired(List.of(first, second, third), "a")).isEmpty();
        assertThat(new Retention(1).expired(List.of(), "a")).isEmpty();
    }

    @Test
    void snapshotsOfOtherClustersNeitherCountNorExpire() {
        assertThat(new Retention(1).expired(List.of(foreign, first, second), "a"))
                .containsExactly(first);
        assertThat(new Retention(1).expired(List.of(foreign, first), "a")).isEmpty();
        assertThat(new Retention(1).expired(List.of(foreign, first), "c")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1})
    void newestCannotBeGivenUp(int newest) {
        assertThatThrownBy(() -> new Retention(newest)).isInstanceOf(IllegalArgumentException.class);
    }

    private static SnapshotManifest taken(String clusterId, String takenAt, long index) {
        VerifiedArchive archive = new VerifiedArchive(1, "0".repeat(64), index, 1, "bolt-snapshot", 1, 1);
        return SnapshotManifest.of(
                archive, new Provenance("http://v", clusterId, "n", "1", "shamir", 0, Instant.parse(takenAt), "test"));
    }
}
