package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.tick.Problem;

import java.time.Instant;
import java.util.List;

/** What a command that looks at several targets has to tell. */
sealed interface SnapshotResult permits SnapshotListing, SnapshotPruning {

    String text(Instant now);

    JsonNode json();

    /** Why it is not the whole story. */
    List<Problem> problems();

    /** How many targets were looked at. */
    int parts();

    /** At how many of them something went wrong. */
    int failedParts();

    default ExitCode exit() {
        if (problems().isEmpty()) {
            return ExitCode.CONVERGED;
        }
        return failedParts() < parts()
                ? ExitCode.PARTIAL
                : ExitCode.of(problems().getFirst());
    }
}
