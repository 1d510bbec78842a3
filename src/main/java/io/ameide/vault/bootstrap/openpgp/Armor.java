package io.ameide.vault.bootstrap.openpgp;

import org.bouncycastle.bcpg.ArmoredInputStream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** ASCII armor (RFC 9580, section 6), as gpg reads it: also with what editors and mail programs make of it. */
final class Armor {

    private static final String BEGIN = "-----BEGIN PGP ";

    /** No line of armor ends with blanks. An empty line that has some would be read as a header. */
    private static final Pattern TRAILING_BLANKS = Pattern.compile("[ \\t\\x0b\\f]++(?=\\r?\\n|\\z)");

    private static final Pattern HEADER_WITHOUT_VALUE = Pattern.compile("(?m)^[A-Za-z]++:\\r?\\n");

    /** Where the empty line between headers and body is missing. */
    private static final Pattern BODY_AT_ONCE =
            Pattern.compile("(?m)(?<begin>^-----BEGIN PGP [A-Z ]++-----\\r?\\n)(?=[A-Za-z0-9+/=]++$)");

    private Armor() {}

    /**
     * The packets in the first armored block, or the content itself where it is binary.
     *
     * @throws IOException when it is neither, or damaged
     */
    static byte[] packets(byte[] content) throws IOException {
        // Every packet starts with bit 7 set, and no text does.
        if (content.length > 0 && content[0] < 0) {
            return content;
        }
        String text = new String(content, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(BEGIN);
        if (begin < 0) {
            throw new IOException("neither packets nor armor");
        }
        String tidy = TRAILING_BLANKS.matcher(text.substring(begin)).replaceAll("");
        tidy = HEADER_WITHOUT_VALUE.matcher(tidy).replaceAll("");
        tidy = BODY_AT_ONCE.matcher(tidy).replaceFirst("${begin}\n");
        try (var armor = new ArmoredInputStream(new ByteArrayInputStream(tidy.getBytes(StandardCharsets.ISO_8859_1)))) {
            return armor.readAllBytes();
        } catch (RuntimeException e) {
            throw new IOException("damaged armor", e);
        }
    }
}
