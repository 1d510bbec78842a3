package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

/**
 * How a tick gets a token of its own. Methods that talk to a server throw {@link
 * io.ameide.vault.bootstrap.vault.NodeException} for anything that is no refusal: a server that cannot answer is not one
 * that says no.
 */
sealed interface WayIn permits AppRoleWay, KubernetesWay {

    /** What came of signing in. */
    sealed interface Attempt {

        record SignedIn(VaultSession session) implements Attempt {}

        /** @param said who refused and why, to be put into a sentence */
        record Refused(String said) implements Attempt {}
    }

    /** To be put into a sentence: {@code AppRole vault-bootstrap}. */
    String name();

    Attempt signIn(VaultNode node, KeyMaterial keys);

    /** What {@link #setUp} does. */
    Change setUpChange();

    /**
     * Brings about whatever signing in needs, except the own policy, and signs in. Goes on where a killed tick left off.
     *
     * @param with may do what {@link OwnPolicy#settingUp} grants
     */
    Attempt setUp(VaultNode node, VaultSession with);

    /** Mends what differs from how it was set up, as far as the own token may. */
    void follow(Work work, VaultSession own);

    /** What to look at when it was set up and does not work. */
    String advice();
}
