package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget.Broken;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget.Contents;
import io.ameide.vault.bootstrap.tick.Problem;

import java.time.Instant;
import java.util.List;

/** What targets hold, for people and for machines. */
record SnapshotListing(List<Shelf> shelves) implements SnapshotResult {

    /** What was found at one target, or why nothing could be. */
    sealed interface Shelf {

        String target();

        record Seen(String target, Contents contents) implements Shelf {}

        record Unseen(String target, Problem problem) implements Shelf {}
    }

    static Shelf look(SnapshotTarget target) {
        try {
            return new Shelf.Seen(target.description(), target.list());
        } catch (RuntimeException e) {
            return new Shelf.Unseen(target.description(), Problem.of(e));
        }
    }

    @Override
    public List<Problem> problems() {
        return shelves.stream()
                .filter(Shelf.Unseen.class::isInstance)
                .map(shelf -> ((Shelf.Unseen) shelf).problem())
                .toList();
    }

    @Override
    public int parts() {
        return shelves.size();
    }

    @Override
    public int failedParts() {
        return problems().size();
    }

    @Override
    public String text(Instant now) {
        StringBuilder out = new StringBuilder();
        for (Shelf shelf : shelves) {
            out.append("%s:%n".formatted(shelf.target()));
            switch (shelf) {
                case Shelf.Seen seen -> text(out, seen.contents(), now);
                case Shelf.Unseen unseen -> out.append("  %s%n".formatted(unseen.problem()));
            }
        }
        return out.toString();
    }

    private static void text(StringBuilder out, Contents contents, Instant now) {
        if (contents.snapshots().isEmpty()) {
            out.append("  no snapshots%n".formatted());
        }
        for (SnapshotManifest manifest : contents.snapshots()) {
            out.append("  %s  %,d bytes  index %d  cluster %s  %s old%s%n"
                    .formatted(
                            manifest.archive(),
                            manifest.sizeBytes(),
                            manifest.index(),
                            manifest.clusterName(),
                            SnapshotWords.age(manifest.takenAt(), now),
                            SnapshotWords.flags(manifest)));
        }
        for (Broken broken : contents.broken()) {
            out.append("  not counted: %s: %s%n".formatted(broken.object(), broken.reason()));
        }
    }

    @Override
    public JsonNode json() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit().number());
        document.put("result", exit().word());
        ArrayNode targets = document.putArray("targets");
        for (Shelf shelf : shelves) {
            ObjectNode target = targets.addObject().put("target", shelf.target());
            switch (shelf) {
                case Shelf.Seen seen -> json(target, seen.contents());
                case Shelf.Unseen unseen -> SnapshotWords.problem(target, unseen.problem());
            }
        }
        return document;
    }

    private static void json(ObjectNode target, Contents contents) {
        ArrayNode snapshots = target.putArray("snapshots");
        contents.snapshots().forEach(manifest -> SnapshotWords.manifest(snapshots.addObject(), manifest));
        ArrayNode broken = target.putArray("notCounted");
        contents.broken()
                .forEach(one -> broken.addObject().put("object", one.object()).put("reason", one.reason()));
    }
}
