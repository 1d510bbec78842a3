package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What every key store does, whatever it keeps its document in. */
abstract class KeyStoreContract {

    /** A store that holds nothing, the same one throughout a test. */
    abstract KeyStore store();

    @Test
    void holdsNothingAtFirst() {
        assertThat(store().read()).isEqualTo(new Stored(Optional.empty(), Stored.ABSENT));
    }

    @Test
    void whatWasWrittenIsReadBack() {
        KeyMaterial marker = Materials.marker();
        String version = store().write(marker, Stored.ABSENT);
        KeyMaterial keys = Materials.initialized(marker);
        String next = store().write(keys, version);

        assertThat(store().read()).isEqualTo(new Stored(Optional.of(keys), next));
    }

    @Test
    void everyPartSurvives() {
        KeyMaterial everything = Materials.everything();
        store().write(everything, Stored.ABSENT);

        assertThat(store().read().material()).contains(everything);
    }

    @Test
    void ofTwoThatCreateOneLoses() {
        KeyMaterial first = Materials.marker();
        store().write(first, Stored.ABSENT);

        KeyMaterial other = Materials.marker();
        assertThatThrownBy(() -> store().write(other, Stored.ABSENT)).isInstanceOf(KeyStoreConflictException.class);
        assertThat(store().read().material()).contains(first);
    }

    @Test
    void writeOverAnotherVersionIsRefusedAndChangesNothing() {
        KeyMaterial marker = Materials.marker();
        String version = store().write(marker, Stored.ABSENT);
        KeyMaterial keys = Materials.initialized(marker);
        store().write(keys, version);

        KeyMaterial late = marker.initialized(
                List.of(Sensitive.of("another share")), List.of(), Optional.of(Sensitive.of("another root")));
        assertThatThrownBy(() -> store().write(late, version)).isInstanceOf(KeyStoreConflictException.class);
        assertThat(store().read().material()).contains(keys);
    }

    @Test
    void deleteTakesAwayOnlyTheVersionThatWasSeen() {
        KeyMaterial marker = Materials.marker();
        String version = store().write(marker, Stored.ABSENT);
        String next = store().write(Materials.initialized(marker), version);

        assertThatThrownBy(() -> store().delete(version)).isInstanceOf(KeyStoreConflictException.class);
        store().delete(next);
        assertThat(store().read()).isEqualTo(new Stored(Optional.empty(), Stored.ABSENT));
    }

    @Test
    void afterADeleteAnotherTryGoesItsWholeWay() {
        store().delete(store().write(Materials.marker(), Stored.ABSENT));

        KeyMaterial marker = Materials.marker();
        String version = store().write(marker, Stored.ABSENT);
        KeyMaterial keys = Materials.initialized(marker);
        store().write(keys, version);

        assertThat(store().read().material()).contains(keys);
    }

    @Test
    void updateDecidesAnewWhenSomebodyWasFaster() {
        KeyMaterial marker = Materials.marker();
        store().write(Materials.initialized(marker), store().write(marker, Stored.ABSENT));

        store().update(keys -> {
            if (keys.clusterId().isEmpty()) {
                store().write(keys.withClusterId("c-1"), store().read().version());
            }
            return keys.withRootToken(Optional.empty());
        });

        KeyMaterial now = store().read().material().orElseThrow();
        assertThat(now.rootToken()).isEmpty();
        assertThat(now.clusterId()).contains("c-1");
    }

    @Test
    void probeLeavesCustodyAsItIs() {
        store().proveWritable(4_000);
        assertThat(store().read().material()).isEmpty();

        KeyMaterial marker = Materials.marker();
        String version = store().write(marker, Stored.ABSENT);
        store().proveWritable(4_000);

        assertThat(store().read()).isEqualTo(new Stored(Optional.of(marker), version));
    }
}
