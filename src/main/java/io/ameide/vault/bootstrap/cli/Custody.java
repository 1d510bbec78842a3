package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.CustodyConfig;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.SecretKeyStore;
import io.ameide.vault.bootstrap.custody.TickLock;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.kubernetes.LeaseLock;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.client.KubernetesClient;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The configured key custody and its lock. */
@Singleton
final class Custody {

    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);

    private final CustodyConfig config;
    private final DevelopmentNode developmentNode;
    private final Instance<KubernetesClient> kubernetes;
    private final Shutdown shutdown;
    private final Clock clock;
    /** One lock object a folder and process: see {@link TickLock}. */
    private final Map<Path, TickLock> locks = new ConcurrentHashMap<>();

    Custody(
            CustodyConfig config,
            DevelopmentNode developmentNode,
            Instance<KubernetesClient> kubernetes,
            Shutdown shutdown,
            Clock clock) {
        this.config = config;
        this.developmentNode = developmentNode;
        this.kubernetes = kubernetes;
        this.shutdown = shutdown;
        this.clock = clock;
    }

    KeyStore store() {
        return config.kubernetes()
                .secret()
                .<KeyStore>map(secret -> new SecretKeyStore(
                        new Secrets(kubernetes.get(), namespace()),
                        secret,
                        Waiter.REAL,
                        Bounds.notNegative(
                                "bootstrap.custody.kubernetes.outage-timeout",
                                config.kubernetes().outageTimeout())))
                .orElseGet(() -> new FileKeyStore(folder()));
    }

    /** Does something that no other process may do at the same time. */
    <T> T locked(Supplier<T> work) {
        Duration wait = Bounds.notNegative("bootstrap.custody.lock-timeout", config.lockTimeout());
        if (config.kubernetes().secret().isPresent()) {
            return new LeaseGuard(lease(config.kubernetes().secret().get()), leaseDuration(), shutdown).run(work, wait);
        }
        TickLock.Held held = locks.computeIfAbsent(folder(), folder -> new TickLock(folder, clock, shutdown::pause))
                .acquire(wait);
        try {
            return work.get();
        } finally {
            held.close();
        }
    }

    private LeaseLock lease(String name) {
        return new LeaseLock(
                kubernetes.get(), namespace(), name, Whereabouts.current().toString(), leaseDuration(), clock);
    }

    private Duration leaseDuration() {
        Duration duration = config.kubernetes().leaseDuration();
        if (duration.compareTo(SHORTEST_LEASE) < 0) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.custody.kubernetes.lease-duration is " + duration,
                    "choose 10 seconds or more, so that a slow API server costs no Lease"));
        }
        return duration;
    }

    private String namespace() {
        return config.kubernetes().namespace().orElseGet(() -> kubernetes.get().getNamespace());
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
