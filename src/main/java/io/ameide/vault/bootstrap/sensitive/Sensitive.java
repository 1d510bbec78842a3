package io.ameide.vault.bootstrap.sensitive;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Objects;

/**
 * A value that must not reach a log, a report, an exception or an argument list: a share, a token, a password, the value
 * of a secret. It prints as {@value #MASK}, also inside records and collections, and no JSON or YAML mapper can read the
 * value from it, since it has neither a getter nor a public field.
 */
public final class Sensitive {

    public static final String MASK = "******";

    private final String value;

    private Sensitive(String value) {
        this.value = Objects.requireNonNull(value);
    }

    public static Sensitive of(String value) {
        return new Sensitive(value);
    }

    /** The value in clear. To be called where a request or a custody file is written, and where two values are compared. */
    public String reveal() {
        return value;
    }

    public boolean isEmpty() {
        return value.isEmpty();
    }

    /** Compares in time that depends on the lengths only. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Sensitive that
                && MessageDigest.isEqual(
                        value.getBytes(StandardCharsets.UTF_8), that.value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return MASK;
    }
}
