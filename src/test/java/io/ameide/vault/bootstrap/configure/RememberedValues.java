package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Remembers as key custody does, for as long as a test lasts. */
final class RememberedValues implements WrittenValues {

    private final KeyedChecksum checksum =
            new KeyedChecksum(Sensitive.of(Base64.getEncoder().encodeToString(new byte[32])));
    private final Map<String, Map<String, String>> byPath = new HashMap<>();

    @Override
    public String checksum(Object values) {
        return checksum.of(values);
    }

    @Override
    public Map<String, String> last(String path) {
        return byPath.getOrDefault(path, Map.of());
    }

    @Override
    public void remember(String path, Map<String, String> checksums) {
        byPath.put(path, Map.copyOf(checksums));
    }
}
