package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.desired.TextFile.UnreadableException;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Strings that stand for the content of a file, <code>${file:/path}</code>, or for an environment variable,
 * <code>${env:NAME}</code>. <code>$${</code> stands for <code>${</code> itself.
 */
final class References {

    static final String ESCAPE = "write $${ for ${ itself";

    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(?<kind>file|env):(?<target>[^{}]+)}");
    private static final String OPENING = "${";
    private static final String ESCAPED = "$${";

    private final Path document;
    private final Function<String, Optional<String>> environment;
    private final Map<String, Sensitive> resolved = new HashMap<>();

    References(Path document, Function<String, Optional<String>> environment) {
        this.document = document;
        this.environment = environment;
    }

    /** A {@link Sensitive} for a reference, otherwise the string with its escapes undone. */
    Object read(String text, Consumer<String> complain) {
        Matcher reference = REFERENCE.matcher(text);
        if (reference.matches()) {
            if (!resolved.containsKey(text)) {
                resolve(reference, complain).ifPresent(value -> resolved.put(text, Sensitive.of(value)));
            }
            return resolved.getOrDefault(text, Sensitive.of(""));
        }
        return plain(text, complain);
    }

    /** Where a reference has no place: the string with its escapes undone. */
    static String refuse(String text, Consumer<String> complain) {
        if (unescaped(text)) {
            complain.accept("cannot hold a reference; " + ESCAPE);
        }
        return text.replace(ESCAPED, OPENING);
    }

    static boolean unescaped(String text) {
        return text.replace(ESCAPED, "").contains(OPENING);
    }

    private static String plain(String text, Consumer<String> complain) {
        if (unescaped(text)) {
            complain.accept(
                    REFERENCE.matcher(text.replace(ESCAPED, "")).find()
                            ? "a reference must be the whole value; put the whole value into the file or the variable"
                            : "a reference is ${file:/path} or ${env:NAME}; " + ESCAPE);
        }
        return text.replace(ESCAPED, OPENING);
    }

    private Optional<String> resolve(Matcher reference, Consumer<String> complain) {
        String target = reference.group("target");
        Optional<String> value =
                reference.group("kind").equals("file") ? content(target, complain) : variable(target, complain);
        if (value.isPresent() && value.get().isEmpty()) {
            complain.accept(reference.group() + " is empty");
        }
        return value.filter(text -> !text.isEmpty());
    }

    private Optional<String> variable(String name, Consumer<String> complain) {
        Optional<String> value = environment.apply(name);
        if (value.isEmpty()) {
            complain.accept("environment variable " + name + " is not set");
        }
        return value;
    }

    private Optional<String> content(String name, Consumer<String> complain) {
        try {
            return Optional.of(
                    withoutNewline(TextFile.read(document, name, MAX_BYTES).text()));
        } catch (UnreadableException e) {
            complain.accept("file " + name + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Editors end a file with a newline that nobody means to be part of a password. */
    private static String withoutNewline(String text) {
        return text.replaceFirst("\\r?\\n\\z", "");
    }
}
