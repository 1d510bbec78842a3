package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.TickLock.Held;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** Holds the lock until it is sent a line, or killed; or says why it cannot. */
final class LockHolder {

    private LockHolder() {}

    public static void main(String[] arguments) throws IOException {
        var lock = new TickLock(Path.of(arguments[0]), Clock.systemUTC(), Thread::sleep);
        Held held;
        try {
            held = lock.acquire(Duration.ZERO);
        } catch (ProblemException e) {
            System.out.println(e.problem().message());
            return;
        }
        System.out.println("held");
        System.in.read();
        held.close();
        System.out.println("released");
        System.in.read();
        System.in.read();
    }
}
