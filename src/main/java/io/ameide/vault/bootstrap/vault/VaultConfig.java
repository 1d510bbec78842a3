package io.ameide.vault.bootstrap.vault;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where the nodes are and how they are reached. */
@ConfigMapping(prefix = "bootstrap.vault")
public interface VaultConfig {

    /** Addresses of the nodes, for example http://127.0.0.1:8200. */
    Optional<List<String>> addresses();

    /** How long a connection may take to come up. */
    @WithDefault("5s")
    Duration connectTimeout();

    /** How long a node may take to answer. */
    @WithDefault("30s")
    Duration requestTimeout();

    /** How long to wait for a node to serve once it was unsealed. */
    @WithDefault("60s")
    Duration activeTimeout();

    Tls tls();

    /** How nodes prove who they are. */
    interface Tls {

        /** PEM file of the authorities that may have signed a node's certificate. */
        Optional<Path> caFile();
    }
}
