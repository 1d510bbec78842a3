package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.desired.DesiredState.SeedMode;

import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A secret that must exist.
 *
 * @param mount KV v2 mount without slashes at its ends
 * @param properties the properties it must have
 * @param data makes the data; called only when it is needed, so that nothing is generated for a secret that exists
 * @param source where it was asked for, for people
 */
record DesiredSecret(
        String mount,
        String name,
        Set<String> properties,
        Supplier<Map<String, Object>> data,
        SeedMode mode,
        String source) {

    String path() {
        return mount + "/" + name;
    }
}
