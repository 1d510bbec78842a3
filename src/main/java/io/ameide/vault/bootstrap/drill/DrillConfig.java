package io.ameide.vault.bootstrap.drill;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What a drill takes for granted, and what it takes for a failure. */
@ConfigMapping(prefix = "bootstrap.snapshot.drill")
public interface DrillConfig {

    /** Age from which on the newest snapshot is too old. */
    @WithDefault("26h")
    Duration maxAge();

    /** Whether this process reaches no system that the cluster has leases or passwords at. */
    @WithDefault("false")
    boolean isolated();

    /** File of the seal stanza, in HCL, of a cluster that unseals itself. */
    Optional<Path> sealFile();
}
