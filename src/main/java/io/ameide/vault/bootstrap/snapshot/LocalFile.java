package io.ameide.vault.bootstrap.snapshot;

import java.nio.file.Path;
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
}
