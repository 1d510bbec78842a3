package io.ameide.vault.bootstrap.custody;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** Does once what a first tick does with custody. */
final class SingleWriter {

    private SingleWriter() {}

    public static void main(String[] arguments) {
        Path folder = Path.of(arguments[0]);
        try (var held = new TickLock(folder, Clock.systemUTC(), Thread::sleep).acquire(Duration.ZERO)) {
            var store = new FileKeyStore(folder);
            store.proveWritable(1);
            store.write(Materials.marker(), KeyStore.Stored.ABSENT);
            System.out.println(held.getClass().getSimpleName());
        }
    }
}
