package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.List;

/**
 * The one answer in the life of a cluster that holds its shares.
 *
 * @param shares base64; encrypted to the holders' keys, in their order, when PGP keys were given
 * @param recovery whether these are recovery shares, since the node unseals itself
 */
public record Initialization(List<Sensitive> shares, boolean recovery, Sensitive rootToken) {

    public Initialization {
        shares = List.copyOf(shares);
    }

    /**
     * What to ask for.
     *
     * @param pgpKeys base64 of one binary OpenPGP public key a share; empty to get the shares in clear
     * @param recovery whether the seal is an automatic one, so that recovery shares are asked for
     */
    public record Request(int shares, int threshold, List<String> pgpKeys, boolean recovery) {

        public Request {
            pgpKeys = List.copyOf(pgpKeys);
        }
    }
}
