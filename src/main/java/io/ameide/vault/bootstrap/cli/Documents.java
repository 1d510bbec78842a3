package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.coverage.VerifyConfig;
import io.ameide.vault.bootstrap.desired.DesiredStateConfig;
import io.ameide.vault.bootstrap.files.SmallFile;

import jakarta.inject.Singleton;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells when a document was changed: the desired state, every file it names, overrides of its fixtures, and the lists of
 * required keys. It looks at times and sizes, since a mounted ConfigMap is replaced by a link to another folder, which
 * file system events tell of poorly.
 */
@Singleton
final class Documents {

    /** What stands between words in YAML, and around the name in <code>${file:NAME}</code>. */
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[\\s\"'{}\\[\\],:$]+");

    private static final int MAX_BYTES = 10 << 20;

    private final DesiredStateConfig desiredState;
    private final VerifyConfig verify;
    private Map<Path, String> seen = Map.of();

    Documents(DesiredStateConfig desiredState, VerifyConfig verify) {
        this.desiredState = desiredState;
        this.verify = verify;
    }

    /** Whether anything is different from the last time this was asked. */
    synchronized boolean changed() {
        Map<Path, String> now = new TreeMap<>();
        verify.requiredKeys().orElse(List.of()).forEach(file -> now.put(file, stamp(file)));
        desiredState.file().map(Path::toAbsolutePath).ifPresent(file -> {
            now.put(file, stamp(file));
            named(file).forEach(path -> now.put(path, stamp(path)));
        });
        boolean changed = !now.equals(seen);
        seen = now;
        return changed;
    }

    /** Every word of the document that is the name of a file, which also works while it is too broken to be parsed. */
    private static List<Path> named(Path document) {
        try {
            return BETWEEN_WORDS
                    .splitAsStream(text(document))
                    .distinct()
                    .flatMap(word -> Stream.of(word, word.replaceFirst("\\.json$", ".local.json")))
                    .map(document::resolveSibling)
                    .filter(Files::isRegularFile)
                    .distinct()
                    .toList();
        } catch (IOException | InvalidPathException e) {
            // Gone, or in the middle of being replaced: the tick that follows says so.
            return List.of();
        }
    }

    /** What is too large, or no text, is a document that names nothing. */
    private static String text(Path document) throws IOException {
        return new String(SmallFile.read(document, MAX_BYTES), StandardCharsets.UTF_8);
    }

    private static String stamp(Path file) {
        try {
            return Files.getLastModifiedTime(file) + " " + Files.size(file);
        } catch (IOException e) {
            return "unreadable";
        }
    }
}
