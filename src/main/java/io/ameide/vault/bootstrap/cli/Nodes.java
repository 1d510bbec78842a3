package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultConfig;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import jakarta.inject.Singleton;

import java.time.Duration;
import java.util.List;

/** The configured nodes. */
@Singleton
final class Nodes {

    private final VaultConfig config;
    private final DevelopmentNode developmentNode;

    Nodes(VaultConfig config, DevelopmentNode developmentNode) {
        this.config = config;
        this.developmentNode = developmentNode;
    }

    /** @param waiter for a node that is about to serve */
    Cluster cluster(RequestCounter counter, Waiter waiter) {
        List<String> addresses = addresses();
        if (addresses.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.vault.addresses is not set",
                    "name the nodes, for example --set bootstrap.vault.addresses=http://127.0.0.1:8200"));
        }
        Transport transport = new Transport(
                config.tls().caFile(),
                Bounds.positive("bootstrap.vault.connect-timeout", config.connectTimeout()),
                Bounds.positive("bootstrap.vault.request-timeout", config.requestTimeout()));
        return new Cluster(
                VaultNode.at(addresses.stream().map(Nodes::address).distinct().toList(), transport, counter), waiter);
    }

    List<String> addresses() {
        return developmentNode
                .running()
                .map(node -> List.of(node.address()))
                .orElseGet(() -> config.addresses().orElse(List.of()));
    }

    Duration activeTimeout() {
        return Bounds.positive("bootstrap.vault.active-timeout", config.activeTimeout());
    }

    private static NodeAddress address(String text) {
        try {
            return NodeAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    Problem.invalid("bootstrap.vault.addresses: " + e.getMessage(), "write http(s)://host:port"), e);
        }
    }
}
