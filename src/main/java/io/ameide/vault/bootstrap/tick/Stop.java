package io.ameide.vault.bootstrap.tick;

import java.util.concurrent.atomic.AtomicBoolean;

/** Somebody's wish, for example a SIGTERM, that the running tick ends soon and in good order. */
public final class Stop {

    private final AtomicBoolean requested = new AtomicBoolean();

    public void request() {
        requested.set(true);
    }

    public boolean requested() {
        return requested.get();
    }
}
