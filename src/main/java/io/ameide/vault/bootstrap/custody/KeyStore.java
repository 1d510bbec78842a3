package io.ameide.vault.bootstrap.custody;

import java.util.Objects;
import java.util.Optional;

/**
 * One place that keeps the {@link KeyMaterial} of one cluster. Every method throws a
 * {@link io.ameide.vault.bootstrap.tick.ProblemException} whose text holds nothing of what is stored: of kind ACCESS where
 * the store cannot be reached or refuses, BLOCKED where what it holds cannot be understood.
 */
public interface KeyStore {

    /**
     * What a store holds.
     *
     * @param version opaque, equal for equal content, to be handed to {@link #write}; empty when nothing is stored
     */
    record Stored(Optional<KeyMaterial> material, String version) {

        public static final String ABSENT = "";

        public Stored {
            Objects.requireNonNull(material);
            Objects.requireNonNull(version);
        }
    }

    Stored read();

    /**
     * Replaces what is stored, all of it or nothing, and proves by reading back that it is there.
     *
     * @param expectedVersion the version that was read; {@link Stored#ABSENT} creates and never replaces
     * @return the version now stored
     * @throws KeyStoreConflictException if another version is stored; it is left as it is
     */
    String write(KeyMaterial material, String expectedVersion);

    /** Writes, reads back and deletes something as large as the shares will be, in the place where they will be. */
    void proveWritable();

    /** For people, to be put into a sentence: {@code file /home/x/.vault-bootstrap/keys.json}. */
    String description();
}
