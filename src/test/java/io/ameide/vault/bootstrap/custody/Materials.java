package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyMaterial.ShareKind;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.NodeAddress;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Key material whose every secret contains {@link #SENTINEL}, the checksum key excepted. */
final class Materials {

    static final String SENTINEL = "s3ntinel";

    static final NodeAddress NODE = NodeAddress.parse("http://127.0.0.1:8200");

    private static final Instant STARTED = Instant.parse("2026-11-01T10:00:00Z");

    private Materials() {}

    static KeyMaterial marker() {
        return marker(NODE);
    }

    static KeyMaterial marker(NodeAddress node) {
        return KeyMaterial.marker(
                ShareKind.UNSEAL, 5, 3, node, STARTED, new Whereabouts(4711, "laptop"), new SecureRandom());
    }

    static KeyMaterial initialized() {
        return initialized(marker());
    }

    static KeyMaterial initialized(KeyMaterial marker) {
        return marker.initialized(
                IntStream.range(0, 5)
                        .mapToObj(n -> Sensitive.of(SENTINEL + "-share-" + n))
                        .toList(),
                List.of(),
                Optional.of(Sensitive.of(SENTINEL + "-root")));
    }

    static KeyMaterial everything() {
        return marker().initialized(
                        List.of(Sensitive.of(SENTINEL + "-share")),
                        List.of(new EscrowedShare("alice.asc", Sensitive.of(SENTINEL + "-ciphertext"))),
                        Optional.of(Sensitive.of(SENTINEL + "-root")))
                .withAppRole(Optional.of(new AppRoleCredential(
                        "approle",
                        "vault-bootstrap",
                        Sensitive.of(SENTINEL + "-role-id"),
                        Sensitive.of(SENTINEL + "-secret-id"))))
                .withClusterId("6b1d5ff3-0a35-4a6a-8d4c-5b7e0e8f7a11")
                .withFingerprints(Map.of("database/config/main", "hmac-a", "identity/group/name/b", "hmac-b"));
    }
}
