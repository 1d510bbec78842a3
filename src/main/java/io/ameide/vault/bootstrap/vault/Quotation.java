package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A server's own words, in which it may quote what was sent: whole or a line of it, and with the escapes of the Go function
 * that made the message, {@code strconv.Quote} or another.
 */
final class Quotation {

    /** A shorter line of a longer secret tells nothing, and masking it would garble everything. */
    private static final int SHORTEST_LINE = 4;

    /** How Go writes what it does not print. */
    private static final String ESCAPE = "\\\\(?:[abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})";

    private Quotation() {}

    /** The text in one line, with every secret masked. */
    static String masked(String text, Collection<Sensitive> secrets) {
        List<String> parts = secrets.stream()
                .flatMap(secret -> lines(secret.reveal()).stream())
                .distinct()
                // Longer ones first: one that contains another would be left half masked.
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        String masked = oneLine(text);
        for (String part : parts) {
            masked = pattern(part).matcher(masked).replaceAll(Matcher.quoteReplacement(Sensitive.MASK));
        }
        return masked;
    }

    private static List<String> lines(String secret) {
        List<String> lines = secret.lines().map(String::strip).toList();
        return lines.size() == 1
                ? lines.stream().filter(line -> !line.isEmpty()).toList()
                : lines.stream().filter(line -> line.length() >= SHORTEST_LINE).toList();
    }

    private static Pattern pattern(String line) {
        return Pattern.compile(line.codePoints().mapToObj(Quotation::written).collect(Collectors.joining()));
    }

    private static String written(int character) {
        String plain = Pattern.quote(Character.toString(character));
        if (character == '\\') {
            return "\\\\{1,2}";
        }
        if (character == '"' || character == '\'') {
            return "\\\\?" + plain;
        }
        if (Character.isWhitespace(character)) {
            return "(?:\\s|" + ESCAPE + ")*";
        }
        // A byte of what is not ASCII is escaped by itself.
        return character > ' ' && character < 127 ? plain : "(?:" + plain + "|(?:" + ESCAPE + "){1,4})";
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
