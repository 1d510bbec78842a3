package io.ameide.vault.bootstrap.desired;

import io.smallrye.config.ConfigMapping;

import java.nio.file.Path;
import java.util.Optional;

/** Where the desired-state document is. */
@ConfigMapping(prefix = "bootstrap.desired-state")
public interface DesiredStateConfig {

    /** The YAML document. */
    Optional<Path> file();
}
