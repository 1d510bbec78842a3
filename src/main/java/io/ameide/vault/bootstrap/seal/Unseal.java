package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Opens every sealed node with the shares in custody, and waits until one node serves. */
public final class Unseal implements Step {

    private final Cluster cluster;
    private final KeyStore custody;
    private final Duration activeLimit;

    /** @param activeLimit how long to wait for a node to serve once nodes are unsealed */
    public Unseal(Cluster cluster, KeyStore custody, Duration activeLimit) {
        this.cluster = cluster;
        this.custody = custody;
        this.activeLimit = activeLimit;
    }

    @Override
    public boolean gate() {
        return true;
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
        requireSameCluster();
        List<VaultNode> sealed = cluster.sealed();
        if (!sealed.isEmpty()) {
            KeyMaterial keys = keys();
            Parallel.forEach(sealed, sealed.size(), node -> work.part(() -> open(work, node, keys)));
            cluster.look();
        }
        if (cluster.awaitActive(activeLimit).isEmpty()
                && cluster.sealed().size() < cluster.answering().size()) {
            work.waitFor("no node serves yet, %d s after it was unsealed".formatted(activeLimit.toSeconds()));
        }
        return work.outcome(
                cluster.active().map(node -> "active node " + node.address()).orElse(""));
    }

    /** Before any share, credential or token goes there. A sealed node does not tell which cluster it belongs to. */
    private void requireSameCluster() {
        Optional<String> known = custody.read().material().flatMap(KeyMaterial::clusterId);
        for (VaultNode node : cluster.answering()) {
            Optional<String> found = cluster.status(node).clusterId();
            if (known.isPresent() && found.isPresent() && !known.equals(found)) {
                throw new ProblemException(Problem.blocked(
                        "%s belongs to cluster %s, but %s to cluster %s"
                                .formatted(custody.description(), known.get(), node.address(), found.get()),
                        "nothing was sent there; point the tool at the right server or at the right custody"));
            }
        }
    }

    private KeyMaterial keys() {
        return custody.read()
                .material()
                .filter(material -> material.phase() == KeyMaterial.Phase.INITIALIZED)
                .orElseThrow(() -> new ProblemException(Problem.blocked(
                        "a node is sealed and %s holds no shares".formatted(custody.description()),
                        "put the shares there, or unseal by hand")));
    }

    private void open(Work work, VaultNode node, KeyMaterial keys) {
        SealStatus status = cluster.status(node);
        if (keys.kind() == KeyMaterial.ShareKind.RECOVERY) {
            work.waitFor("%s is sealed and unseals itself (%s)".formatted(node.address(), status.type()));
            return;
        }
        if (keys.shares().isEmpty()) {
            work.waitFor("%s needs %d more of the shares held by %s"
                    .formatted(
                            node.address(),
                            status.threshold() - status.progress(),
                            keys.escrowed().stream().map(EscrowedShare::holder).collect(Collectors.joining(", "))));
            return;
        }
        work.change(
                new Change("node " + node.address(), "unseal"),
                () -> unseal(node, keys.shares(), status.progress() > 0));
    }

    /** @param begun whether somebody gave shares before */
    private void unseal(VaultNode node, List<Sensitive> shares, boolean begun) {
        try {
            if (!giveShares(node, shares)) {
                throw new ProblemException(Problem.blocked(
                        "%s is still sealed after all %d shares in %s"
                                .formatted(node.address(), shares.size(), custody.description()),
                        "custody lacks shares; add those that are missing, or unseal by hand"));
            }
        } catch (NodeException.Refused e) {
            if (!begun) {
                throw new ProblemException(
                        Problem.blocked(
                                "the shares in %s do not open %s".formatted(custody.description(), node.address()),
                                "they belong to another cluster, or the server's storage was replaced; point the tool at "
                                        + "the right server or at the right custody"),
                        e);
            }
            // A wrong share given before spoils the attempt, whatever follows it.
            node.resetUnseal();
            unseal(node, shares, false);
        }
    }

    private static boolean giveShares(VaultNode node, List<Sensitive> shares) {
        for (Sensitive share : shares) {
            if (!node.unseal(share).sealed()) {
                return true;
            }
        }
        return false;
    }
}
