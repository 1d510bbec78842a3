package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the command line says about configuration: system properties rank above the environment, mounted files, profiles
 * and defaults, so that the command line wins.
 */
final class LaunchOptions {

    /** Those this program has defaults for. */
    private static final Set<String> PROFILES = Set.of("dev", "ha", "local");

    /** Those that Quarkus itself starts with; they change nothing here, so that asking for one is a mistake. */
    private static final Set<String> OF_QUARKUS = Set.of("prod", "test");

    private final Map<String, String> properties = new LinkedHashMap<>();
    private final Map<String, String> places = new LinkedHashMap<>();

    private LaunchOptions() {}

    /** @throws ProblemException when an option names something that is not there */
    static LaunchOptions of(String... args) {
        LaunchOptions options = new LaunchOptions();
        for (int i = 0; i < args.length; i++) {
            String next = i + 1 < args.length ? args[i + 1] : "";
            value(args[i], "--profile", next).ifPresent(options::profile);
            value(args[i], "--config", next).ifPresent(options::config);
            value(args[i], "--set", next).ifPresent(options::set);
            if (args[i].equals("serve")) {
                // A command that ends by itself opens no port and starts no scheduler.
                options.properties.put("quarkus.http.host-enabled", "true");
                options.properties.put("quarkus.scheduler.start-mode", "forced");
            }
        }
        return options;
    }

    /** How results are to be written, told without parsing the whole: what is wrong may be the command line itself. */
    static OutputFormat format(String... args) {
        OutputFormat format = OutputFormat.TEXT;
        for (int i = 0; i < args.length; i++) {
            String next = i + 1 < args.length ? args[i + 1] : "";
            if (value(args[i], "--output", next)
                    .filter("json"::equalsIgnoreCase)
                    .isPresent()) {
                format = OutputFormat.JSON;
            }
        }
        return format;
    }

    private static Optional<String> value(String arg, String option, String next) {
        if (arg.equals(option)) {
            return Optional.of(next);
        }
        return arg.startsWith(option + "=") ? Optional.of(arg.substring(option.length() + 1)) : Optional.empty();
    }

    private void profile(String names) {
        requireProfiles("profile", names, PROFILES::contains);
        properties.put("quarkus.profile", names);
    }

    /** @throws ProblemException when the variable names a profile that there is not */
    static void requireKnownProfile(Optional<String> variable) {
        variable.ifPresent(names -> requireProfiles(
                "QUARKUS_PROFILE: profile", names, name -> PROFILES.contains(name) || OF_QUARKUS.contains(name)));
    }

    private static void requireProfiles(String what, String names, Predicate<String> known) {
        for (String name : names.split(",", -1)) {
            if (!known.test(name.strip())) {
                throw invalid("%s \"%s\" is not known".formatted(what, name.strip()), "choose dev, local or ha");
            }
        }
    }

    private static Path path(String name) {
        try {
            return Path.of(name).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw invalid(
                    "the configuration file has a name that this process cannot use",
                    ConfigurationComplaint.LOCALE_HINT);
        }
    }

    private void config(String name) {
        Path file = path(name);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw invalid(
                    "cannot read configuration file " + file,
                    Files.exists(file)
                            ? "name a file that the process may read"
                            : "there is none; is the path spelled right?");
        }
        if (name.endsWith(".yaml") || name.endsWith(".yml")) {
            throw invalid(
                    "configuration file " + file + " is YAML",
                    "write lines of key=value into a .properties file; only the desired state is YAML");
        }
        properties.put(MountedConfiguration.FILE_PROPERTY, file.toString());
        try {
            MountedConfiguration.read(file)
                    .forEach((key, value) -> places.put(key, "line %d of %s".formatted(value.getLineNumber(), file)));
        } catch (IOException e) {
            throw invalid("cannot read configuration file " + file, "name a text file of key=value");
        } catch (IllegalArgumentException e) {
            throw invalid(
                    "configuration file " + file + " has an escape \\u without four hex digits",
                    "write \\\\ for a backslash");
        }
    }

    private void set(String pair) {
        int equals = pair.indexOf('=');
        if (equals < 1) {
            // Not quoted: whoever forgot the key may have written a secret.
            throw invalid("--set wants KEY=VALUE", "for example --set bootstrap.keys.shares=5");
        }
        String key = pair.substring(0, equals);
        properties.put(key, pair.substring(equals + 1));
        places.put(key, "from --set");
    }

    private static ProblemException invalid(String message, String hint) {
        return new ProblemException(Problem.invalid(message, hint));
    }

    /** By key, where the command line or its file sets it. */
    Map<String, String> places() {
        return Map.copyOf(places);
    }

    Map<String, String> properties() {
        return Map.copyOf(properties);
    }

    void apply() {
        properties.forEach(System::setProperty);
    }
}
