package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SnapshotScheduleTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    private final SnapshotSchedule hourly = new SnapshotSchedule(Duration.ofHours(1));

    @Test
    void firstSnapshotIsDueAtOnce() {
        assertThat(hourly.due(List.of(), NOW)).isTrue();
    }

    @Test
    void nextIsDueWhenTheIntervalHasPassedSinceTheNewest() {
        assertThat(hourly.due(taken("2026-11-22T09:00:01Z", "2026-11-20T00:00:00Z"), NOW))
                .isFalse();
        assertThat(hourly.due(taken("2026-11-22T09:00:00Z", "2026-11-20T00:00:00Z"), NOW))
                .isTrue();
    }

    @Test
    void clockThatIsALittleBehindTheLastRunMakesNothingDue() {
        assertThat(hourly.due(taken("2026-11-22T10:00:05Z"), NOW)).isFalse();
    }

    @Test
    void snapshotFromTheFarFutureDoesNotHoldUpTheOthers() {
        assertThat(hourly.due(taken("2031-01-01T00:00:00Z"), NOW)).isTrue();
        assertThat(hourly.due(taken("2031-01-01T00:00:00Z", "2026-11-22T09:59:00Z"), NOW))
                .isFalse();
    }

    @Test
    void intervalIsPositive() {
        assertThatThrownBy(() -> new SnapshotSchedule(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    private static List<SnapshotManifest> taken(String... times) {
        VerifiedArchive archive = new VerifiedArchive(1, "0".repeat(64), 1, 1, "bolt-snapshot", 1, 1);
        return Stream.of(times)
                .map(time -> SnapshotManifest.of(
                        archive, new Provenance("http://v", "id", "n", "1", "shamir", 0, Instant.parse(time), "test")))
                .toList();
    }
}
