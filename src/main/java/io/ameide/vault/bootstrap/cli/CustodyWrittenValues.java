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
    public Optional<String> last(String path) {
        return Optional.ofNullable(known().fingerprints().get(path));
    }

    @Override
    public void remember(String path, String checksum) {
        KeyMaterial updated = custody.update(keys -> {
            Map<String, String> fingerprints = new HashMap<>(keys.fingerprints());
            fingerprints.put(path, checksum);
            return keys.withFingerprints(fingerprints);
        });
        known = Optional.of(Known.of(updated));
    }

    private Known known() {
        if (known.isEmpty()) {
            known = Optional.of(Known.of(custody.read().material().orElseThrow()));
        }
        return known.get();
    }
}
