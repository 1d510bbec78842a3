package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.SealStatus;

/** Whether a node is of the cluster whose keys custody holds, which decides whether it may be sent a token. */
public enum ClusterBond {
    /** It says the cluster id that custody has noted. */
    PROVEN,
    /**
     * Custody has noted no id yet, and this is the node that was asked to initialize, with a seal as it was asked for. A tick
     * that was killed after its node had opened leaves this behind.
     */
    NAMED,
    /** Custody has noted no id yet, and nothing else tells. */
    UNKNOWN,
    /** It says another cluster id than custody has noted. */
    FOREIGN,
    /** It is sealed, or empty: then it does not say its cluster. */
    SILENT;

    public static ClusterBond of(KeyMaterial keys, NodeAddress node, SealStatus status) {
        if (status.clusterId().isEmpty()) {
            return SILENT;
        }
        if (keys.clusterId().isPresent()) {
            return keys.clusterId().equals(status.clusterId()) ? PROVEN : FOREIGN;
        }
        boolean sameSeal = keys.shareCount() == status.shares() && keys.threshold() == status.threshold();
        return keys.asked(node) && sameSeal ? NAMED : UNKNOWN;
    }

    /** Of a node of another cluster. */
    public static Problem foreign(KeyMaterial keys, String custody, NodeAddress node, SealStatus status) {
        return Problem.blocked(
                "%s belongs to cluster %s, but %s to cluster %s"
                        .formatted(
                                custody,
                                keys.clusterId().orElse("without an id"),
                                node,
                                status.clusterId().orElse("without an id")),
                "nothing was sent there; point the tool at the right server or at the right custody");
    }

    /** Of a node about which nothing is known. */
    public static Problem unknown(KeyMaterial keys, String custody, NodeAddress node, SealStatus status) {
        return Problem.blocked(
                "%s does not know its cluster's id yet, and nothing proves that %s, of cluster %s, is the cluster that was"
                                .formatted(custody, node, status.clusterId().orElse("without an id"))
                        + " initialized through " + keys.address(),
                "nothing was sent there; point the tool at %s; or, if this is that cluster, add \"clusterId\": \"%s\" to the"
                                .formatted(keys.address(), status.clusterId().orElse(""))
                        + " document in custody");
    }
}
