package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.CustodyConfig;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.TickLock;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The configured key custody and its lock. */
@Singleton
final class Custody {

    private final CustodyConfig config;
    private final DevelopmentNode developmentNode;
    private final Shutdown shutdown;
    private final Clock clock;
    /** One lock object a folder and process: see {@link TickLock}. */
    private final Map<Path, TickLock> locks = new ConcurrentHashMap<>();

    Custody(CustodyConfig config, DevelopmentNode developmentNode, Shutdown shutdown, Clock clock) {
        this.config = config;
        this.developmentNode = developmentNode;
        this.shutdown = shutdown;
        this.clock = clock;
    }

    KeyStore store() {
        return new FileKeyStore(folder());
    }

    /** Does something that no other process may do at the same time. */
    <T> T locked(Supplier<T> work) {
        TickLock.Held held = locks.computeIfAbsent(folder(), folder -> new TickLock(folder, clock, shutdown::pause))
                .acquire(Bounds.notNegative("bootstrap.custody.lock-timeout", config.lockTimeout()));
        try {
            return work.get();
        } finally {
            held.close();
        }
    }

    private Path folder() {
        return developmentNode
                .running()
                .map(node -> node.folder().resolve("custody"))
                .or(() -> config.file().folder())
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "bootstrap.custody.file.folder is not set",
                        "name a folder for the shares, outside any Git work tree, for example --set"
                                + " bootstrap.custody.file.folder=$HOME/.vault-bootstrap")));
    }
}
