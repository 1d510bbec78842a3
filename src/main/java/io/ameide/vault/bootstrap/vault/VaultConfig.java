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

    Discovery discovery();

    /** How long a connection may take to come up. */
    @WithDefault("5s")
    Duration connectTimeout();

    /** How long to wait for all nodes to be there and to answer, with certificates that can be trusted. */
    @WithDefault("0s")
    Duration readyTimeout();

    /** How long a node may take to answer, unless it is asked to initialize. */
    @WithDefault("30s")
    Duration requestTimeout();

    /** How long to wait for a node to serve once it was unsealed. */
    @WithDefault("60s")
    Duration activeTimeout();

    Tls tls();

    /** Nodes that run in Pods, instead of a list of addresses. */
    interface Discovery {

        /** Label selector of the Pods. */
        Optional<String> selector();

        /** Where they are; the namespace of the process when not set. */
        Optional<String> namespace();

        /** How they are addressed. */
        @WithDefault("name")
        By by();

        /** The headless service that gives them names; their own subdomain when not set. */
        Optional<String> service();

        @WithDefault("8200")
        int port();

        /** Whether they speak TLS. */
        @WithDefault("true")
        boolean tls();
    }

    /** How a Pod is addressed. */
    enum By {
        NAME,
        IP
    }

    /** How nodes prove who they are. */
    interface Tls {

        /** PEM file of the authorities that may have signed a node's certificate. */
        Optional<Path> caFile();

        /** The name that every node's certificate bears, when it is not the host of its address. */
        Optional<String> serverName();

        /** PEM file of the certificate to show to nodes that ask for one, which join only by their own {@code retry_join}. */
        Optional<Path> certificateFile();

        /** PEM file of its key. */
        Optional<Path> keyFile();
    }
}
