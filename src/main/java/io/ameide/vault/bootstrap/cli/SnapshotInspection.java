package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.VerifiedArchive;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one snapshot turned out to be, for people and for machines.
 *
 * @param origin where it is
 * @param archive what it holds; empty where it is encrypted, so that only its bytes could be compared
 * @param manifest what lies beside it
 */
record SnapshotInspection(
        String origin, Optional<VerifiedArchive> archive, Optional<SnapshotManifest> manifest, Shares shares) {

    /** Whether the shares in custody are those that were there when it was taken. */
    enum Shares {
        SAME("those in custody"),
        OTHERS("others than those in custody: keep the custody of that time to open it"),
        UNKNOWN("cannot be told: no manifest says, or no custody is at hand");

        private final String words;

        Shares(String words) {
            this.words = words;
        }
    }

    ExitCode exit() {
        return shares == Shares.OTHERS ? ExitCode.DIFFERENCES : ExitCode.CONVERGED;
    }

    String text(Instant now) {
        StringBuilder out = new StringBuilder();
        line(out, "snapshot", origin);
        line(
                out,
                "verified",
                archive.isPresent()
                        ? "whole and intact"
                        : "the bytes that were stored; encrypted, so that nothing inside was looked at");
        manifest.ifPresent(known -> describe(out, known, now));
        archive.ifPresent(inside -> {
            line(out, "index", "%d, term %d".formatted(inside.index(), inside.term()));
            line(out, "state", "%,d bytes".formatted(inside.stateSizeBytes()));
        });
        line(out, "shares", shares.words);
        SortedMap<String, Long> entries = entries();
        line(out, "entries", entries.isEmpty() ? "not counted" : String.valueOf(sum(entries)));
        entries.forEach((prefix, count) -> out.append("  %-12s %d%n".formatted(prefix, count)));
        return out.toString();
    }

    private static void describe(StringBuilder out, SnapshotManifest known, Instant now) {
        line(out, "cluster", "%s, %s".formatted(known.clusterName(), known.clusterId()));
        line(out, "server", "%s %s, seal %s".formatted(known.serverKind(), known.serverVersion(), known.sealType()));
        line(
                out,
                "taken",
                "%s by %s, %s old"
                        .formatted(known.takenAt(), known.takenBy(), SnapshotWords.age(known.takenAt(), now)));
        line(out, "stored", "%,d bytes, SHA-256 %s".formatted(known.sizeBytes(), known.sha256()));
        known.encryption().ifPresent(how -> line(out, "encrypted", "to " + String.join(", ", how.recipients())));
        known.flags().forEach(flag -> line(out, "flagged", flag));
    }

    private static void line(StringBuilder out, String what, String is) {
        out.append("%-10s %s%n".formatted(what, is));
    }

    private static long sum(SortedMap<String, Long> entries) {
        return entries.values().stream().mapToLong(Long::longValue).sum();
    }

    private SortedMap<String, Long> entries() {
        return archive.map(VerifiedArchive::entries)
                .or(() -> manifest.map(SnapshotManifest::entries))
                .orElseGet(TreeMap::new);
    }

    JsonNode json() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit().number());
        document.put("result", exit().word());
        document.put("snapshot", origin);
        document.put("shares", shares.name().toLowerCase(Locale.ROOT));
        manifest.ifPresent(known -> SnapshotWords.manifest(document.putObject("manifest"), known));
        archive.ifPresent(inside -> document.putObject("archive")
                .put("sizeBytes", inside.sizeBytes())
                .put("sha256", inside.sha256())
                .put("index", inside.index())
                .put("term", inside.term())
                .put("stateSizeBytes", inside.stateSizeBytes()));
        ObjectNode entries = document.putObject("entries");
        entries().forEach(entries::put);
        return document;
    }
}
