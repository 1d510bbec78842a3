package io.ameide.vault.bootstrap.openpgp;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.Collectors;

/**
 * The OpenPGP public key of a person or of a place, in a file.
 *
 * @param holder the key file's name, by which people know whose it is
 * @param base64 the binary key, which is how {@code sys/init} takes it
 */
public record PgpKey(String holder, String base64) {

    private static final String BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    private static final String END = "-----END PGP PUBLIC KEY BLOCK-----";

    /**
     * Reads a key file, binary or ASCII-armored (RFC 9580, section 6).
     *
     * @throws ProblemException when the file cannot be read or holds no public key
     */
    public static PgpKey read(Path file) {
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.invalid("cannot read PGP key file " + file, "name files of OpenPGP public keys"), e);
        }
        String text = new String(content, StandardCharsets.ISO_8859_1);
        String holder = file.getFileName().toString();
        byte[] binary = text.contains(BEGIN) ? dearmored(file, text) : content;
        // Every packet starts with bit 7 set; a public key packet has tag 6, in the old or the new format.
        int tag = binary.length == 0 ? 0 : binary[0] & 0xFF;
        boolean publicKey = (tag & 0xFC) == 0x98 || tag == 0xC6;
        if (!publicKey) {
            throw noKey(file);
        }
        return new PgpKey(holder, Base64.getEncoder().encodeToString(binary));
    }

    private static byte[] dearmored(Path file, String text) {
        int end = text.indexOf(END);
        if (end < 0) {
            throw noKey(file);
        }
        String block = text.substring(text.indexOf(BEGIN) + BEGIN.length(), end)
                .replace("\r", "")
                .stripLeading();
        // Armor headers, if any, end at the first empty line; the checksum line starts with an equals sign.
        int headersEnd = block.indexOf("\n\n");
        String body = block.substring(0, Math.max(headersEnd, 0)).contains(": ") ? block.substring(headersEnd) : block;
        String data = body.lines().filter(line -> !line.startsWith("=")).collect(Collectors.joining());
        try {
            return Base64.getDecoder().decode(data.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw noKey(file);
        }
    }

    private static ProblemException noKey(Path file) {
        return new ProblemException(Problem.invalid(
                "PGP key file " + file + " holds no OpenPGP public key",
                "export one with gpg --export, armored or not"));
    }
}
