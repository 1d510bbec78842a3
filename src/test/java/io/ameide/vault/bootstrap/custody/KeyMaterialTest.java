package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyMaterial.Phase;
import io.ameide.vault.bootstrap.custody.KeyMaterial.ShareKind;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import org.junit.jupiter.api.Test;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class KeyMaterialTest {

    @Test
    void nothingSecretPrints() {
        KeyMaterial material = Materials.everything();

        assertThat(material.toString())
                .doesNotContain(Materials.SENTINEL)
                .doesNotContain(material.checksumKey().reveal())
                .contains("http://127.0.0.1:8200", "pid 4711 on laptop", "alice.asc", "vault-bootstrap");
    }

    @Test
    void everyMarkerHasAChecksumKeyOfItsOwn() {
        assertThat(Materials.marker().checksumKey())
                .isNotEqualTo(Materials.marker().checksumKey());
    }

    @Test
    void markerHoldsNothingOfAnInitializedServer() {
        KeyMaterial marker = Materials.marker();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> marker.withRootToken(Optional.of(Sensitive.of(Materials.SENTINEL))))
                .withMessage("a marker holds nothing that only an initialized server can give");
    }

    @Test
    void initializedServerHasSharesUnlessItUnsealsItself() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Materials.marker().initialized(List.of(), List.of(), Optional.empty()))
                .withMessage("no share is there, though the server was initialized");

        KeyMaterial autoUnseal = KeyMaterial.marker(
                        ShareKind.RECOVERY,
                        0,
                        0,
                        Materials.NODE,
                        Instant.EPOCH,
                        Whereabouts.current(),
                        new SecureRandom())
                .initialized(List.of(), List.of(), Optional.empty());

        assertThat(autoUnseal.phase()).isEqualTo(Phase.INITIALIZED);
    }

    @Test
    void nodeThatWasAskedIsKnownByItsPodAndElseByItsAddress() {
        NodeAddress address = Materials.NODE;
        NodeAddress other = NodeAddress.parse("http://127.0.0.2:8200");
        KeyMaterial marker = Materials.marker();
        KeyMaterial ofPod = Materials.marker(address.ofPod("vault-0"));

        assertThat(ofPod.asked(other.ofPod("vault-0"))).isTrue();
        assertThat(ofPod.asked(address.ofPod("vault-1"))).isFalse();
        assertThat(ofPod.asked(address)).isTrue();
        assertThat(ofPod.asked(other)).isFalse();
        assertThat(marker.asked(address.ofPod("vault-1"))).isTrue();
        assertThat(marker.asked(other.ofPod("vault-0"))).isFalse();
    }

    @Test
    void initializingKeepsWhatTheMarkerKnew() {
        KeyMaterial marker = Materials.marker(Materials.NODE.ofPod("vault-0"));

        KeyMaterial material = Materials.initialized(marker);

        assertThat(material.completes(marker)).isTrue();
        assertThat(material.completes(Materials.marker())).isFalse();
        assertThat(material.checksumKey()).isEqualTo(marker.checksumKey());
        assertThat(material.pod()).isEqualTo(marker.pod());
    }

    @Test
    void setsChangePlacesAndNoneIsLost() {
        KeyMaterial one = Materials.everything();
        KeyMaterial two = Materials.initialized();

        KeyMaterial both = one.withAside(two).withAside(two);
        assertThat(both.aside()).containsExactly(two);

        KeyMaterial exchanged = both.exchangedFor(two);
        assertThat(exchanged.shares()).isEqualTo(two.shares());
        assertThat(exchanged.aside()).containsExactly(one);
        assertThat(exchanged.exchangedFor(two)).as("in use already").isEqualTo(exchanged);
        assertThat(exchanged.exchangedFor(one)).isEqualTo(both);
        assertThat(one.withAside(one)).isEqualTo(one);
    }

    @Test
    void whatIsAsideIsAWholeSet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Materials.initialized().withAside(Materials.marker()))
                .withMessage("what is aside is no whole set, or has another one aside");
    }

    @Test
    void rootTokenIsErasedAloneAndFingerprintsAreReplacedAlone() {
        KeyMaterial material = Materials.everything();

        KeyMaterial erased = material.withRootToken(Optional.empty()).withFingerprints(Map.of("a", "b"));

        assertThat(erased.rootToken()).isEmpty();
        assertThat(erased.fingerprints()).containsExactly(Map.entry("a", "b"));
        assertThat(erased.withRootToken(material.rootToken()).withFingerprints(material.fingerprints()))
                .isEqualTo(material);
    }
}
