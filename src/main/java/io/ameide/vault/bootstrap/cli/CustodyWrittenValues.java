package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.configure.WrittenValues;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps the checksums of written values in key custody, beside the key they are made with. For one tick and one thread:
 * custody is read once, since nobody else changes checksums while a tick holds its lock.
 */
final class CustodyWrittenValues implements WrittenValues {

    private final KeyStore custody;
    private Optional<Known> known = Optional.empty();

    CustodyWrittenValues(KeyStore custody) {
        this.custody = custody;
    }

    /** No more of the key material than is needed here. */
    private record Known(KeyedChecksum checksum, Map<String, String> fingerprints) {

        static Known of(KeyMaterial material) {
            return new Known(new KeyedChecksum(material.checksumKey()), material.fingerprints());
        }
    }

    @Override
    public String checksum(Object values) {
        return known().checksum().of(values);
    }

    @Override
    public Map<String, String> last(String path) {
        Map<String, String> byField = new HashMap<>();
        known().fingerprints().forEach((key, checksum) -> {
            if (belongs(key, path)) {
                byField.put(key.substring(key.lastIndexOf('#') + 1), checksum);
            }
        });
        return byField;
    }

    @Override
    public void remember(String path, Map<String, String> checksums) {
        KeyMaterial updated = custody.update(keys -> {
            Map<String, String> fingerprints = new HashMap<>(keys.fingerprints());
            fingerprints.keySet().removeIf(key -> belongs(key, path));
            checksums.forEach((field, checksum) -> fingerprints.put(path + "#" + field, checksum));
            return keys.withFingerprints(fingerprints);
        });
        known = Optional.of(Known.of(updated));
    }

    /** A path may hold a number sign, the name of a field does not. */
    private static boolean belongs(String key, String path) {
        return key.lastIndexOf('#') == path.length() && key.startsWith(path);
    }

    private Known known() {
        if (known.isEmpty()) {
            known = Optional.of(Known.of(custody.read().material().orElseThrow()));
        }
        return known.get();
    }
}
