package io.ameide.vault.bootstrap.snapshot;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where snapshots go, and how often. */
@ConfigMapping(prefix = "bootstrap.snapshot")
public interface SnapshotConfig {

    /** Folder for snapshots; without one a tick takes none. */
    Optional<Path> folder();

    /** Age of the newest snapshot at which a tick takes another. */
    @WithDefault("24h")
    Duration interval();

    /** How many of the newest snapshots are kept. */
    @WithDefault("7")
    int keep();
}
