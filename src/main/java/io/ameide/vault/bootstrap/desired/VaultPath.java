package io.ameide.vault.bootstrap.desired;

import java.util.Arrays;
import java.util.Optional;

/**
 * Which paths a server can hold. Besides what would change the path on its way (empty segments, dots), a listener answers
 * 400 to every path with a character that Go's {@code unicode.IsPrint} does not know, unless its
 * {@code disable_printable_check} is set.
 */
public final class VaultPath {

    /** Characters in the name of a secret. */
    public static final int MAX_LENGTH = 512;

    private VaultPath() {}

    /** A mount path without the one slash that may stand at either end. */
    public static String trimmed(String path) {
        return path.replaceFirst("^/(?!/)", "").replaceFirst("(?<!/)/$", "");
    }

    /** What keeps a path, without slashes at its ends, from being a mount's; empty when nothing does. */
    public static Optional<String> mountComplaint(String path) {
        return path.chars().anyMatch(Character::isWhitespace)
                ? Optional.of("a mount path cannot hold whitespace")
                : complaint(path);
    }

    /** What keeps a path from being the name of a secret, or of anything else below a mount; empty when nothing does. */
    public static Optional<String> complaint(String path) {
        if (path.isBlank()) {
            return Optional.of("cannot be empty");
        }
        if (path.length() > MAX_LENGTH) {
            return Optional.of("is longer than " + MAX_LENGTH + " characters");
        }
        if (path.contains("//")) {
            return Optional.of("cannot hold an empty segment (//)");
        }
        if (path.startsWith("/") || path.endsWith("/")) {
            return Optional.of("cannot begin or end with a slash");
        }
        if (Arrays.stream(path.split("/")).anyMatch(segment -> segment.equals(".") || segment.equals(".."))) {
            return Optional.of("cannot hold the segments . and ..");
        }
        if (!path.codePoints().allMatch(VaultPath::printable)) {
            return Optional.of("cannot hold control or other characters that do not print");
        }
        if (!path.equals(path.strip())) {
            return Optional.of("cannot begin or end with whitespace");
        }
        return Optional.empty();
    }

    private static boolean printable(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> character == ' ';
            default -> true;
        };
    }
}
