package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.configure.WrittenValues;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

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
    public Optional<String> last(String path) {
        return Optional.ofNullable(material().fingerprints().get(path));
    }

    @Override
    public void remember(String path, String checksum) {
        custody.update(keys -> {
            Map<String, String> fingerprints = new HashMap<>(keys.fingerprints());
            fingerprints.put(path, checksum);
            return keys.withFingerprints(fingerprints);
        });
    }

    private KeyMaterial material() {
        return custody.read().material().orElseThrow();
    }
}
