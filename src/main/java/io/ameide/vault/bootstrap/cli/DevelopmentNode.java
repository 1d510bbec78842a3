package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.VaultConfig;
import io.quarkus.runtime.LaunchMode;

import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * In development, and only when no node is configured: a server of its own, with custody beside it. It stays when changed
 * code restarts the application, and ends with the process.
 */
@Singleton
final class DevelopmentNode {

    /** Where the application that is started with new code finds the server: nothing else outlives the one before. */
    private static final String ADDRESS = "vault-bootstrap.development-node.address";

    private static final String FOLDER = "vault-bootstrap.development-node.folder";
    private static final String BINARY = "vault-bootstrap.development-node.binary";

    /**
     * A server that runs.
     *
     * @param folder lives as long as the server
     * @param binary what it was started from, which is also a client
     */
    record Running(String address, Path folder, Path binary) {}

    private final boolean wanted;
    private final SandboxConfig config;

    DevelopmentNode(VaultConfig vault, SandboxConfig config) {
        this.wanted = LaunchMode.current() == LaunchMode.DEVELOPMENT
                && vault.addresses().orElse(List.of()).isEmpty()
                && vault.discovery().selector().isEmpty();
        this.config = config;
    }

    /** The server, which is started by the first call; empty where none is wanted. */
    synchronized Optional<Running> running() {
        if (!wanted) {
            return Optional.empty();
        }
        if (System.getProperty(ADDRESS) == null) {
            start();
        }
        return Optional.of(new Running(
                System.getProperty(ADDRESS), Path.of(System.getProperty(FOLDER)), Path.of(System.getProperty(BINARY))));
    }

    private void start() {
        ServerBinary.Search search = ServerBinary.find(config.serverBinary(), System.getenv());
        ServerBinary binary = search.found()
                .orElseThrow(() -> new ProblemException(
                        Problem.access(search.looked(), "run tools/server once, or set bootstrap.vault.addresses")));
        ThrowAwayServer server = ThrowAwayServer.start(binary, ThrowAwayServer.Options.DEFAULT);
        System.setProperty(FOLDER, server.folder().toString());
        System.setProperty(BINARY, binary.file().toString());
        System.setProperty(ADDRESS, server.address().toString());
    }
}
