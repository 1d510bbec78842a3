package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Custody in a Kubernetes Secret. The version is the Secret's resourceVersion, so that the API server itself refuses a
 * write that would undo another. The Secret has no owner: nothing that is deleted takes it along.
 */
public final class SecretKeyStore implements KeyStore {

    static final String KEY = "keys.json";

    static final Map<String, String> LABELS = Map.of(
            "app.kubernetes.io/managed-by", "vault-bootstrap",
            "app.kubernetes.io/component", "key-custody");

    private static final Duration RETRY_PAUSE = Duration.ofMillis(500);

    private final Secrets secrets;
    private final String name;
    private final Waiter waiter;
    private final Duration outage;
    private final KeyMaterialJson json = new KeyMaterialJson();

    /** @param outage how long an API server that does not answer is asked again */
    public SecretKeyStore(Secrets secrets, String name, Waiter waiter, Duration outage) {
        this.secrets = secrets;
        this.name = name;
        this.waiter = waiter;
        this.outage = outage;
    }

    @Override
    public String description() {
        return "Secret %s/%s".formatted(secrets.namespace(), name);
    }

    @Override
    public String removal() {
        return "kubectl --namespace %s delete secret %s".formatted(secrets.namespace(), name);
    }

    @Override
    public Stored read() {
        return patiently(() -> secrets.read(name))
                .map(secret -> new Stored(
                        Optional.of(material(secret)),
                        secret.resourceVersion(),
                        secret.deleting()
                                ? Optional.of("somebody deleted it, and only a finalizer holds it")
                                : Optional.empty()))
                .orElseGet(() -> new Stored(Optional.empty(), Stored.ABSENT));
    }

    @Override
    public String write(KeyMaterial material, String expectedVersion) {
        Map<String, Sensitive> data =
                Map.of(KEY, Sensitive.of(new String(json.write(material), StandardCharsets.UTF_8)));
        try {
            put(data, expectedVersion);
        } catch (ApiServerException.Conflict e) {
            // A write whose answer was lost shows as a conflict with itself when it is sent again.
            if (!read().material().equals(Optional.of(material))) {
                throw new KeyStoreConflictException(description());
            }
        }
        Stored stored = read();
        if (!stored.material().equals(Optional.of(material))) {
            throw new ProblemException(Problem.access(
                    "write custody to %s: it does not hold what was written".formatted(description()),
                    "look for another process that writes it"));
        }
        return stored.version();
    }

    private void put(Map<String, Sensitive> data, String expectedVersion) {
        String version = expectedVersion.equals(Stored.ABSENT)
                ? patiently(() -> secrets.create(name, data, LABELS)).resourceVersion()
                : expectedVersion;
        // Also of what was just created, which changes nothing. A Role may allow to create and not to update; that has
        // to show now, with the marker, while there are no shares to lose.
        patiently(() -> secrets.replace(name, data, LABELS, version));
    }

    /** In a Secret of a name of its own, for which the permission to create is enough. */
    @Override
    public String keepBeside(KeyMaterial material) {
        String beside = "%s-kept-%s".formatted(name, UUID.randomUUID());
        Map<String, Sensitive> data =
                Map.of(KEY, Sensitive.of(new String(json.write(material), StandardCharsets.UTF_8)));
        patiently(() -> secrets.create(beside, data, LABELS));
        return "Secret %s/%s".formatted(secrets.namespace(), beside);
    }

    @Override
    public void delete(String expectedVersion) {
        try {
            patiently(() -> {
                secrets.delete(name, expectedVersion);
                return name;
            });
        } catch (ApiServerException.Conflict e) {
            throw new KeyStoreConflictException(description());
        }
    }

    /**
     * A Secret of another name in the same namespace, {@code NAME-probe}: RBAC may allow to create, but not to update.
     * The name is always the same, so that a Role can name it.
     */
    @Override
    public void proveWritable(int bytes) {
        String probe = name + "-probe";
        Map<String, Sensitive> content =
                Map.of(KEY, Sensitive.of(UUID.randomUUID().toString().repeat(1 + bytes / 36)));
        // One may be left of a process that was killed.
        Secrets.Stored present = patiently(() ->
                secrets.read(probe).orElseGet(() -> secrets.create(probe, Map.of(KEY, Sensitive.of("probe")), LABELS)));
        Secrets.Stored changed = patiently(() -> secrets.replace(probe, content, LABELS, present.resourceVersion()));
        boolean holds = patiently(() -> secrets.read(probe))
                .map(stored -> stored.data().entrySet().containsAll(content.entrySet()))
                .orElse(false);
        patiently(() -> {
            secrets.delete(probe, changed.resourceVersion());
            return probe;
        });
        if (!holds) {
            throw new ProblemException(Problem.access(
                    "write custody to %s: a probe beside it does not read back as written".formatted(description()),
                    "look for an admission webhook that changes Secrets"));
        }
    }

    private KeyMaterial material(Secrets.Stored secret) {
        Sensitive document = Optional.ofNullable(secret.data().get(KEY))
                .orElseThrow(() -> new ProblemException(Problem.blocked(
                        "%s has no key %s".formatted(description(), KEY),
                        "nothing was changed; restore it from its backup, or name another Secret")));
        return json.read(document.reveal().getBytes(StandardCharsets.UTF_8), description());
    }

    private <T> T patiently(Supplier<T> request) {
        return new Patience<T>(request).result();
    }

    /** Asks again while the API server does not answer. Of all failures, only a conflict is passed on as it is. */
    private final class Patience<T> {

        private final Supplier<T> request;
        private Optional<ApiServerException.Unreachable> last = Optional.empty();

        Patience(Supplier<T> request) {
            this.request = request;
        }

        T result() {
            try {
                return waiter.until(this::attempt, RETRY_PAUSE, outage).orElseThrow(() -> last.orElseThrow());
            } catch (ApiServerException.Conflict e) {
                throw e;
            } catch (ApiServerException e) {
                throw new ProblemException(Problem.of(e), e);
            }
        }

        private Optional<T> attempt() {
            try {
                return Optional.of(request.get());
            } catch (ApiServerException.Unreachable e) {
                last = Optional.of(e);
                return Optional.empty();
            }
        }
    }
}
