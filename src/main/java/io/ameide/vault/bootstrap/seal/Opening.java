package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Opens sealed nodes: with the shares in custody, or, where something else unseals them, by waiting for it. */
public final class Opening {

    private static final Duration POLL = Duration.ofMillis(200);

    private final Cluster cluster;
    private final KeyStore custody;
    private final Waiter waiter;
    private final Duration limit;

    /** @param limit how long a node may take to open itself, or to open once it has the shares */
    public Opening(Cluster cluster, KeyStore custody, Waiter waiter, Duration limit) {
        this.cluster = cluster;
        this.custody = custody;
        this.waiter = waiter;
        this.limit = limit;
    }

    Duration limit() {
        return limit;
    }

    /**
     * Opens nodes that are initialized and sealed, all at the same time. What keeps one shut is noted in the work.
     *
     * @return those that took the shares in custody and are open
     */
    List<VaultNode> open(Work work, List<VaultNode> sealed) {
        if (sealed.isEmpty()) {
            return List.of();
        }
        KeyMaterial keys = keys();
        List<VaultNode> opened = new CopyOnWriteArrayList<>();
        Parallel.forEach(sealed, sealed.size(), node -> work.part(() -> open(work, node, keys, opened)));
        return List.copyOf(opened);
    }

    private KeyMaterial keys() {
        return custody.read()
                .initialized()
                .orElseThrow(() -> new ProblemException(Problem.blocked(
                        "a node is sealed and %s holds no shares".formatted(custody.description()),
                        "put the shares there, or unseal by hand")));
    }

    private void open(Work work, VaultNode node, KeyMaterial keys, List<VaultNode> opened) {
        SealStatus status = cluster.look(node);
        if (status.removed()) {
            throw new ProblemException(Problem.blocked(
                    "%s was removed from its cluster, and no share opens it".formatted(node.address()),
                    "wipe its storage and restart it to have it join anew, or take it off the list"));
        }
        if (keys.kind() == KeyMaterial.ShareKind.RECOVERY) {
            if (!opens(node)) {
                work.waitFor("%s is sealed and has not unsealed itself %s; its log says what its %s seal lacks"
                        .formatted(node.address(), soFar(), status.type()));
            }
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
        work.change(new Change("node " + node.address(), "unseal"), () -> {
            unseal(work, node, keys, status.progress() > 0);
            if (opens(node)) {
                opened.add(node);
            } else {
                work.waitFor("%s took the shares and has not opened %s; does it reach the leader's cluster port?"
                        .formatted(node.address(), soFar()));
            }
        });
    }

    /** How long was waited for what did not come, for people. */
    String soFar() {
        return waiter.futile() ? "yet, when the tick was asked to stop" : "within %d s".formatted(limit.toSeconds());
    }

    /** A node that has just joined opens a moment after its last share: first it has to hear from the leader. */
    private boolean opens(VaultNode node) {
        return waiter.until(() -> Optional.of(cluster.look(node)).filter(Opening::isOpen), POLL, limit)
                .isPresent();
    }

    /** An open node tells its cluster, which custody is bound to before anything else is sent. */
    private static boolean isOpen(SealStatus status) {
        return !status.sealed() && status.clusterId().isPresent();
    }

    /**
     * With the set of shares in use, or else with one that is aside: then a snapshot of its cluster was restored here, and
     * it is the one to use from now on.
     *
     * @param begun whether somebody gave shares before
     */
    private void unseal(Work work, VaultNode node, KeyMaterial keys, boolean begun) {
        try {
            unseal(node, keys.shares(), begun);
        } catch (OtherSharesException e) {
            KeyMaterial fitting = keys.aside().stream()
                    .filter(other -> !other.shares().isEmpty() && isOpenedBy(node, other))
                    .findFirst()
                    .orElseThrow(() -> e);
            use(work, fitting);
        }
    }

    /** One after the other: several nodes that are opened at the same time find out the same. */
    private synchronized void use(Work work, KeyMaterial fitting) {
        KeyMaterial before = custody.read().material().orElse(fitting);
        if (!before.equals(custody.update(current -> current.exchangedFor(fitting)))) {
            work.change(new Change(custody.description(), "use the shares that were aside"), () -> {});
        }
    }

    private boolean isOpenedBy(VaultNode node, KeyMaterial other) {
        try {
            unseal(node, other.shares(), false);
            return true;
        } catch (OtherSharesException e) {
            return false;
        }
    }

    /** The node takes none of these shares for its own. */
    private static final class OtherSharesException extends ProblemException {

        private static final long serialVersionUID = 1L;

        private OtherSharesException(Problem problem, NodeException cause) {
            super(problem, cause);
        }
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
                throw new OtherSharesException(
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

    /** Whether the node has all that it asked for: it counts anew once it has tried them. */
    private static boolean giveShares(VaultNode node, List<Sensitive> shares) {
        for (Sensitive share : shares) {
            SealStatus answer = node.unseal(share);
            if (!answer.sealed() || answer.progress() == 0) {
                return true;
            }
        }
        return false;
    }
}
