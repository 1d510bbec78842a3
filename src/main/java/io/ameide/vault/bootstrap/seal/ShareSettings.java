package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.util.List;

/**
 * How the seal is split when a cluster is initialized.
 *
 * @param shares 1 to 255
 * @param threshold shares that together open the seal; at least 2 when there is more than one share
 * @param holders public keys of the people who hold one share each; empty when custody holds the shares
 */
public record ShareSettings(int shares, int threshold, List<PgpKey> holders) {

    /** @throws ProblemException when no server would accept these */
    public ShareSettings {
        holders = List.copyOf(holders);
        if (shares < 1 || shares > 255) {
            throw invalid("bootstrap.keys.shares is %d".formatted(shares), "choose 1 to 255");
        }
        if (threshold < 1 || threshold > shares) {
            throw invalid(
                    "bootstrap.keys.threshold is %d with %s".formatted(threshold, Count.of(shares, "share")),
                    shares == 1 ? "1 share has a threshold of 1" : "choose a threshold from 2 to the number of shares");
        }
        if (shares > 1 && threshold == 1) {
            throw invalid(
                    "bootstrap.keys.threshold is 1 with %d shares".formatted(shares),
                    "a threshold of 1 goes with 1 share only; choose 2 or more");
        }
        if (!holders.isEmpty() && holders.size() != shares) {
            throw invalid(
                    "bootstrap.keys.pgp-keys names %s for %s"
                            .formatted(Count.of(holders.size(), "key"), Count.of(shares, "share")),
                    "name one public key a share");
        }
    }

    /**
     * How large the document with the shares may become, which is known before there is any: a share in clear has 44
     * characters of base64, one that is encrypted as many as the holder's RSA key of up to 8,192 bits makes of it.
     */
    int documentBytes() {
        return 2_000 + shares * (holders.isEmpty() ? 60 : 1_800);
    }

    private static ProblemException invalid(String message, String hint) {
        return new ProblemException(Problem.invalid(message, hint));
    }
}
