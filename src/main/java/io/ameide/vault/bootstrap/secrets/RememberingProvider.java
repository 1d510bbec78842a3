package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.tick.Problem;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Remembers for the length of a tick which properties a secret was seen to have, so that verifying asks only for what
 * seeding did not just read. Values are not kept.
 */
public final class RememberingProvider implements SecretProvider {

    private final SecretProvider provider;
    private final Map<String, PropertyNames> seen = new ConcurrentHashMap<>();

    public RememberingProvider(SecretProvider provider) {
        this.provider = provider;
    }

    @Override
    public Optional<Problem> unfit() {
        return provider.unfit();
    }

    @Override
    public Optional<Stored> read(String name) {
        Optional<Stored> stored = provider.read(name);
        stored.filter(found -> !found.deleted())
                .ifPresentOrElse(found -> seen.put(name, PropertyNames.of(found.data())), () -> seen.remove(name));
        return stored;
    }

    @Override
    public void write(String name, Map<String, Object> data, long expectedVersion) {
        // What was written counts only when it was read back.
        seen.remove(name);
        provider.write(name, data, expectedVersion);
    }

    /** The properties a secret has now, or nothing when it is not readable. Asks the store at most once. */
    public Optional<PropertyNames> properties(String name) {
        PropertyNames known = seen.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        return read(name).filter(found -> !found.deleted()).map(found -> PropertyNames.of(found.data()));
    }
}
