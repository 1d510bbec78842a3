package io.ameide.vault.bootstrap.configure;

import java.util.Optional;

/**
 * Remembers keyed checksums of values that a server does not return, so that they are written when they change here and
 * at no other time.
 */
public interface WrittenValues {

    /** The checksum of values; equal values have equal checksums. */
    String checksum(Object values);

    /** What was last written to a path. */
    Optional<String> last(String path);

    void remember(String path, String checksum);
}
