package io.ameide.vault.bootstrap.tick;

/** Whether a step carries out what it decided. */
public enum Mode {
    /** Observe and decide only. No request that changes the server or key custody is sent. */
    PLAN,
    APPLY
}
