package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.VaultConfig;
import io.quarkus.runtime.LaunchMode;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.util.Optional;

/** In development, and only when no node is configured: a server of its own, with custody beside it, gone afterwards. */
@Singleton
final class DevelopmentNode {

    private final boolean wanted;
    private final SandboxConfig config;
    private Optional<ThrowAwayServer> server = Optional.empty();

    DevelopmentNode(VaultConfig vault, SandboxConfig config) {
        this.wanted = LaunchMode.current() == LaunchMode.DEVELOPMENT
                && vault.addresses().orElse(java.util.List.of()).isEmpty();
        this.config = config;
    }

    /** The address of the server, which is started by the first call; empty where none is wanted. */
    synchronized Optional<String> address() {
        if (wanted && server.isEmpty()) {
            ServerBinary.Search search = ServerBinary.find(config.serverBinary(), System.getenv());
            ServerBinary binary = search.found()
                    .orElseThrow(() -> new ProblemException(Problem.access(
                            search.looked(), "run tools/server once, or set bootstrap.vault.addresses")));
            server = Optional.of(ThrowAwayServer.start(binary, ThrowAwayServer.Options.DEFAULT));
        }
        return server.map(running -> running.address().toString());
    }

    /** A folder that lives as long as the server. */
    Optional<Path> folder() {
        return address().map(address -> server.orElseThrow().folder());
    }

    @PreDestroy
    synchronized void end() {
        server.ifPresent(ThrowAwayServer::close);
    }
}
