package io.ameide.vault.bootstrap.tick;

import java.util.Optional;

/** Somebody's wish, for example a SIGTERM, that the running tick ends soon and in good order. */
public final class Stop {

    private volatile boolean ending;
    private volatile Optional<String> passing = Optional.empty();

    /** For good: the process is to end. */
    public void request() {
        ending = true;
    }

    /**
     * Until it is withdrawn: the process may tick again.
     *
     * @param why in words for the report
     */
    public void requestForNow(String why) {
        passing = Optional.of(why);
    }

    /** Takes back {@link #requestForNow}, and nothing else. */
    public void withdraw() {
        passing = Optional.empty();
    }

    public boolean requested() {
        return reason().isPresent();
    }

    /** Why, while it is requested. */
    public Optional<String> reason() {
        return ending ? Optional.of("asked to stop") : passing;
    }
}
