package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.snapshot.SnapshotFolder.Broken;
import io.ameide.vault.bootstrap.snapshot.SnapshotFolder.Contents;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** What a snapshot folder holds, for people and for machines. */
final class SnapshotListing {

    private SnapshotListing() {}

    static String text(Path folder, Contents contents, Instant now) {
        StringBuilder out = new StringBuilder();
        if (contents.snapshots().isEmpty()) {
            out.append("no snapshots in %s%n".formatted(folder));
        }
        for (SnapshotManifest manifest : contents.snapshots()) {
            out.append("%s  %,d bytes  index %d  cluster %s  %s old%n"
                    .formatted(
                            manifest.archive(),
                            manifest.sizeBytes(),
                            manifest.index(),
                            manifest.clusterName(),
                            age(manifest, now)));
        }
        for (Broken broken : contents.broken()) {
            out.append("not counted: %s: %s%n".formatted(broken.file(), broken.reason()));
        }
        return out.toString();
    }

    private static String age(SnapshotManifest manifest, Instant now) {
        Duration age = Duration.between(manifest.takenAt(), now);
        return age.toHours() >= 48
                ? age.toDays() + " d"
                : "%d h %02d min".formatted(age.toHours(), age.toMinutesPart());
    }

    static ObjectNode json(Path folder, Contents contents) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", ExitCode.CONVERGED.number());
        document.put("result", ExitCode.CONVERGED.word());
        document.put("folder", folder.toString());
        ArrayNode snapshots = document.putArray("snapshots");
        for (SnapshotManifest manifest : contents.snapshots()) {
            snapshots
                    .addObject()
                    .put("archive", manifest.archive())
                    .put("sha256", manifest.sha256())
                    .put("sizeBytes", manifest.sizeBytes())
                    .put("index", manifest.index())
                    .put("clusterId", manifest.clusterId())
                    .put("clusterName", manifest.clusterName())
                    .put("serverVersion", manifest.serverVersion())
                    .put("takenAt", manifest.takenAt().toString())
                    .put("takenBy", manifest.takenBy());
        }
        ArrayNode broken = document.putArray("notCounted");
        contents.broken()
                .forEach(one -> broken.addObject().put("file", one.file()).put("reason", one.reason()));
        return document;
    }
}
