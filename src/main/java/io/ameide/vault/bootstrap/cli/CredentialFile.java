package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.desired.TextFile;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.file.Files;
import java.nio.file.Path;

/** Credentials in files of their own, as a mounted Secret has them. */
final class CredentialFile {

    private static final String HINT = "is the Secret there, and mounted for this process?";
    private static final int MAX_BYTES = 1 << 20;

    private CredentialFile() {}

    /**
     * What a file holds, without white space around it.
     *
     * @param key which names the file
     * @throws ProblemException of kind ACCESS if there is nothing in it, or it cannot be read
     */
    static Sensitive read(String key, Path file) {
        try {
            Sensitive content =
                    Sensitive.of(TextFile.read(file, MAX_BYTES).text().strip());
            if (content.isEmpty()) {
                throw refusal(key, file, "is empty");
            }
            return content;
        } catch (TextFile.UnreadableException e) {
            throw refusal(key, file, e.getMessage());
        }
    }

    /**
     * For a file that is read later, and again and again.
     *
     * @throws ProblemException of kind ACCESS if it cannot be read
     */
    static Path readable(String key, Path file) {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw refusal(key, file, "no such file, or not readable");
        }
        return file;
    }

    private static ProblemException refusal(String key, Path file, String matter) {
        return new ProblemException(Problem.access("read %s, which %s names: %s".formatted(file, key, matter), HINT));
    }
}
