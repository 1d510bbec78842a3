package io.ameide.vault.bootstrap.cli;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.time.Duration;

/** What bounds a tick. */
@ConfigMapping(prefix = "bootstrap.tick")
public interface TickConfig {

    /** After how long a tick begins no further step and waits for nothing more. */
    @WithDefault("30m")
    Duration deadline();
}
