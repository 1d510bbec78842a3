package io.ameide.vault.bootstrap.custody;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the shares are kept. */
@ConfigMapping(prefix = "bootstrap.custody")
public interface CustodyConfig {

    File file();

    /** How long to wait for another tick that uses the same custody. */
    @WithDefault("30s")
    Duration lockTimeout();

    /** Custody in a file. */
    interface File {

        /** Folder of mode 0700, outside any Git work tree or ignored by it. */
        Optional<Path> folder();
    }
}
