package io.ameide.vault.bootstrap.desired;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The character sets a generated secret can be drawn from, by the names the document uses. */
final class Alphabet {

    static final String DEFAULT = "alphanumeric";

    private static final String CUSTOM = "custom:";
    private static final int FEWEST = 10;

    private static final String DIGITS = range('0', '9');
    private static final String LETTERS = range('A', 'Z') + range('a', 'z');

    private static final Map<String, String> NAMED = named();

    private Alphabet() {}

    /**
     * The characters of a named set, or those after {@code custom:}, each once.
     *
     * @param complain gets what is the matter; the answer then is the default set
     */
    static String of(String charset, Consumer<String> complain) {
        if (!charset.startsWith(CUSTOM)) {
            if (!NAMED.containsKey(charset)) {
                complain.accept("must be one of " + String.join(", ", NAMED.keySet())
                        + " or custom: with the characters themselves" + Spelling.hint(charset, NAMED.keySet()));
            }
            return NAMED.getOrDefault(charset, NAMED.get(DEFAULT));
        }
        String characters = charset.substring(CUSTOM.length())
                .chars()
                .distinct()
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
        if (characters.length() < FEWEST) {
            complain.accept("names " + characters.length() + " different characters; name at least " + FEWEST);
        } else if (characters.chars().anyMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c))) {
            complain.accept("cannot hold control characters, or characters outside the basic multilingual plane");
        }
        return characters;
    }

    private static Map<String, String> named() {
        Map<String, String> named = new LinkedHashMap<>();
        named.put(DEFAULT, LETTERS + DIGITS);
        named.put("letters", LETTERS);
        named.put("digits", DIGITS);
        named.put("hex", DIGITS + range('a', 'f'));
        named.put("base64url", LETTERS + DIGITS + "-_");
        // Without the space: a value that ends in one does not survive copying.
        named.put("ascii-printable", range('!', '~'));
        return named;
    }

    private static String range(char first, char last) {
        return IntStream.rangeClosed(first, last).mapToObj(Character::toString).collect(Collectors.joining());
    }
}
