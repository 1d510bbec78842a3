package io.ameide.vault.bootstrap.secrets;

import java.util.Map;

/**
 * A deterministic secret for development and CI.
 *
 * @param name path within the mount
 * @param data unmodifiable, in the file's order, never empty; a leaf is a
 *     {@link io.ameide.vault.bootstrap.sensitive.Sensitive} for a string, otherwise a {@link Boolean}, a {@link Long} or a
 *     {@link Double}; between root and leaves there may be lists and maps
 */
public record Fixture(String name, Map<String, Object> data) {

    /** Names the properties only: a number may be a PIN. */
    @Override
    public String toString() {
        return "Fixture[name=" + name + ", properties=" + data.keySet() + "]";
    }
}
