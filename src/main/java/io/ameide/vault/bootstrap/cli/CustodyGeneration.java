package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells whether the shares in custody are those that were there when a snapshot was taken: new shares do not open what was
 * taken before them. The fingerprint is keyed with a random key that only custody has, so that it can stand beside a
 * snapshot for all to see: nobody without custody can try a guess against it, and who has custody has the shares.
 */
final class CustodyGeneration {

    private CustodyGeneration() {}

    /** Empty where custody has no shares yet. */
    static Optional<String> fingerprint(KeyStore store) {
        return store.read().initialized().map(CustodyGeneration::of);
    }

    /** What comes and goes while the shares stay, such as the root token, is no part of it. */
    static String of(KeyMaterial keys) {
        List<Sensitive> escrowed =
                keys.escrowed().stream().map(EscrowedShare::ciphertext).toList();
        return new KeyedChecksum(keys.checksumKey())
                .of(Map.of(
                        "kind", keys.kind().name(),
                        "threshold", keys.threshold(),
                        "shares", keys.shares(),
                        "escrowed", escrowed));
    }
}
