package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.kubernetes.Pods;
import io.ameide.vault.bootstrap.seal.NodeDirectory;
import io.ameide.vault.bootstrap.seal.PodDirectory;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.TlsSettings;
import io.ameide.vault.bootstrap.vault.TlsSettings.ClientCertificate;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultConfig;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.core.Vertx;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The configured nodes, and where they are. */
@Singleton
final class Nodes {

    private final VaultConfig config;
    private final DevelopmentNode developmentNode;
    private final Instance<KubernetesClient> kubernetes;
    private final Instance<Vertx> vertx;

    Nodes(
            VaultConfig config,
            DevelopmentNode developmentNode,
            Instance<KubernetesClient> kubernetes,
            Instance<Vertx> vertx) {
        this.config = config;
        this.developmentNode = developmentNode;
        this.kubernetes = kubernetes;
        this.vertx = vertx;
    }

    /**
     * A cluster whose nodes the {@link #directory()} tells.
     *
     * @param waiter for a node that is about to serve
     */
    Cluster cluster(RequestCounter counter, Waiter waiter) {
        Transport transport = new Transport(
                new TlsSettings(caFile(), config.tls().serverName(), clientCertificate()),
                Bounds.positive("bootstrap.vault.connect-timeout", config.connectTimeout()),
                Bounds.positive("bootstrap.vault.request-timeout", config.requestTimeout()));
        return new Cluster(addresses -> VaultNode.at(addresses, transport, counter), waiter);
    }

    /**
     * The cluster as it is now, for a command that does not wait for nodes. Nobody has looked at it yet.
     *
     * @param waiter for a node that is about to serve
     */
    Found find(Waiter waiter) {
        Cluster cluster = cluster(new RequestCounter(), waiter);
        NodeDirectory.Listing listing = directory().list();
        cluster.consistOf(listing.nodes());
        return new Found(cluster, listing.awaited());
    }

    /** @param awaited why a node that should be there is not, one sentence each */
    record Found(Cluster cluster, List<String> awaited) {}

    NodeDirectory directory() {
        Optional<String> selector = config.discovery().selector();
        List<String> addresses = addresses();
        if (selector.isPresent() && !addresses.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.vault.addresses and bootstrap.vault.discovery.selector are both set",
                    "name the nodes, or have them found, but not both"));
        }
        if (selector.isPresent()) {
            return pods(selector.get());
        }
        if (addresses.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "neither bootstrap.vault.addresses nor bootstrap.vault.discovery.selector is set",
                    "name the nodes, for example --set bootstrap.vault.addresses=http://127.0.0.1:8200"));
        }
        List<NodeAddress> nodes =
                addresses.stream().map(Nodes::address).distinct().toList();
        return () -> new NodeDirectory.Listing(nodes, List.of());
    }

    private NodeDirectory pods(String selector) {
        VaultConfig.Discovery discovery = config.discovery();
        return new PodDirectory(
                new Pods(
                        kubernetes.get(),
                        discovery.namespace().orElseGet(() -> kubernetes.get().getNamespace())),
                new PodDirectory.Settings(
                        selector, discovery.by(), discovery.service(), discovery.port(), discovery.tls()));
    }

    private Optional<Path> caFile() {
        return config.tls().caFile().map(file -> Bounds.smallFile("bootstrap.vault.tls.ca-file", file));
    }

    private Optional<ClientCertificate> clientCertificate() {
        Optional<Path> certificate = config.tls()
                .certificateFile()
                .map(file -> Bounds.smallFile("bootstrap.vault.tls.certificate-file", file));
        Optional<Path> key = config.tls().keyFile().map(file -> Bounds.smallFile("bootstrap.vault.tls.key-file", file));
        if (certificate.isPresent() != key.isPresent()) {
            throw new ProblemException(Problem.invalid(
                    "of bootstrap.vault.tls.certificate-file and bootstrap.vault.tls.key-file only one is set",
                    "a client certificate needs both"));
        }
        return certificate.map(file -> new ClientCertificate(file, key.orElseThrow(), vertx.get()));
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

    Duration readyTimeout() {
        return Bounds.notNegative("bootstrap.vault.ready-timeout", config.readyTimeout());
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
