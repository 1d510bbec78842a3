package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads the public keys that a configuration key names. */
final class PgpKeyFiles {

    private PgpKeyFiles() {}

    /** @throws ProblemException that names the configuration key, of which there are several for such files */
    static List<PgpKey> read(String key, Optional<List<Path>> files) {
        return files.orElse(List.of()).stream().map(file -> read(key, file)).toList();
    }

    private static PgpKey read(String key, Path file) {
        try {
            return PgpKey.read(file);
        } catch (ProblemException e) {
            throw new ProblemException(
                    Problem.invalid(
                            key + ": " + e.problem().message(), e.problem().hint()),
                    e);
        }
    }
}
