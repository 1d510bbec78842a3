package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.ProblemException;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

import java.util.Optional;

/**
 * Starts the application. Options that decide how Quarkus itself starts are read here, since configuration is complete
 * before any command is known.
 */
@QuarkusMain
public final class Main {

    Main() {}

    public static void main(String... args) {
        if (Version.asked(args)) {
            System.out.println(new Version());
            return;
        }
        StartFailure start = new StartFailure(LaunchOptions.format(args), System.out, System.err);
        try {
            LaunchOptions.requireKnownProfile(
                    Optional.ofNullable(System.getenv("QUARKUS_PROFILE")).filter(name -> !name.isEmpty()));
            LaunchOptions options = LaunchOptions.of(args);
            options.apply();
            ConfigurationKeys.requireKnownKeys(options.places());
            ConfigurationKeys.requireKnownVariables(System.getenv().keySet());
        } catch (ProblemException e) {
            System.exit(start.explain(e));
        }
        Quarkus.run(
                Application.class,
                (exitCode, failure) -> {
                    int code = failure == null ? exitCode : start.explain(failure);
                    // Exits, but not in development, where an application that ends is about to be started with new
                    // code.
                    ApplicationLifecycleManager.getDefaultExitCodeHandler().accept(code, failure);
                },
                args);
    }
}
