package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What can be told without signing in: the state of every node, and what custody holds. Shares are counted, never shown.
 *
 * @param awaited why nodes that belong to the cluster cannot be asked yet
 * @param material empty when custody holds nothing
 */
record Status(List<NodeStatus> nodes, List<String> awaited, String custody, Optional<KeyMaterial> material) {

    /** A node's answer, or why there was none. Exactly one of the two is present. */
    record NodeStatus(String address, Optional<SealStatus> seal, Optional<NodeException> failure) {}

    ExitCode exit() {
        boolean allAnswer = nodes.stream().allMatch(node -> node.seal().isPresent());
        return allAnswer && awaited.isEmpty() ? ExitCode.CONVERGED : ExitCode.UNREACHABLE;
    }

    String text() {
        StringBuilder out = new StringBuilder();
        for (NodeStatus node : nodes) {
            out.append("node     %s  ".formatted(node.address()));
            node.seal().ifPresent(seal -> out.append(words(seal)));
            node.failure().ifPresent(failure -> out.append(Problem.of(failure)));
            out.append(System.lineSeparator());
        }
        awaited.forEach(reason -> out.append("node     ").append(reason).append(System.lineSeparator()));
        out.append("custody  %s  %s%n"
                .formatted(custody, material.map(Status::words).orElse("empty")));
        return out.toString();
    }

    private static String words(SealStatus seal) {
        String state = state(seal);
        String progress = state.equals("sealed") && seal.threshold() > 0
                ? " (%d of %d shares given)".formatted(seal.progress(), seal.threshold())
                : "";
        String cluster = seal.clusterName().map(name -> ", cluster " + name).orElse("");
        return "%s%s, version %s, seal %s, storage %s%s"
                .formatted(state, progress, seal.version(), seal.type(), seal.storage(), cluster);
    }

    private static String state(SealStatus seal) {
        if (seal.removed()) {
            return "removed from its cluster";
        }
        return !seal.initialized() ? "not initialized" : seal.sealed() ? "sealed" : "unsealed";
    }

    private static String words(KeyMaterial material) {
        return switch (material.phase()) {
            case INITIALIZING ->
                "marker of an initialization begun at %s by %s".formatted(material.startedAt(), material.startedBy());
            case INITIALIZED ->
                "%d of %d %s shares, threshold %d%s, root token %s, AppRole %s"
                        .formatted(
                                material.shares().size(),
                                material.shareCount(),
                                material.kind().name().toLowerCase(Locale.ROOT),
                                material.threshold(),
                                material.escrowed().isEmpty()
                                        ? ""
                                        : ", %d encrypted to holders"
                                                .formatted(material.escrowed().size()),
                                material.rootToken().isPresent() ? "still held" : "erased",
                                material.appRole().isPresent() ? "held" : "not yet");
        };
    }

    ObjectNode json() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit().number());
        document.put("result", exit().word());
        ArrayNode array = document.putArray("nodes");
        for (NodeStatus node : nodes) {
            ObjectNode entry = array.addObject().put("address", node.address());
            node.seal()
                    .ifPresent(seal -> entry.put("initialized", seal.initialized())
                            .put("sealed", seal.sealed())
                            .put("version", seal.version())
                            .put("sealType", seal.type())
                            .put("storage", seal.storage())
                            .put("removed", seal.removed())
                            .put("threshold", seal.threshold())
                            .put("shares", seal.shares())
                            .put("progress", seal.progress())
                            .put("clusterId", seal.clusterId().orElse(null))
                            .put("clusterName", seal.clusterName().orElse(null)));
            node.failure().ifPresent(failure -> entry.set("problem", ReportJson.of(Problem.of(failure))));
        }
        awaited.forEach(document.putArray("awaited")::add);
        ObjectNode keys = document.putObject("custody").put("place", custody);
        keys.put(
                "state",
                material.map(held -> held.phase().name().toLowerCase(Locale.ROOT))
                        .orElse("empty"));
        material.ifPresent(held -> keys.put("shares", held.shares().size())
                .put("escrowedShares", held.escrowed().size())
                .put("shareCount", held.shareCount())
                .put("threshold", held.threshold())
                .put("rootToken", held.rootToken().isPresent())
                .put("appRole", held.appRole().isPresent()));
        return document;
    }
}
