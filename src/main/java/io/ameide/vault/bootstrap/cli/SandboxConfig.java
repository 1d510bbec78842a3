package io.ameide.vault.bootstrap.cli;

import io.smallrye.config.ConfigMapping;

import java.nio.file.Path;
import java.util.Optional;

/** The throw-away server that {@code quarkus dev} starts when no node is configured. */
@ConfigMapping(prefix = "bootstrap.sandbox")
public interface SandboxConfig {

    /** The bao or vault executable; otherwise it is looked for on PATH and in the cache of tools/server. */
    Optional<Path> serverBinary();
}
