package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;

class DurationWordsTest {

    @ParameterizedTest
    @CsvSource({
        "PT0S, 0 s",
        "PT119.9S, 119 s",
        "PT2M, 2 min",
        "PT1H59M59S, 119 min",
        "PT2H, 2 h",
        "PT2H59S, 2 h",
        "PT2H7M, 2 h 07 min",
        "PT47H59M, 47 h 59 min",
        "PT48H, 2 d",
        "P30DT23H, 30 d"
    })
    void unitThatMatters(Duration duration, String words) {
        assertThat(DurationWords.of(duration)).isEqualTo(words);
    }
}
