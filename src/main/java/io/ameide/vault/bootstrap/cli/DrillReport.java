package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.drill.Proof;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;

import java.time.Duration;
import java.util.Locale;

/** What a drill proved, for people and for machines. One that failed has a problem to tell instead. */
record DrillReport(Proof proof) {

    String text() {
        SnapshotManifest snapshot = proof.snapshot();
        StringBuilder out = new StringBuilder();
        line(out, "snapshot", snapshot.archive());
        line(out, "target", proof.target());
        line(out, "cluster", "%s, %s".formatted(snapshot.clusterName(), snapshot.clusterId()));
        line(
                out,
                "server",
                "%s, restored into %s"
                        .formatted(snapshot.serverKind() + " " + snapshot.serverVersion(), proof.server()));
        snapshot.flags().forEach(flag -> line(out, "flagged", flag));
        line(out, "canary", "%d, as its manifest says".formatted(proof.canary().count()));
        line(
                out,
                "entries",
                proof.entries() == 0 ? "not counted" : "%d of secret engines, all there".formatted(proof.entries()));
        line(
                out,
                "recovery point",
                "%s, %s before the drill"
                        .formatted(
                                proof.canary().writtenAt(),
                                SnapshotWords.age(proof.canary().writtenAt(), proof.startedAt())));
        line(out, "recovery time", seconds(proof.recoveryTime()) + " s");
        for (Proof.Phase phase : proof.phases()) {
            out.append("  %-20s %6s s%n".formatted(phase.name(), seconds(phase.took())));
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String what, String is) {
        out.append("%-14s %s%n".formatted(what, is));
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1000.0);
    }

    JsonNode json() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", ExitCode.CONVERGED.number());
        document.put("result", ExitCode.CONVERGED.word());
        document.put("target", proof.target());
        SnapshotWords.manifest(document.putObject("manifest"), proof.snapshot());
        document.put("server", proof.server());
        document.put("startedAt", proof.startedAt().toString());
        document.putObject("canary")
                .put("count", proof.canary().count())
                .put("writtenAt", proof.canary().writtenAt().toString());
        document.put("entries", proof.entries());
        document.put("recoveryPointAgeSeconds", proof.recoveryPointAge().toSeconds());
        document.put("recoveryTimeMillis", proof.recoveryTime().toMillis());
        for (Proof.Phase phase : proof.phases()) {
            document.withArray("phases")
                    .addObject()
                    .put("name", phase.name())
                    .put("millis", phase.took().toMillis());
        }
        return document;
    }
}
