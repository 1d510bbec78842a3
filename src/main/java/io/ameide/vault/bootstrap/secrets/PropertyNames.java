package io.ameide.vault.bootstrap.secrets;

import java.util.Map;
import java.util.Set;

/** What can be asked of a secret without knowing a value: which properties it has. */
public record PropertyNames(Set<String> names) {

    public PropertyNames {
        names = Set.copyOf(names);
    }

    static PropertyNames of(Map<String, Object> data) {
        return new PropertyNames(data.keySet());
    }

    public boolean has(String property) {
        return names.contains(property);
    }
}
