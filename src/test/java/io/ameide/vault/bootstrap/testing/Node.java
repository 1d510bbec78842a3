package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** One running server, whatever runs it. */
interface Node extends AutoCloseable {

    URI address();

    Product product();

    Optional<Path> auditLog();

    void kill();

    void restart();

    void pause();

    void resume();

    @Override
    void close();
}
