package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.Chart;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

class ShutdownTest {

    private static final Pattern GRACE_PERIOD = Pattern.compile("terminationGracePeriodSeconds: (\\d+)");

    /** A kubelet kills a Pod whose time is over, be there shares that nobody else has. */
    @Test
    void chartGrantsPodsWhatTheLongestEndMayTake() {
        List<Duration> granted = GRACE_PERIOD
                .matcher(Chart.render("bootstrap", "vault").manifests())
                .results()
                .map(found -> Duration.ofSeconds(Long.parseLong(found.group(1))))
                .toList();

        assertThat(granted).isNotEmpty().allMatch(grace -> grace.compareTo(Shutdown.LONGEST) > 0);
    }
}
