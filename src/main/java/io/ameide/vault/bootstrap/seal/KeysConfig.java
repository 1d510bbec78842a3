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

    Escrow escrow();

    /** Copies of the shares in custody, each encrypted to a person, for the day on which custody is gone. */
    interface Escrow {

        /** Files of OpenPGP public keys, at most as many as there are shares; the shares go round. */
        Optional<List<Path>> pgpKeys();

        /** File to publish the encrypted shares in. */
        Optional<Path> file();

        /** ConfigMap to publish them in, in the namespace of custody. */
        Optional<String> configMap();
    }
}
