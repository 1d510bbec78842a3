package io.ameide.vault.bootstrap.cli;

import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** The chart grants a Pod the time that a process may take to end, in which it may hold the only copy of the shares. */
class GracePeriodTest {

    @Test
    void kubeletWaitsLongerThanTheProcessMayTake() throws IOException {
        Map<String, Object> values = new Yaml().load(Files.readString(Path.of("chart", "values.yaml")));

        Duration granted = Duration.ofSeconds((int) values.get("terminationGracePeriodSeconds"));

        assertThat(granted).isGreaterThan(Shutdown.LONGEST);
    }
}
