package io.ameide.vault.bootstrap.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.time.Duration;

/** When {@code serve} ticks. */
@ConfigMapping(prefix = "bootstrap.schedule")
public interface ScheduleConfig {

    /** From the start of one tick to the start of the next; one that is still running is not overtaken. */
    @WithDefault("5m")
    Duration every();
}
