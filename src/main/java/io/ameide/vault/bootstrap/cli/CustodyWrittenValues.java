package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.configure.WrittenValues;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;

import java.util.HashMap;
import java.util.Map;

/** Keeps the checksums of written values in key custody, beside the key they are made with. */
final class CustodyWrittenValues implements WrittenValues {

    private final KeyStore custody;

    CustodyWrittenValues(KeyStore custody) {
        this.custody = custody;
    }

    @Override
    public String checksum(Object values) {
        return new KeyedChecksum(material().checksumKey()).of(values);
    }

    @Override
    public Map<String, String> last(String path) {
        Map<String, String> byField = new HashMap<>();
        material().fingerprints().forEach((key, checksum) -> {
            if (belongs(key, path)) {
                byField.put(key.substring(key.lastIndexOf('#') + 1), checksum);
            }
        });
        return byField;
    }

    @Override
    public void remember(String path, Map<String, String> checksums) {
        custody.update(keys -> {
            Map<String, String> fingerprints = new HashMap<>(keys.fingerprints());
            fingerprints.keySet().removeIf(key -> belongs(key, path));
            checksums.forEach((field, checksum) -> fingerprints.put(path + "#" + field, checksum));
            return keys.withFingerprints(fingerprints);
        });
    }

    /** A path may hold a number sign, the name of a field does not. */
    private static boolean belongs(String key, String path) {
        return key.lastIndexOf('#') == path.length() && key.startsWith(path);
    }

    private KeyMaterial material() {
        return custody.read().material().orElseThrow();
    }
}
