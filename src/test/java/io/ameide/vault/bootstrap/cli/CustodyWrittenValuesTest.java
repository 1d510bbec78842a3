package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

class CustodyWrittenValuesTest {

    @TempDir
    Path folder;

    private CountingKeyStore custody;

    @BeforeEach
    void initializedCustody() {
        KeyMaterial marker = KeyMaterial.marker(
                KeyMaterial.ShareKind.UNSEAL,
                1,
                1,
                NodeAddress.parse("http://127.0.0.1:8200"),
                Instant.parse("2026-11-01T00:00:00Z"),
                Whereabouts.current(),
                new SecureRandom());
        custody = new CountingKeyStore(new FileKeyStore(folder.resolve("custody")));
        custody.write(
                marker.initialized(List.of(Sensitive.of("share")), List.of(), Optional.empty()),
                KeyStore.Stored.ABSENT);
    }

    @Test
    void checksumIsKnownToTheNextTick() {
        CustodyWrittenValues thisTick = new CustodyWrittenValues(custody);
        String checksum = thisTick.checksum(Map.of("password", Sensitive.of("p-1")));

        thisTick.remember("auth/userpass/users/a", Map.of("password", checksum));

        CustodyWrittenValues nextTick = new CustodyWrittenValues(custody);
        assertThat(nextTick.last("auth/userpass/users/a")).containsExactly(Map.entry("password", checksum));
        assertThat(nextTick.checksum(Map.of("password", Sensitive.of("p-1")))).isEqualTo(checksum);
        assertThat(nextTick.last("auth/userpass/users/b")).isEmpty();
    }

    @Test
    void whatThisTickWroteIsKnownToItself() {
        CustodyWrittenValues values = new CustodyWrittenValues(custody);
        assertThat(values.last("auth/userpass/users/a")).isEmpty();

        values.remember("auth/userpass/users/a", Map.of("password", "checksum-1"));
        values.remember("auth/userpass/users/b", Map.of("password", "checksum-2"));

        assertThat(values.last("auth/userpass/users/a")).containsExactly(Map.entry("password", "checksum-1"));
        assertThat(values.last("auth/userpass/users/b")).containsExactly(Map.entry("password", "checksum-2"));
    }

    @Test
    void custodyIsReadOnceHoweverManyValuesAreCompared() {
        CustodyWrittenValues values = new CustodyWrittenValues(custody);

        IntStream.range(0, 100).forEach(number -> {
            values.checksum(Map.of("password", Sensitive.of("p-" + number)));
            values.last("auth/userpass/users/" + number);
        });

        assertThat(custody.reads).isEqualTo(1);
    }

    private static final class CountingKeyStore implements KeyStore {

        private final KeyStore store;
        private int reads;

        private CountingKeyStore(KeyStore store) {
            this.store = store;
        }

        @Override
        public String description() {
            return store.description();
        }

        @Override
        public String removal() {
            return store.removal();
        }

        @Override
        public Stored read() {
            reads++;
            return store.read();
        }

        @Override
        public String write(KeyMaterial material, String expectedVersion) {
            return store.write(material, expectedVersion);
        }

        @Override
        public String keepBeside(KeyMaterial material) {
            return store.keepBeside(material);
        }

        @Override
        public void delete(String expectedVersion) {
            store.delete(expectedVersion);
        }

        @Override
        public void proveWritable(int bytes) {
            store.proveWritable(bytes);
        }
    }
}
