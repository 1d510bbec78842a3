package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.Objects;

/**
 * A share that only its holder can open: the server encrypted it to a PGP key.
 *
 * @param holder whose key it is: its fingerprint, or the name of its file
 * @param ciphertext the PGP message in hex, as the server answers it
 */
public record EscrowedShare(String holder, Sensitive ciphertext) {

    public EscrowedShare {
        Objects.requireNonNull(holder);
        Objects.requireNonNull(ciphertext);
    }
}
