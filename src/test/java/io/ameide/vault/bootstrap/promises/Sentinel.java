package io.ameide.vault.bootstrap.promises;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A value that must not show, in whatever form.
 *
 * @param what it is, for messages, which never hold the value
 */
record Sentinel(String what, String value) {

    /** Shorter ones would be found by chance. */
    private static final int SHORTEST = 16;

    Sentinel {
        if (value.length() < SHORTEST) {
            throw new IllegalArgumentException(what + " is too short to be looked for");
        }
    }

    /** The value as it may be written, by the name of how. */
    Map<String, String> forms() {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        Map<String, String> forms = new LinkedHashMap<>();
        forms.put("in clear", value);
        forms.put("url-encoded", URLEncoder.encode(value, StandardCharsets.UTF_8));
        forms.put("in hex", HexFormat.of().formatHex(bytes));
        forms.put("in upper hex", HexFormat.of().withUpperCase().formatHex(bytes));
        // Inside a longer text base64 depends on where the value begins; what does not is looked for.
        for (int offset = 0; offset < 3; offset++) {
            forms.put("in base64 at " + offset, base64(bytes, offset, Base64.getEncoder()));
            forms.put("in url base64 at " + offset, base64(bytes, offset, Base64.getUrlEncoder()));
        }
        return forms;
    }

    private static String base64(byte[] bytes, int offset, Base64.Encoder encoder) {
        var shifted = new byte[offset + bytes.length];
        System.arraycopy(bytes, 0, shifted, offset, bytes.length);
        String encoded = encoder.withoutPadding().encodeToString(shifted);
        int end = encoded.length() - (shifted.length % 3 == 0 ? 0 : 1);
        return encoded.substring(offset == 0 ? 0 : offset + 1, end);
    }

    @Override
    public String toString() {
        return what;
    }
}
