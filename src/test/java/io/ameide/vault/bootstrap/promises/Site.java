package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.nio.file.Path;
import java.util.List;

/** Servers, custody and a folder that ticks work on, as {@link Aftermath} looks at them. Three shares, of which two unseal. */
interface Site {

    /** Of all that the application keeps. */
    Path folder();

    /** One tick that nobody harms. */
    Result tick();

    /**
     * What was written to servers since the last tick began, but for what belongs to every tick; nothing where nobody stands
     * between to see it.
     */
    List<String> writes();

    /** What all ticks wrote, likewise. */
    List<String> allWrites();

    /** What custody holds, every field of it checked. */
    KeyMaterial material();

    /** Equal as long as nobody wrote custody. */
    String custodyVersion();

    /** That custody is where nobody else reads or removes it. */
    void assertCustodyIsGuarded();

    /** That custody has nothing beside it that was made on the way. */
    void assertNothingBesideCustody();

    /** The node that serves, once all do. */
    VaultNode serving();

    /** Restarts all servers, which are sealed then, and opens them with what is in custody; returns the one that serves. */
    VaultNode reopen();

    /** That all servers serve, and are one. */
    void assertOneCluster(Sensitive rootToken);

    /** The path under which ticks get their tokens. */
    String loginPath();

    /** Keys of the mount {@code secret} that a tick writes, once. */
    List<String> secrets();
}
