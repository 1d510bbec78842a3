package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.snapshot.DurationWords;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.tick.Problem;

import java.time.Duration;
import java.time.Instant;

/** What several commands say of a snapshot. */
final class SnapshotWords {

    private SnapshotWords() {}

    static String age(Instant takenAt, Instant now) {
        return DurationWords.of(Duration.between(takenAt, now));
    }

    /** To end a line with; nothing for a snapshot that is as expected. */
    static String flags(SnapshotManifest manifest) {
        return manifest.flags().isEmpty() ? "" : "  flagged: " + String.join(", and ", manifest.flags());
    }

    static void manifest(ObjectNode node, SnapshotManifest manifest) {
        node.put("archive", manifest.archive())
                .put("sha256", manifest.sha256())
                .put("sizeBytes", manifest.sizeBytes())
                .put("index", manifest.index())
                .put("clusterId", manifest.clusterId())
                .put("clusterName", manifest.clusterName())
                .put("serverKind", manifest.serverKind())
                .put("serverVersion", manifest.serverVersion())
                .put("takenAt", manifest.takenAt().toString())
                .put("takenBy", manifest.takenBy())
                .put("encrypted", manifest.encryption().isPresent());
        manifest.flags().forEach(node.putArray("flags")::add);
    }

    static void problem(ObjectNode node, Problem problem) {
        node.putObject("problem").put("message", problem.message()).put("hint", problem.hint());
    }
}
