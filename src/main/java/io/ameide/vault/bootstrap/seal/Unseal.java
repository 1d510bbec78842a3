package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.util.Optional;

/** Opens every sealed node that belongs to the cluster, and waits until one node serves. */
public final class Unseal implements Step {

    private final Cluster cluster;
    private final KeyStore custody;
    private final Opening opening;

    public Unseal(Cluster cluster, KeyStore custody, Opening opening) {
        this.cluster = cluster;
        this.custody = custody;
        this.opening = opening;
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public boolean open() {
        return cluster.active().isPresent();
    }

    @Override
    public String name() {
        return "unseal";
    }

    @Override
    public Optional<String> unmet() {
        return cluster.initialized() ? Optional.empty() : Optional.of("an initialized cluster");
    }

    @Override
    public Outcome run(Mode mode) {
        Work work = new Work(mode);
        requireSameCluster(mode);
        opening.open(work, cluster.sealed());
        if (cluster.awaitActive(opening.limit()).isEmpty()
                && !cluster.unsealed().isEmpty()) {
            work.waitFor(nobodyServes());
        }
        return work.outcome(
                cluster.active().map(node -> "active node " + node.address()).orElse(""));
    }

    private String nobodyServes() {
        String unsealed = "though %d of %d are unsealed"
                .formatted(cluster.unsealed().size(), cluster.nodes().size());
        return cluster.missing().isEmpty()
                ? "no node serves, %s: a leader needs more than half of the cluster's voters".formatted(unsealed)
                : "no node serves that answers, %s: either too few are left for a majority, or the leader is one of those that do not answer: %s"
                        .formatted(unsealed, String.join("; ", cluster.missing()));
    }

    /** Before any share, credential or token goes there. A sealed node does not tell which cluster it belongs to. */
    private void requireSameCluster(Mode mode) {
        Optional<KeyMaterial> keys = custody.read().material();
        Optional<String> known = keys.flatMap(KeyMaterial::clusterId);
        for (VaultNode node : cluster.answering()) {
            Optional<String> found = cluster.status(node).clusterId();
            if (known.isPresent() && found.isPresent() && !known.equals(found)) {
                Optional<KeyMaterial> other = keys.orElseThrow().aside().stream()
                        .filter(set -> set.clusterId().equals(found))
                        .findFirst();
                if (other.isPresent()) {
                    // A snapshot of that cluster was restored here, and something else has unsealed the node since.
                    if (mode == Mode.APPLY) {
                        custody.update(current -> current.exchangedFor(other.get()));
                    }
                    known = found;
                    continue;
                }
                throw new ProblemException(Problem.blocked(
                        "%s belongs to cluster %s, but %s to cluster %s"
                                .formatted(custody.description(), known.get(), node.address(), found.get()),
                        "nothing was sent there; point the tool at the right server or at the right custody"));
            }
        }
    }
}
