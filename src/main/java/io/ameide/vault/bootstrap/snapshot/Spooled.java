package io.ameide.vault.bootstrap.snapshot;

import java.util.List;

/**
 * A verified archive in a local file, which closing deletes.
 *
 * @param archive as the server sent it
 * @param file as it is to be stored
 * @param recipients fingerprints of the keys that the file is encrypted to; empty where it is the archive itself
 */
public record Spooled(VerifiedArchive archive, LocalFile file, List<String> recipients) implements AutoCloseable {

    public Spooled {
        recipients = List.copyOf(recipients);
    }

    @Override
    public void close() {
        SpoolFolder.delete(file.path());
    }

    /** A small local file, which closing deletes. */
    record Small(LocalFile file) implements AutoCloseable {

        @Override
        public void close() {
            SpoolFolder.delete(file.path());
        }
    }
}
