package io.ameide.vault.bootstrap.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the command line says about configuration: system properties rank above the environment, mounted files, profiles
 * and defaults, so that the command line wins.
 */
final class LaunchOptions {

    private final Map<String, String> properties = new LinkedHashMap<>();

    private LaunchOptions() {}

    static LaunchOptions of(String... args) {
        LaunchOptions options = new LaunchOptions();
        for (int i = 0; i < args.length; i++) {
            String next = i + 1 < args.length ? args[i + 1] : "";
            value(args[i], "--profile", next).ifPresent(name -> options.properties.put("quarkus.profile", name));
            value(args[i], "--config", next)
                    .ifPresent(file -> options.properties.put(
                            "quarkus.config.locations",
                            Path.of(file).toAbsolutePath().toString()));
            value(args[i], "--set", next).filter(pair -> pair.contains("=")).ifPresent(pair -> {
                int equals = pair.indexOf('=');
                options.properties.put(pair.substring(0, equals), pair.substring(equals + 1));
            });
            if (args[i].equals("serve")) {
                // A command that ends by itself opens no port and starts no scheduler.
                options.properties.put("quarkus.http.host-enabled", "true");
                options.properties.put("quarkus.scheduler.start-mode", "forced");
            }
        }
        return options;
    }

    private static Optional<String> value(String arg, String option, String next) {
        if (arg.equals(option)) {
            return Optional.of(next);
        }
        return arg.startsWith(option + "=") ? Optional.of(arg.substring(option.length() + 1)) : Optional.empty();
    }

    Map<String, String> properties() {
        return Map.copyOf(properties);
    }

    void apply() {
        properties.forEach(System::setProperty);
    }
}
