package io.ameide.vault.bootstrap.sensitive;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tells whether data changed without keeping the data: HMAC-SHA-256 over a canonical form in which the order of map keys
 * does not matter. Without the key nobody can try out guesses against a checksum.
 */
public final class KeyedChecksum {

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /** @param key base64 of at least 32 random bytes */
    public KeyedChecksum(Sensitive key) {
        this.key = new SecretKeySpec(Base64.getDecoder().decode(key.reveal()), ALGORITHM);
    }

    /** The checksum of what JSON can hold, with {@link Sensitive} in place of strings where they are secret. */
    public String of(Object data) {
        StringBuilder canonical = new StringBuilder();
        append(canonical, data);
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] sum = mac.doFinal(canonical.toString().getBytes(StandardCharsets.UTF_8));
            return "hmac-sha256:" + HexFormat.of().formatHex(sum);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /** Lengths before contents, so that no two different values run together into the same text. */
    private static void append(StringBuilder out, Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                var sorted = new TreeMap<String, Object>();
                map.forEach((name, element) -> sorted.put(String.valueOf(name), element));
                out.append('{').append(sorted.size()).append(':');
                sorted.forEach((name, element) -> {
                    append(out, name);
                    append(out, element);
                });
            }
            case List<?> list -> {
                out.append('[').append(list.size()).append(':');
                list.forEach(element -> append(out, element));
            }
            case Sensitive secret -> append(out, secret.reveal());
            // 1 and 1.0 are the same to a server, "1" is not.
            case Number number -> {
                String text =
                        new BigDecimal(number.toString()).stripTrailingZeros().toString();
                out.append('#').append(text.length()).append(':').append(text);
            }
            default -> {
                String text = value.toString();
                out.append(text.length()).append(':').append(text);
            }
        }
    }
}
