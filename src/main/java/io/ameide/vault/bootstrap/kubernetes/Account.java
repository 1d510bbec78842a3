package io.ameide.vault.bootstrap.kubernetes;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A ServiceAccount, written {@code namespace/name}. */
public record Account(String namespace, String name) {

    /** Names as the API server takes them (RFC 1123). */
    private static final Pattern WRITTEN = Pattern.compile("([a-z0-9][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*)");

    private static final Pattern SUBJECT = Pattern.compile("system:serviceaccount:([^:]+):([^:]+)");

    /** @throws IllegalArgumentException with a text for people */
    public static Account parse(String text) {
        Matcher written = WRITTEN.matcher(text);
        if (!written.matches()) {
            throw new IllegalArgumentException("\"%s\" is no ServiceAccount; write NAMESPACE/NAME".formatted(text));
        }
        return new Account(written.group(1), written.group(2));
    }

    /** As the subject of a token names it: {@code system:serviceaccount:NAMESPACE:NAME}. */
    public static Optional<Account> ofSubject(String subject) {
        Matcher matcher = SUBJECT.matcher(subject);
        return matcher.matches() ? Optional.of(new Account(matcher.group(1), matcher.group(2))) : Optional.empty();
    }

    /** As {@link #ofSubject} reads it, and as the API server names the user. */
    public String subject() {
        return "system:serviceaccount:%s:%s".formatted(namespace, name);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
