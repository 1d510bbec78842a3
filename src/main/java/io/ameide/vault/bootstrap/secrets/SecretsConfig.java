package io.ameide.vault.bootstrap.secrets;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How secrets are read and written. */
@ConfigMapping(prefix = "bootstrap.secrets")
public interface SecretsConfig {

    /** How many secrets are under way at once. */
    @WithDefault("16")
    int parallelism();
}
