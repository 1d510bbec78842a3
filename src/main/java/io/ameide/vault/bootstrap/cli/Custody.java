package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.azure.AzureHttp;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.custody.AzureKeyStore;
import io.ameide.vault.bootstrap.custody.CustodyConfig;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.SecretKeyStore;
import io.ameide.vault.bootstrap.custody.TickLock;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.kubernetes.ConfigMaps;
import io.ameide.vault.bootstrap.kubernetes.LeaseLock;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.seal.EscrowPlace;
import io.ameide.vault.bootstrap.seal.KeysConfig;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.client.KubernetesClient;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The configured key custody and its lock. */
@Singleton
final class Custody {

    private static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    private final CustodyConfig config;
    private final DevelopmentNode developmentNode;
    private final Instance<KubernetesClient> kubernetes;
    private final Shutdown shutdown;
    private final Clock clock;
    /** Part of who holds the Lease, the same for all ticks of this process. */
    private final int mark = new SecureRandom().nextInt();
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
        requireOne();
        return config.kubernetes()
                .secret()
                .<KeyStore>map(this::secret)
                .or(() -> config.azure().vaultUrl().map(this::azure))
                .orElseGet(() -> new FileKeyStore(folder()));
    }

    /** Which of two would count must not depend on an order that nobody knows. */
    private void requireOne() {
        Map<String, Boolean> named = new LinkedHashMap<>();
        named.put("bootstrap.custody.file.folder", config.file().folder().isPresent());
        named.put(
                "bootstrap.custody.kubernetes.secret",
                config.kubernetes().secret().isPresent());
        named.put("bootstrap.custody.azure.vault-url", config.azure().vaultUrl().isPresent());
        named.values().removeIf(present -> !present);
        if (named.size() > 1) {
            throw new ProblemException(Problem.invalid(
                    String.join(" and ", named.keySet()) + " are set at once: shares are kept in one place",
                    "unset all but one of them"));
        }
    }

    private KeyStore secret(String name) {
        return new SecretKeyStore(
                new Secrets(kubernetes.get(), namespace()),
                name,
                Waiter.REAL,
                Bounds.notNegative(
                        "bootstrap.custody.kubernetes.outage-timeout",
                        config.kubernetes().outageTimeout()));
    }

    private KeyStore azure(URI vault) {
        Duration outage = Bounds.notNegative(
                "bootstrap.custody.azure.outage-timeout", config.azure().outageTimeout());
        return AzureKeyStore.in(
                vault,
                config.azure().secret(),
                WorkloadIdentity.of(System.getenv()),
                AzureHttp.client()
                        .connectionTimeout(CONNECT_LIMIT)
                        .responseTimeout(ANSWER_LIMIT)
                        .build(),
                Waiter.REAL,
                outage);
    }

    /** Where shares are published for people; nothing where nobody is named. */
    Optional<EscrowPlace> escrow(KeysConfig.Escrow escrow) {
        boolean named = !escrow.pgpKeys().orElse(List.of()).isEmpty();
        if (!named && escrow.file().isEmpty() && escrow.configMap().isEmpty()) {
            return Optional.empty();
        }
        if (!named || escrow.file().isPresent() == escrow.configMap().isPresent()) {
            throw new ProblemException(Problem.invalid(
                    "escrow of shares is set up in part: it takes holders, and one place to publish in",
                    "set bootstrap.keys.escrow.pgp-keys, and either bootstrap.keys.escrow.file or"
                            + " bootstrap.keys.escrow.config-map"));
        }
        return escrow.file()
                .<EscrowPlace>map(EscrowPlace.InFile::new)
                .or(() -> escrow.configMap()
                        .map(name -> new EscrowPlace.InConfigMap(new ConfigMaps(kubernetes.get(), namespace()), name)));
    }

    /**
     * Does something that no other process may do at the same time.
     *
     * @param announce told who is waited for
     */
    <T> T locked(Supplier<T> work, Consumer<String> announce) {
        Duration wait = Bounds.notNegative("bootstrap.custody.lock-timeout", config.lockTimeout());
        Optional<String> lease = config.kubernetes()
                .secret()
                .or(() -> config.azure().vaultUrl().map(vault -> config.azure().lease()));
        if (lease.isPresent()) {
            return new LeaseGuard(lease(lease.get()), leaseDuration(), shutdown, announce).run(work, wait);
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
                kubernetes.get(), namespace(), name, Whereabouts.current().marked(mark), leaseDuration(), clock);
    }

    private Duration leaseDuration() {
        Duration duration = Bounds.positive(
                "bootstrap.custody.kubernetes.lease-duration",
                config.kubernetes().leaseDuration());
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
