package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeException;

import java.util.Map;
import java.util.Optional;

/** A store of application secrets, by name. Safe for concurrent use. */
public interface SecretProvider {

    /**
     * The newest version of a secret.
     *
     * @param data properties by name; strings are {@link io.ameide.vault.bootstrap.sensitive.Sensitive}
     * @param version the store's own count, to be handed to {@link #write}
     * @param deleted whether it is there no more, though the store remembers that it was
     */
    record Stored(Map<String, Object> data, long version, boolean deleted) {}

    /** Why no secret can be kept here, whatever its name; empty when nothing is known against it. */
    Optional<Problem> unfit();

    /** Nothing when there never was such a secret. */
    Optional<Stored> read(String name);

    /**
     * Writes a new version.
     *
     * @param expectedVersion of {@link Stored}, or 0 for a secret that is not there
     * @throws NodeException.CheckAndSetMismatch when another version is there by now; it is left as it is
     */
    void write(String name, Map<String, Object> data, long expectedVersion);
}
