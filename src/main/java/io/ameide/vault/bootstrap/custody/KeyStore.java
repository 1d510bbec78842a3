package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One place that keeps the {@link KeyMaterial} of one cluster. Every method throws a
 * {@link io.ameide.vault.bootstrap.tick.ProblemException} whose text holds nothing of what is stored: of kind ACCESS where
 * the store cannot be reached or refuses, BLOCKED where what it holds cannot be understood.
 */
public interface KeyStore {

    /** More than one other writer at a time is rare, and more than a few in a row are something else. */
    int UPDATE_ATTEMPTS = 5;

    /**
     * What a store holds.
     *
     * @param version opaque, equal for equal content, to be handed to {@link #write}; empty when nothing is stored
     * @param endangered why it will not stay there, where the store knows
     */
    record Stored(Optional<KeyMaterial> material, String version, Optional<String> endangered) {

        public static final String ABSENT = "";

        public Stored {
            Objects.requireNonNull(material);
            Objects.requireNonNull(version);
            Objects.requireNonNull(endangered);
        }

        public Stored(Optional<KeyMaterial> material, String version) {
            this(material, version, Optional.empty());
        }

        /** What there is of a cluster that was initialized; empty also where only a marker is stored. */
        public Optional<KeyMaterial> initialized() {
            return material.filter(keys -> keys.phase() == KeyMaterial.Phase.INITIALIZED);
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

    /**
     * Takes away a marker that turned out to stand for nothing, where none was before it.
     *
     * @throws KeyStoreConflictException if another version is stored; it is left as it is
     */
    void delete(String expectedVersion);

    /**
     * Changes what is stored, and decides anew when somebody else was faster.
     *
     * @param change leaves the material as it is to write nothing
     * @return what is stored now
     * @throws ProblemException of kind BLOCKED if nothing is stored
     */
    default KeyMaterial update(UnaryOperator<KeyMaterial> change) {
        for (int attempt = 1; ; attempt++) {
            Stored stored = read();
            KeyMaterial before = stored.material()
                    .orElseThrow(() -> new ProblemException(Problem.blocked(
                            description() + " holds nothing any more", "restore it from a copy before going on")));
            KeyMaterial after = change.apply(before);
            if (after.equals(before)) {
                return before;
            }
            try {
                write(after, stored.version());
                return after;
            } catch (KeyStoreConflictException e) {
                if (attempt == UPDATE_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /**
     * Writes, reads back and puts away something as large as the shares will be, beside the place where they will be.
     *
     * @param bytes how large the document with the shares may become
     */
    void proveWritable(int bytes);

    /**
     * Keeps something that cannot go to its place, since something else is there that must not be written over. Nothing reads
     * it again but people.
     *
     * @return where it is, as in {@link #description}
     */
    String keepBeside(KeyMaterial material);

    /** For people, to be put into a sentence: {@code file /home/x/.vault-bootstrap/keys.json}. */
    String description();

    /** For people: the command that takes away a marker, after which custody holds nothing. */
    String removal();
}
