package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SnapshotScheduleTest {

    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    private final SnapshotSchedule hourly = new SnapshotSchedule.Every(Duration.ofHours(1));
    private final SnapshotSchedule nightly = new SnapshotSchedule.Cron("30 2 * * *");

    @Test
    void firstSnapshotIsDueAtOnce() {
        assertThat(hourly.due(Optional.empty(), NOW)).isTrue();
        assertThat(nightly.due(Optional.empty(), NOW)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-22T09:00:01Z, false",
        "2026-11-22T09:00:00Z, true",
        // A clock that is a little behind the last run makes nothing due.
        "2026-11-22T10:00:05Z, false"
    })
    void nextIsDueWhenTheIntervalHasPassedSinceTheNewest(Instant newest, boolean due) {
        assertThat(hourly.due(Optional.of(newest), NOW)).isEqualTo(due);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-22T02:30:07Z, false",
        "2026-11-22T02:29:59Z, true",
        "2026-11-21T02:31:00Z, true",
        "2026-11-22T10:00:05Z, false"
    })
    void nextIsDueWhenATimeOfTheCronExpressionLiesBetweenTheNewestAndNow(Instant newest, boolean due) {
        assertThat(nightly.due(Optional.of(newest), NOW)).isEqualTo(due);
    }

    @Test
    void timesAreInUtc() {
        assertThat(nightly.after(NOW)).isEqualTo("2026-11-23T02:30:00Z");
    }

    @Test
    void snapshotFromTheFarFutureDoesNotHoldUpTheOthers() {
        Instant far = Instant.parse("2031-01-01T00:00:00Z");

        assertThat(hourly.counts(far, NOW)).isFalse();
        assertThat(nightly.counts(far, NOW)).isFalse();
        assertThat(hourly.counts(NOW.plusSeconds(5), NOW)).isTrue();
        assertThat(nightly.counts(NOW.plusSeconds(5), NOW)).isTrue();
    }

    @Test
    void onDemandIsDueWhateverThereIs() {
        assertThat(new SnapshotSchedule.Always().due(Optional.of(NOW), NOW)).isTrue();
    }

    @Test
    void intervalIsPositive() {
        assertThatThrownBy(() -> new SnapshotSchedule.Every(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nightly",
                "30 2 * *",
                "61 2 * * *",
                "0 0 30 2 *",
                "30 2 * * |",
                "30 2 * * 1-/",
                "30 2 * * /",
                "* * * * -"
            })
    void expressionThatNeverComesTrueIsRefused(String expression) {
        assertThatThrownBy(() -> new SnapshotSchedule.Cron(expression)).isInstanceOf(IllegalArgumentException.class);
    }
}
