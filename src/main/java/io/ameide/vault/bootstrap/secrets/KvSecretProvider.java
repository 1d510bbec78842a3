package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.KvStore;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A KV engine of version 2. What this tool wrote bears its name and a keyed checksum in the secret's custom metadata, so
 * that anyone with read access to metadata can tell whether a value is still the one that was seeded.
 */
public final class KvSecretProvider implements SecretProvider {

    public static final String OWNER_KEY = "managed-by";
    public static final String OWNER = "vault-bootstrap";
    public static final String CHECKSUM_KEY = "checksum";

    private static final Set<String> OURS = Set.of(OWNER_KEY, CHECKSUM_KEY);

    private final KvStore kv;
    private final KeyedChecksum checksum;

    /** Custom metadata of others, by secret: it is replaced as a whole, and theirs has to stay. */
    private final Map<String, Map<String, String>> notes = new ConcurrentHashMap<>();

    public KvSecretProvider(KvStore kv, KeyedChecksum checksum) {
        this.kv = kv;
        this.checksum = checksum;
    }

    /** An engine of version 1 takes what is meant for version 2, and keeps it under another name. */
    @Override
    public Optional<Problem> unfit() {
        return kv.engine()
                .filter(engine -> !engine.equals("kv-v2"))
                .map(engine -> Problem.error(
                        "secrets cannot be seeded at %s: the engine there is %s, not kv-v2"
                                .formatted(kv.mount(), engine),
                        "give it options: { version: \"2\" } in the desired state, or name another mount"));
    }

    @Override
    public Optional<Stored> read(String name) {
        return kv.read(name).map(entry -> {
            if (!OURS.containsAll(entry.customMetadata().keySet())) {
                notes.put(name, entry.customMetadata());
            }
            return new Stored(entry.data(), entry.version(), entry.deleted());
        });
    }

    @Override
    public void write(String name, Map<String, Object> data, long expectedVersion) {
        kv.write(name, data, expectedVersion);
        // After the data, so that nothing is called ours that somebody else wrote first. A tick that dies in between
        // leaves a secret without the mark, which is as it was asked for in everything that workloads see.
        Map<String, String> marks = new HashMap<>(notes.getOrDefault(name, Map.of()));
        marks.put(OWNER_KEY, OWNER);
        marks.put(CHECKSUM_KEY, checksum.of(data));
        kv.describe(name, marks);
    }
}
