package io.ameide.vault.bootstrap.seal;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How the seal is split when a cluster is initialized; later changes do not touch a cluster that is. */
@ConfigMapping(prefix = "bootstrap.keys")
public interface KeysConfig {

    /** Number of shares. */
    @WithDefault("5")
    int shares();

    /** Number of shares that together unseal. */
    @WithDefault("3")
    int threshold();

    /** Files of OpenPGP public keys, one a share, of people who hold the shares themselves. */
    Optional<List<Path>> pgpKeys();
}
