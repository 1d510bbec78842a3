package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Problem;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What was pruned, or would be, for people and for machines. */
record SnapshotPruning(boolean dryRun, List<Part> done) implements SnapshotResult {

    /**
     * What became of one target.
     *
     * @param expired what was deleted, or would be
     * @param locked what the place keeps itself
     * @param leftovers what killed processes had left
     * @param heldBackBy flagged snapshots because of which nothing was deleted
     */
    record Part(
            String target,
            List<SnapshotManifest> expired,
            List<SnapshotManifest> locked,
            List<String> leftovers,
            List<SnapshotManifest> heldBackBy,
            List<Problem> problems) {}

    /** Every cluster that has snapshots there, each for itself. */
    static Part prune(TakeSnapshot.Destination destination, boolean dryRun, boolean despiteFlags, Instant now) {
        SnapshotTarget target = destination.target();
        List<SnapshotManifest> expired = new ArrayList<>();
        List<SnapshotManifest> locked = new ArrayList<>();
        List<String> leftovers = new ArrayList<>();
        List<SnapshotManifest> heldBackBy = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        try {
            for (String clusterId : target.list().clusterIds()) {
                SnapshotTarget.Pruning pruning = target.prunable(clusterId, destination.retention(), now);
                if (!pruning.suspects().isEmpty() && !pruning.expired().isEmpty() && !despiteFlags) {
                    heldBackBy.addAll(pruning.suspects());
                } else if (dryRun) {
                    expired.addAll(pruning.expired());
                    leftovers.addAll(pruning.leftovers());
                } else {
                    SnapshotTarget.Pruned pruned = target.prune(pruning);
                    expired.addAll(pruned.snapshots());
                    locked.addAll(pruned.locked());
                    leftovers.addAll(pruned.leftovers());
                    problems.addAll(pruned.problems());
                }
            }
            SnapshotTarget.Pruned swept = dryRun ? target.sweepable(now) : target.sweep(now);
            leftovers.addAll(swept.leftovers());
            problems.addAll(swept.problems());
        } catch (RuntimeException e) {
            problems.add(Problem.of(e));
        }
        return new Part(target.description(), expired, locked, leftovers, heldBackBy, problems);
    }

    @Override
    public List<Problem> problems() {
        return done.stream()
                .flatMap(part -> Stream.concat(
                        part.problems().stream(),
                        part.heldBackBy().isEmpty() ? Stream.empty() : Stream.of(heldBack(part))))
                .toList();
    }

    private static Problem heldBack(Part part) {
        return Problem.blocked(
                "nothing is pruned at %s: flagged are %s".formatted(part.target(), names(part.heldBackBy())),
                "look at them, then prune with --despite-flags");
    }

    @Override
    public int parts() {
        return done.size();
    }

    @Override
    public int failedParts() {
        return (int) done.stream()
                .filter(part -> !part.problems().isEmpty() || !part.heldBackBy().isEmpty())
                .count();
    }

    @Override
    public ExitCode exit() {
        return problems().stream().anyMatch(problem -> problem.kind() == Problem.Kind.BLOCKED)
                ? ExitCode.BLOCKED
                : SnapshotResult.super.exit();
    }

    @Override
    public String text(Instant now) {
        StringBuilder out = new StringBuilder();
        for (Part part : done) {
            out.append("%s:%n".formatted(part.target()));
            for (SnapshotManifest snapshot : part.expired()) {
                out.append("  %s %s, %s old%n"
                        .formatted(
                                dryRun ? "would delete" : "deleted",
                                snapshot.archive(),
                                SnapshotWords.age(snapshot.takenAt(), now)));
            }
            part.locked().forEach(snapshot -> out.append("  locked %s%n".formatted(snapshot.archive())));
            part.leftovers()
                    .forEach(name -> out.append("  %s %s, left by a process that was killed%n"
                            .formatted(dryRun ? "would delete" : "deleted", name)));
            part.problems().forEach(problem -> out.append("  %s%n".formatted(problem)));
            if (!part.heldBackBy().isEmpty()) {
                out.append("  %s%n".formatted(heldBack(part)));
            } else if (part.expired().isEmpty()
                    && part.locked().isEmpty()
                    && part.leftovers().isEmpty()
                    && part.problems().isEmpty()) {
                out.append("  nothing to delete%n".formatted());
            }
        }
        return out.toString();
    }

    @Override
    public JsonNode json() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit().number());
        document.put("result", exit().word());
        document.put("dryRun", dryRun);
        ArrayNode targets = document.putArray("targets");
        for (Part part : done) {
            ObjectNode target = targets.addObject().put("target", part.target());
            names(target.putArray(dryRun ? "wouldDelete" : "deleted"), part.expired());
            names(target.putArray("locked"), part.locked());
            part.leftovers().forEach(target.putArray("leftovers")::add);
            names(target.putArray("heldBackBy"), part.heldBackBy());
            ArrayNode problems = target.putArray("problems");
            part.problems().forEach(problem -> SnapshotWords.problem(problems.addObject(), problem));
        }
        return document;
    }

    private static void names(ArrayNode array, List<SnapshotManifest> snapshots) {
        snapshots.forEach(snapshot -> array.add(snapshot.archive()));
    }

    private static String names(List<SnapshotManifest> snapshots) {
        return String.join(
                ", ", snapshots.stream().map(SnapshotManifest::archive).toList());
    }
}
