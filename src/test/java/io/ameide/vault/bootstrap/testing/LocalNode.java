package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** A process on this machine. */
record LocalNode(ThrowAwayServer server) implements Node {

    @Override
    public URI address() {
        return server.address();
    }

    @Override
    public Product product() {
        return server.product();
    }

    @Override
    public Optional<Path> auditLog() {
        return server.auditLog();
    }

    @Override
    public void kill() {
        server.kill();
    }

    @Override
    public void restart() {
        server.restart();
    }

    @Override
    public void pause() {
        server.pause();
    }

    @Override
    public void resume() {
        server.resume();
    }

    @Override
    public void close() {
        server.close();
    }
}
