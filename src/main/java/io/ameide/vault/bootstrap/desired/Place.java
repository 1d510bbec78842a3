package io.ameide.vault.bootstrap.desired;

/**
 * Where in a document something stands.
 *
 * @param file the file as it was named to the program
 * @param line counted from 1
 */
public record Place(String file, int line) {

    @Override
    public String toString() {
        return file + ":" + line;
    }
}
