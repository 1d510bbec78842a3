package io.ameide.vault.bootstrap.snapshot;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Objects;

/**
 * A file on its way into a store; nobody changes it meanwhile.
 *
 * @param sha256 in lower-case hex
 */
public record LocalFile(Path path, long sizeBytes, String sha256) {

    public LocalFile {
        Objects.requireNonNull(path);
        if (!Sha256.isHex(sha256)) {
            throw new IllegalArgumentException("not a SHA-256");
        }
    }

    /**
     * Before a store makes visible what was sent to it.
     *
     * @param asked what the message begins with
     * @param read of everything that was sent
     * @throws StoreException.Unavailable if that is something else than was written into the file
     */
    void requireSame(String asked, MessageDigest read) {
        if (!Sha256.hex(read).equals(sha256)) {
            throw new StoreException.Unavailable(
                    asked + ": what was read from " + path + " is not what was written there", "check that disk");
        }
    }
}
