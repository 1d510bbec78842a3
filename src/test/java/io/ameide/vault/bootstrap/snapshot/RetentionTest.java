package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RetentionTest {

    private static final Instant NOW = Instant.parse("2027-02-01T00:00:00Z");

    private final SnapshotManifest first = taken("a", "2026-11-20T00:00:00Z", 10);
    private final SnapshotManifest second = taken("a", "2026-11-21T00:00:00Z", 20);
    private final SnapshotManifest third = taken("a", "2026-11-22T00:00:00Z", 15);
    private final SnapshotManifest foreign = taken("b", "2026-11-01T00:00:00Z", 1);

    @Test
    void oldestExpireByTimeAndNotByIndexWhichARestoreSetsBack() {
        assertThat(new Retention(1).expired(List.of(second, first, third), "a", NOW))
                .containsExactly(second, first);
        assertThat(new Retention(2).expired(List.of(second, first, third), "a", NOW))
                .containsExactly(first);
    }

    @Test
    void nothingExpiresBeforeThereAreMoreThanAreKept() {
        assertThat(new Retention(3).expired(List.of(first, second, third), "a", NOW))
                .isEmpty();
        assertThat(new Retention(1).expired(List.of(), "a", NOW)).isEmpty();
    }

    @Test
    void snapshotsOfOtherClustersNeitherCountNorExpire() {
        assertThat(new Retention(1).expired(List.of(foreign, first, second), "a", NOW))
                .containsExactly(first);
        assertThat(new Retention(1).expired(List.of(foreign, first), "a", NOW)).isEmpty();
        assertThat(new Retention(1).expired(List.of(foreign, first), "c", NOW)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1})
    void newestCannotBeGivenUp(int newest) {
        assertThatThrownBy(() -> new Retention(newest)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void newestOfEachOfTheLastDaysWithSnapshotsStays() {
        SnapshotManifest today = taken("a", "2026-11-22T18:00:00Z", 9);
        SnapshotManifest morning = taken("a", "2026-11-22T06:00:00Z", 8);
        SnapshotManifest yesterday = taken("a", "2026-11-21T23:59:59Z", 7);
        SnapshotManifest earlier = taken("a", "2026-11-21T00:00:00Z", 6);
        SnapshotManifest beforeAGap = taken("a", "2026-11-10T12:00:00Z", 5);
        SnapshotManifest older = taken("a", "2026-11-09T12:00:00Z", 4);

        assertThat(new Retention(1, 3, 0, 0)
                        .expired(List.of(older, earlier, today, beforeAGap, morning, yesterday), "a", NOW))
                .containsExactly(morning, earlier, older);
    }

    @Test
    void weeksBeginOnMondayAlsoAroundNewYear() {
        SnapshotManifest sunday = taken("a", "2027-01-03T12:00:00Z", 9);
        SnapshotManifest newYear = taken("a", "2027-01-01T12:00:00Z", 8);
        SnapshotManifest monday = taken("a", "2026-12-28T12:00:00Z", 7);
        SnapshotManifest sundayBefore = taken("a", "2026-12-27T12:00:00Z", 6);
        SnapshotManifest weekBefore = taken("a", "2026-12-15T12:00:00Z", 5);

        assertThat(new Retention(1, 0, 2, 0)
                        .expired(List.of(sunday, newYear, monday, sundayBefore, weekBefore), "a", NOW))
                .containsExactly(newYear, monday, weekBefore);
    }

    @Test
    void newestOfEachOfTheLastMonthsStaysBesidesTheNewest() {
        SnapshotManifest november = taken("a", "2026-11-22T12:00:00Z", 9);
        SnapshotManifest second = taken("a", "2026-11-21T12:00:00Z", 8);
        SnapshotManifest third = taken("a", "2026-11-20T12:00:00Z", 7);
        SnapshotManifest october = taken("a", "2026-10-31T12:00:00Z", 6);
        SnapshotManifest lastYear = taken("a", "2025-11-30T12:00:00Z", 5);
        SnapshotManifest tooOld = taken("a", "2025-10-30T12:00:00Z", 4);

        assertThat(new Retention(2, 0, 0, 3)
                        .expired(List.of(november, second, third, october, lastYear, tooOld), "a", NOW))
                .containsExactly(third, tooOld);
    }

    @Test
    void newestThatIsNotFlaggedNeverGoes() {
        SnapshotManifest odd = third.flagged(List.of("it holds 10 bytes, the one before 1,000"));
        SnapshotManifest odder = second.flagged(List.of("it ends at index 20, the one before at 30"));

        assertThat(new Retention(1).expired(List.of(odd, odder, first), "a", NOW))
                .containsExactly(odder);
    }

    @Test
    void flaggedOneHoldsBackWhileItIsAmongTheNewest() {
        SnapshotManifest odd = second.flagged(List.of("it ends at index 20, the one before at 30"));

        assertThat(new Retention(2).suspects(List.of(first, odd, third), "a", NOW))
                .containsExactly(odd);
        assertThat(new Retention(1).suspects(List.of(first, odd, third), "a", NOW))
                .isEmpty();
        assertThat(new Retention(2).suspects(List.of(first, odd, third), "b", NOW))
                .isEmpty();
    }

    @Test
    void snapshotsThatAreStampedLaterThanNowNeitherCountNorExpire() {
        SnapshotManifest ahead = taken("a", "2027-12-24T00:00:00Z", 12);
        SnapshotManifest oddAndAhead = taken("a", "2027-12-25T00:00:00Z", 12).flagged(List.of("odd"));

        assertThat(new Retention(1).expired(List.of(ahead, third, first), "a", NOW))
                .containsExactly(first);
        assertThat(new Retention(1).expired(List.of(ahead, third), "a", NOW)).isEmpty();
        assertThat(new Retention(2).suspects(List.of(oddAndAhead, third), "a", NOW))
                .isEmpty();
        assertThat(new Retention(1).newestUnflagged(List.of(ahead, third), "a", NOW))
                .contains(third);
    }

    @Test
    void numbersAreNotNegative() {
        assertThatThrownBy(() -> new Retention(1, -1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Retention(1, 0, -1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Retention(1, 0, 0, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static SnapshotManifest taken(String clusterId, String takenAt, long index) {
        return Manifests.taken(clusterId, takenAt, index);
    }
}
