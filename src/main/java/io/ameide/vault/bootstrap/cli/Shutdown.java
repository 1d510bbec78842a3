package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.CriticalSection;
import io.ameide.vault.bootstrap.tick.Stop;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.quarkus.runtime.ShutdownEvent;

import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * Lets a SIGTERM end a tick in good order: the step at work finishes, tokens are given back, and what must not be cut
 * short is waited for.
 */
@Singleton
final class Shutdown {

    /** Below the 30 seconds that Kubernetes grants a pod by default. */
    private static final Duration TICK_LIMIT = Duration.ofSeconds(25);

    /**
     * Shares that exist only in this process are worth more than a punctual end: four minutes until the server has told
     * them, five of trying to store them, and what the last try may take.
     */
    private static final Duration CRITICAL_LIMIT = Duration.ofMinutes(10);

    /** After a SIGTERM the process is at work no longer than this. */
    static final Duration LONGEST = TICK_LIMIT.plus(CRITICAL_LIMIT);

    private final Stop stop = new Stop();
    private final CriticalSection critical = new CriticalSection();
    private final CriticalSection ticks = new CriticalSection();

    Stop stop() {
        return stop;
    }

    CriticalSection critical() {
        return critical;
    }

    /** Waits for what a tick can do without when the process is to end. */
    Waiter waiter() {
        return new Waiter() {
            @Override
            public void pause(Duration pause) throws InterruptedException {
                Thread.sleep(pause);
            }

            @Override
            public boolean futile() {
                return stop.requested();
            }
        };
    }

    /** Pauses while another process uses custody, unless this one is to end. */
    void pause(Duration pause) throws InterruptedException {
        if (stop.requested()) {
            throw new InterruptedException("asked to stop");
        }
        Thread.sleep(pause);
    }

    /** Runs a tick so that the process does not end under it. */
    <T> T guard(Supplier<T> tick) {
        return ticks.run(tick::get);
    }

    void onStop(@Observes ShutdownEvent event) {
        stop.request();
        ticks.awaitIdle(TICK_LIMIT);
        critical.awaitIdle(CRITICAL_LIMIT);
    }
}
