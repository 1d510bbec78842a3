package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.vault.KvStore;

import java.util.Map;
import java.util.Optional;

/**
 * A KV engine of version 2. What this tool wrote bears its name and a keyed checksum in the secret's custom metadata, so
 * that anyone with read access to metadata can tell whether a value is still the one that was seeded.
 */
public final class KvSecretProvider implements SecretProvider {

    public static final String OWNER_KEY = "managed-by";
    public static final String OWNER = "vault-bootstrap";
    public static final String CHECKSUM_KEY = "checksum";

    private final KvStore kv;
    private final KeyedChecksum checksum;

    public KvSecretProvider(KvStore kv, KeyedChecksum checksum) {
        this.kv = kv;
        this.checksum = checksum;
    }

    @Override
    public Optional<Stored> read(String name) {
        return kv.read(name).map(entry -> new Stored(entry.data(), entry.version(), entry.deleted()));
    }

    @Override
    public void write(String name, Map<String, Object> data, long expectedVersion) {
        kv.write(name, data, expectedVersion);
        // After the data, so that nothing is called ours that somebody else wrote first. A tick that dies in between
        // leaves a secret without the mark, which is as it was asked for in everything that workloads see.
        kv.describe(name, Map.of(OWNER_KEY, OWNER, CHECKSUM_KEY, checksum.of(data)));
    }
}
