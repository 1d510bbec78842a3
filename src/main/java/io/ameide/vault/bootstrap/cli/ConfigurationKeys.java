package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.AccessConfig;
import io.ameide.vault.bootstrap.coverage.VerifyConfig;
import io.ameide.vault.bootstrap.custody.CustodyConfig;
import io.ameide.vault.bootstrap.desired.DesiredStateConfig;
import io.ameide.vault.bootstrap.desired.Spelling;
import io.ameide.vault.bootstrap.drill.DrillConfig;
import io.ameide.vault.bootstrap.seal.KeysConfig;
import io.ameide.vault.bootstrap.secrets.SecretsConfig;
import io.ameide.vault.bootstrap.snapshot.SnapshotConfig;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.VaultConfig;
import io.smallrye.config.ConfigMappings.ConfigClass;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The configuration keys of this program, and what was probably meant by one that is none of them. */
final class ConfigurationKeys {

    static final List<Class<?>> MAPPINGS = List.of(
            AccessConfig.class,
            CustodyConfig.class,
            DesiredStateConfig.class,
            DrillConfig.class,
            KeysConfig.class,
            SandboxConfig.class,
            ScheduleConfig.class,
            SecretsConfig.class,
            SnapshotConfig.class,
            TickConfig.class,
            VaultConfig.class,
            VerifyConfig.class);

    private static final String PREFIX = "bootstrap.";
    private static final String VARIABLE_PREFIX = "BOOTSTRAP_";

    /** One element of a list, {@code addresses[0]} or {@code ADDRESSES_0_}. */
    private static final Pattern INDEX = Pattern.compile("\\[[0-9]+]$|_[0-9]+_$");

    /** What Kubernetes tells a pod of every Service in its namespace; one of them may be named bootstrap. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "BOOTSTRAP_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_[0-9]+_(TCP|UDP|SCTP).*)?)");

    private ConfigurationKeys() {}

    /** What stands for the name that a person gives, in {@link #known}. */
    private static final String NAMED = ".NAME";

    /** Every key, without the indexes of lists, and with NAME where a person chooses a name. */
    static SortedSet<String> known() {
        SortedSet<String> keys = new TreeSet<>();
        for (Class<?> mapping : MAPPINGS) {
            ConfigClass.configClass(mapping).getProperties().keySet().stream()
                    .map(key -> key.replace("[*]", "").replace(".*", NAMED))
                    .filter(key -> !key.equals(prefixOf(mapping)))
                    .forEach(keys::add);
        }
        return keys;
    }

    /**
     * Refuses environment variables that look like ours and set nothing: Quarkus would pass over them without a word.
     *
     * @throws ProblemException with each of them, and what was probably meant
     */
    static void requireKnownVariables(Collection<String> variables) {
        List<String> ours = variables.stream()
                .filter(variable -> variable.startsWith(VARIABLE_PREFIX))
                .filter(variable -> !SERVICE_LINK.matcher(variable).matches())
                .sorted()
                .toList();
        if (ours.isEmpty()) {
            return;
        }
        SortedSet<String> known =
                known().stream().map(ConfigurationKeys::variable).collect(Collectors.toCollection(TreeSet::new));
        Predicate<String> isKnown = isKnown(ConfigurationKeys::variable, "_[A-Z0-9_]+");
        String complaints = ours.stream()
                .filter(variable -> !isKnown.test(INDEX.matcher(variable).replaceFirst("")))
                .map(variable -> "environment variable %s sets no configuration key%s"
                        .formatted(variable, Spelling.hint(variable, known)))
                .collect(Collectors.joining("\n"));
        if (!complaints.isEmpty()) {
            throw new ProblemException(Problem.invalid(complaints, ConfigurationComplaint.HINT));
        }
    }

    /**
     * Refuses keys of ours that are none, which Quarkus does only for those below a group that it knows.
     *
     * @param places by key, where it is set
     * @throws ProblemException with each of them, and what was probably meant
     */
    static void requireKnownKeys(Map<String, String> places) {
        SortedMap<String, String> ours = new TreeMap<>(places);
        ours.keySet().removeIf(key -> !withoutProfile(key).startsWith(PREFIX));
        if (ours.isEmpty()) {
            return;
        }
        Predicate<String> isKnown = isKnown(UnaryOperator.identity(), "\\.[A-Za-z0-9_-]+");
        ours.keySet()
                .removeIf(key -> isKnown.test(INDEX.matcher(withoutProfile(key)).replaceFirst("")));
        if (!ours.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    ours.entrySet().stream()
                            .map(entry -> unknown(entry.getKey(), entry.getValue()))
                            .collect(Collectors.joining("\n")),
                    ConfigurationComplaint.HINT));
        }
    }

    /** Whether it is a key, in that spelling, with any name where a person chooses one. */
    private static Predicate<String> isKnown(UnaryOperator<String> spelling, String name) {
        return Pattern.compile(known().stream()
                        .map(key -> Stream.of(key.split(Pattern.quote(NAMED)))
                                .map(spelling)
                                .map(Pattern::quote)
                                .collect(Collectors.joining(name)))
                        .collect(Collectors.joining("|")))
                .asMatchPredicate();
    }

    private static String withoutProfile(String key) {
        return key.replaceFirst("^%[^.]*\\.", "");
    }

    /** The complaint about an unknown key, with what was probably meant. */
    static String unknown(String key, String place) {
        return "configuration key %s, %s, is not known%s".formatted(key, place, hint(withoutProfile(key)));
    }

    /** A clause to end a complaint about an unknown key with, or nothing. */
    private static String hint(String key) {
        return Spelling.hint(INDEX.matcher(key).replaceFirst(""), known());
    }

    /** The environment variable of a key, as MicroProfile Config maps names. */
    static String variable(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    private static String prefixOf(Class<?> mapping) {
        return ConfigClass.configClass(mapping).getPrefix();
    }
}
