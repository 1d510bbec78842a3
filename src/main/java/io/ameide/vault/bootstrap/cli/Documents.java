package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.coverage.VerifyConfig;
import io.ameide.vault.bootstrap.desired.DesiredStateConfig;

import jakarta.inject.Singleton;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Tells when a document was changed: the files beside the desired state, which are its fixtures and their overrides, and
 * the lists of required keys. It looks at times and sizes, since a mounted ConfigMap is replaced by a link to another
 * folder, which file system events tell of poorly.
 */
@Singleton
final class Documents {

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
        for (Path file : files()) {
            now.put(file, stamp(file));
        }
        boolean changed = !now.equals(seen);
        seen = now;
        return changed;
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>(verify.requiredKeys().orElse(List.of()));
        desiredState.file().map(Path::toAbsolutePath).map(Path::getParent).ifPresent(folder -> {
            try (Stream<Path> beside = Files.list(folder)) {
                beside.filter(Files::isRegularFile).forEach(files::add);
            } catch (IOException e) {
                // The folder is being replaced, or gone: the tick that follows says so.
            }
        });
        return files;
    }

    private static String stamp(Path file) {
        try {
            return Files.getLastModifiedTime(file) + " " + Files.size(file);
        } catch (IOException e) {
            return "unreadable";
        }
    }
}
