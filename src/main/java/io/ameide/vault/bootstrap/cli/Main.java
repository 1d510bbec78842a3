package io.ameide.vault.bootstrap.cli;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * Starts the application. Options that decide how Quarkus itself starts are read here, since configuration is complete
 * before any command is known.
 */
@QuarkusMain
public final class Main {

    private Main() {}

    public static void main(String... args) {
        LaunchOptions.of(args).apply();
        Quarkus.run(Application.class, Main::end, args);
    }

    private static void end(int exitCode, Throwable failure) {
        int code = failure == null ? exitCode : StartFailure.explain(failure, System.err);
        // Exits, but not in development, where an application that ends is about to be started again with new code.
        ApplicationLifecycleManager.getDefaultExitCodeHandler().accept(code, failure);
    }
}
