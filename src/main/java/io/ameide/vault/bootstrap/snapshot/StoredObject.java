package io.ameide.vault.bootstrap.snapshot;

import java.time.Instant;
import java.util.Objects;

/**
 * An object as a listing shows it.
 *
 * @param name within the place, without its prefix
 * @param modified by the clock of the place
 */
public record StoredObject(String name, long sizeBytes, Instant modified) {

    public StoredObject {
        Objects.requireNonNull(name);
        Objects.requireNonNull(modified);
    }
}
