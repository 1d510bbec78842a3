package io.ameide.vault.bootstrap.coverage;

import io.smallrye.config.ConfigMapping;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What is verified besides the desired state itself. */
@ConfigMapping(prefix = "bootstrap.verify")
public interface VerifyConfig {

    /** YAML files of the keys that workloads require. */
    Optional<List<Path>> requiredKeys();
}
