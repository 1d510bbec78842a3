package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.ClusterBond;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.util.List;
import java.util.Optional;

/**
 * Keeps nodes of other clusters out of a tick, and notes in custody of which cluster it is: as soon as a node has taken its
 * shares, and before any token is sent.
 */
final class Strangers {

    private final Cluster cluster;
    private final KeyStore custody;

    Strangers(Cluster cluster, KeyStore custody) {
        this.cluster = cluster;
        this.custody = custody;
    }

    /**
     * Leaves out every node that says the id of another cluster than custody's.
     *
     * @throws ProblemException of kind BLOCKED when there is no other node
     */
    void leaveOut(Work work, KeyMaterial stored) {
        KeyMaterial keys = exchanged(work, stored);
        List<VaultNode> foreign = of(keys, ClusterBond.FOREIGN);
        List<Problem> problems = foreign.stream()
                .map(node -> ClusterBond.foreign(keys, custody.description(), node.address(), cluster.status(node)))
                .toList();
        if (!foreign.isEmpty() && foreign.size() == cluster.answering().size()) {
            throw new ProblemException(problems.getFirst());
        }
        foreign.forEach(cluster::leaveOut);
        // Ours goes on without them: a person has to look at it, but it is no reason to stop.
        problems.forEach(problem -> work.problem(Problem.error(problem.message(), problem.hint())));
    }

    /** A snapshot of a cluster whose set is aside was restored here, and something else has unsealed the node since. */
    private KeyMaterial exchanged(Work work, KeyMaterial keys) {
        Optional<KeyMaterial> restored = of(keys, ClusterBond.FOREIGN).stream()
                .flatMap(node -> keys.aside().stream()
                        .filter(set ->
                                set.clusterId().equals(cluster.status(node).clusterId())))
                .findFirst();
        restored.ifPresent(set -> work.change(
                new Change(
                        custody.description(),
                        "use the shares of cluster " + set.clusterId().orElseThrow()),
                () -> custody.update(current -> current.exchangedFor(set))));
        return restored.map(keys::exchangedFor).orElse(keys);
    }

    /**
     * Notes the cluster's id where custody has none yet, and leaves out those that say another one.
     *
     * @param opened the nodes that took the shares in custody
     * @throws ProblemException of kind BLOCKED when nothing proves that a node is of the cluster that custody is of
     */
    void settle(Work work, List<VaultNode> opened) {
        custody.read()
                .initialized()
                .filter(keys -> !cluster.unsealed().isEmpty())
                .map(keys -> keys.clusterId().isPresent() ? keys : noted(work, keys, opened))
                .ifPresent(keys -> leaveOut(work, keys));
    }

    private KeyMaterial noted(Work work, KeyMaterial keys, List<VaultNode> opened) {
        List<VaultNode> ours = opened.isEmpty() ? of(keys, ClusterBond.NAMED) : opened;
        Optional<String> id = ours.stream()
                .flatMap(node -> cluster.status(node).clusterId().stream())
                .findFirst();
        if (id.isPresent()) {
            work.change(
                    new Change(custody.description(), "note that it is of cluster " + id.get()),
                    () -> custody.update(current -> current.withClusterId(id.get())));
            return keys.withClusterId(id.get());
        }
        of(keys, ClusterBond.UNKNOWN).stream().findFirst().ifPresent(node -> {
            throw new ProblemException(
                    ClusterBond.unknown(keys, custody.description(), node.address(), cluster.status(node)));
        });
        return keys;
    }

    private List<VaultNode> of(KeyMaterial keys, ClusterBond bond) {
        return cluster.answering().stream()
                .filter(node -> ClusterBond.of(keys, node.address(), cluster.status(node)) == bond)
                .toList();
    }
}
