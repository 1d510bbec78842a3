package io.ameide.vault.bootstrap.diagnosis;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an examination came to.
 *
 * @param claims of the token, where it has any
 * @param ownTokenLeft whether a token of this tool, with which it looked, lives on
 */
public record Examined(
        Optional<TokenClaims> claims, List<Finding> findings, Diagnosis diagnosis, boolean ownTokenLeft) {

    static Examined of(Evidence evidence) {
        return new Examined(evidence.claims(), Finding.of(evidence), Diagnosis.of(evidence), false);
    }

    /** @param why the token with which this tool looked could not be given back */
    public Examined withOwnTokenLeft(String why) {
        List<Finding> more = new ArrayList<>(findings);
        more.add(new Finding(Finding.State.AMISS, "end of this tool's own token", why));
        return new Examined(claims, List.copyOf(more), diagnosis, true);
    }

    /** Whether the login works, and may do what was asked. */
    public boolean well() {
        return diagnosis.cause() == Cause.NONE;
    }
}
