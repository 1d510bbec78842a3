package io.ameide.vault.bootstrap.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What SmallRye Config has to complain of, in words for people. A value is never quoted: who mixes up two keys may have
 * written a secret to the wrong one.
 */
final class ConfigurationComplaint {

    static final String LOCALE_HINT = "set LC_ALL=C.UTF-8 for names that are not ASCII";
    static final String HINT = "docs/configuration.md lists every key";

    private static final Pattern UNKNOWN =
            Pattern.compile("SRCFG00050: (?<key>\\S+) in (?<source>.*) does not map to any root", Pattern.DOTALL);
    private static final Pattern UNCONVERTED = Pattern.compile(
            "SRCFG00039: The config property (?<key>\\S+) with the config value .* threw an Exception whilst being"
                    + " converted(?<reason>.*)",
            Pattern.DOTALL);
    private static final Pattern EMPTY =
            Pattern.compile("SRCFG00040: The config property (?<key>\\S+) is defined as the empty String");
    private static final Pattern ABSENT = Pattern.compile("SRCFG00014: The config property (?<key>\\S+) is required");

    private static final Pattern TOO_LONG = Pattern.compile("[0-9]{12,}[smhd]?", Pattern.CASE_INSENSITIVE);

    private ConfigurationComplaint() {}

    static String of(String complaint) {
        Matcher unknown = UNKNOWN.matcher(complaint);
        if (unknown.find()) {
            return ConfigurationKeys.unknown(unknown.group("key"), source(unknown.group("source")));
        }
        Matcher unconverted = UNCONVERTED.matcher(complaint);
        if (unconverted.find()) {
            return "configuration key %s %s".formatted(unconverted.group("key"), wanted(unconverted.group("reason")));
        }
        Matcher empty = EMPTY.matcher(complaint);
        if (empty.find()) {
            return "configuration key %s is empty; give it a value or leave it out".formatted(empty.group("key"));
        }
        Matcher absent = ABSENT.matcher(complaint);
        if (absent.find()) {
            return "configuration key %s is not set".formatted(absent.group("key"));
        }
        return complaint.contains(ArithmeticException.class.getSimpleName())
                ? tooLong() + " longer than any duration can be"
                : "configuration is invalid";
    }

    /** Which value it was is not said, but numbers of that size are nothing else. */
    private static String tooLong() {
        String keys = ConfigurationKeys.known().stream()
                .filter(key -> Stream.of(System.getProperty(key), System.getenv(ConfigurationKeys.variable(key)))
                        .anyMatch(value ->
                                value != null && TOO_LONG.matcher(value).matches()))
                .collect(Collectors.joining(", "));
        return keys.isEmpty() ? "a duration in the configuration is" : "configuration key " + keys + " is";
    }

    private static String source(String source) {
        Matcher line = Pattern.compile("(?<file>.*):(?<line>[0-9]+)$").matcher(source);
        return line.find() ? "line %s of %s".formatted(line.group("line"), line.group("file")) : "from " + source;
    }

    private static String wanted(String reason) {
        if (reason.contains("nteger value") || reason.contains("ong value")) {
            return "is no whole number";
        }
        // Numbers are converted with words of their own, durations of days and hours without.
        if (reason.contains("duration") || reason.contains("For input string")) {
            return "is no duration; write for example 30s, 10m or 24h";
        }
        if (reason.contains("unmappable characters")) {
            return "names a file in characters that this process cannot use; " + LOCALE_HINT;
        }
        return "has a value of the wrong type";
    }
}
