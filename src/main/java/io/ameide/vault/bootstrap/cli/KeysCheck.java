package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.SignIn;
import io.ameide.vault.bootstrap.access.SignOut;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.seal.ShareCheck;
import io.ameide.vault.bootstrap.seal.ShareProof;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;

import jakarta.inject.Singleton;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Checks custody against the cluster. */
@Singleton
final class KeysCheck {

    private final Nodes nodes;
    private final Custody custody;
    private final Ticks ticks;
    private final Shutdown shutdown;

    KeysCheck(Nodes nodes, Custody custody, Ticks ticks, Shutdown shutdown) {
        this.nodes = nodes;
        this.custody = custody;
        this.ticks = ticks;
        this.shutdown = shutdown;
    }

    /**
     * @param prove whether to have the server try the shares, which takes the lock on custody and a sign-in
     * @param announce told who is waited for
     */
    KeysVerdict run(boolean prove, Consumer<String> announce) {
        KeyStore store = custody.store();
        Nodes.Found found = nodes.find(shutdown.waiter());
        Cluster cluster = found.cluster();
        Map<VaultNode, NodeException> silent = cluster.look();
        if (cluster.answering().isEmpty()) {
            throw new ProblemException(silent.values().stream()
                    .findFirst()
                    .map(Problem::of)
                    .orElseGet(() ->
                            Problem.access(String.join("; ", found.awaited()), "status tells more of the nodes")));
        }
        VaultNode node = serving(cluster);
        SealStatus seal = cluster.status(node);
        Optional<KeyMaterial> material = store.read().material();
        List<Problem> problems = ShareCheck.problems(
                material, store.description(), seal, node.address().toString());
        String unproven = !prove
                ? "not asked for; --prove has the server try the shares"
                : seal.sealed()
                        ? "none: a sealed node can only be unsealed, so that only the form was checked"
                        : "none: what the form shows is enough";
        if (!prove || seal.sealed() || !problems.isEmpty()) {
            return new KeysVerdict(
                    store.description(),
                    material,
                    node.address().toString(),
                    seal,
                    false,
                    unproven,
                    problems,
                    List.of());
        }
        List<Problem> leftOver = new ArrayList<>();
        List<Problem> refused =
                shutdown.guard(() -> custody.locked(() -> proof(cluster, store, leftOver, announce), announce));
        return new KeysVerdict(
                store.description(),
                material,
                node.address().toString(),
                seal,
                true,
                "the server tried %s in attempts to rotate, each canceled before it took effect"
                        .formatted(Count.of(material.orElseThrow().shares().size(), "share")),
                refused,
                leftOver);
    }

    private static VaultNode serving(Cluster cluster) {
        return cluster.answering().stream()
                .filter(node -> !cluster.status(node).sealed())
                .findFirst()
                .orElseGet(() -> cluster.answering().getFirst());
    }

    /**
     * @param leftOver gets why a token could not be given back
     * @param announce told the same, where the proof comes to no verdict that would tell it
     */
    private List<Problem> proof(Cluster cluster, KeyStore store, List<Problem> leftOver, Consumer<String> announce) {
        cluster.awaitActive(nodes.activeTimeout());
        SignIn signIn = ticks.signIn(cluster, store);
        List<Problem> refused;
        try {
            refused = proof(signIn, store);
        } catch (RuntimeException e) {
            signOut(signIn, cluster).forEach(problem -> announce.accept(problem.toString()));
            throw e;
        }
        leftOver.addAll(signOut(signIn, cluster));
        return refused;
    }

    private static List<Problem> proof(SignIn signIn, KeyStore store) {
        // As a plan does, so that the check sets nothing up.
        signIn.unmet().ifPresent(missing -> {
            throw new ProblemException(
                    Problem.access("have the server try the shares: that needs " + missing, "see what a tick says"));
        });
        signIn.run(Mode.PLAN);
        return signIn.proving(session ->
                new ShareProof(session, store, store.read().material().orElseThrow()).run());
    }

    private List<Problem> signOut(SignIn signIn, Cluster cluster) {
        return new SignOut(signIn, cluster, nodes.activeTimeout()).run(Mode.APPLY) instanceof Outcome.Failed failed
                ? failed.problems()
                : List.of();
    }
}
