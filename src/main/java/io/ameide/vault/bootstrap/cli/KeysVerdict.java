package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.SealStatus;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether what is in custody could open the seal. Shares are counted, never shown.
 *
 * @param custody its description
 * @param address of the node that told {@code seal}
 * @param proven whether a server tried the shares
 * @param proof how they were tried, or why not
 * @param problems why they could not; empty where they could
 * @param leftOver why a token that was obtained for the proof could not be given back
 */
record KeysVerdict(
        String custody,
        Optional<KeyMaterial> material,
        String address,
        SealStatus seal,
        boolean proven,
        String proof,
        List<Problem> problems,
        List<Problem> leftOver) {

    ExitCode exit() {
        return all().findFirst().map(ExitCode::of).orElse(ExitCode.CONVERGED);
    }

    private Stream<Problem> all() {
        return Stream.concat(problems.stream(), leftOver.stream());
    }

    String text() {
        StringBuilder out = new StringBuilder();
        out.append("custody  %s  %s%n"
                .formatted(custody, material.map(KeysVerdict::words).orElse("empty")));
        out.append("server   %s  seal %s, %s, %d shares, threshold %d%n"
                .formatted(
                        address,
                        seal.type(),
                        !seal.initialized() ? "not initialized" : seal.sealed() ? "sealed" : "unsealed",
                        seal.shares(),
                        seal.threshold()));
        out.append("proof    %s%n".formatted(proof));
        all().forEach(problem -> out.append("problem  %s%n".formatted(problem)));
        out.append("result   %s%n".formatted(result()));
        return out.toString();
    }

    private String result() {
        boolean recovery = material.map(KeyMaterial::kind)
                .filter(kind -> kind == KeyMaterial.ShareKind.RECOVERY)
                .isPresent();
        String what = recovery ? "authorize what takes recovery shares" : "unseal the cluster";
        if (!problems.isEmpty()) {
            return "what is in custody could not " + what;
        }
        return proven
                ? "what is in custody could %s now".formatted(what)
                : "nothing speaks against it that what is in custody could %s; no server tried".formatted(what);
    }

    private static String words(KeyMaterial material) {
        return switch (material.phase()) {
            case INITIALIZING -> "a marker, no shares";
            case INITIALIZED ->
                "%d of %d %s shares in clear, %d held by people, threshold %d"
                        .formatted(
                                material.shares().size(),
                                material.shareCount(),
                                material.kind().name().toLowerCase(Locale.ROOT),
                                material.escrowed().size(),
                                material.threshold());
        };
    }

    ObjectNode json() {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("exitCode", exit().number());
        document.put("result", exit().word());
        document.put("proven", proven);
        document.put("proof", proof);
        ObjectNode stored = document.putObject("custody").put("place", custody);
        material.ifPresent(keys -> stored.put("phase", keys.phase().name())
                .put("kind", keys.kind().name())
                .put("sharesInClear", keys.shares().size())
                .put("sharesHeldByPeople", keys.escrowed().size())
                .put("shareCount", keys.shareCount())
                .put("threshold", keys.threshold()));
        document.putObject("server")
                .put("address", address)
                .put("seal", seal.type())
                .put("initialized", seal.initialized())
                .put("sealed", seal.sealed())
                .put("shares", seal.shares())
                .put("threshold", seal.threshold());
        ArrayNode found = document.putArray("problems");
        all().forEach(problem ->
                found.addObject().put("message", problem.message()).put("hint", problem.hint()));
        return document;
    }
}
