package io.ameide.vault.bootstrap.configure;

import java.util.Map;

/**
 * Remembers keyed checksums of values that cannot be told from what a server returns, so that they are written when they
 * change here and at no other time.
 */
public interface WrittenValues {

    /** The checksum of values; equal values have equal checksums. */
    String checksum(Object values);

    /** Checksums by field, as they were last remembered for a path. */
    Map<String, String> last(String path);

    /** Replaces all that was remembered for a path. */
    void remember(String path, Map<String, String> checksums);
}
