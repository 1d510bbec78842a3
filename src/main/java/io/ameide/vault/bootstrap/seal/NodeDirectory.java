package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.vault.NodeAddress;

import java.util.List;

/** Knows where the nodes of the cluster are. Asked again for as long as some are awaited. */
@FunctionalInterface
public interface NodeDirectory {

    /**
     * What is known now.
     *
     * @param nodes those that can be asked, always in the same order
     * @param awaited why others that belong to the cluster cannot be asked yet, one line each
     * @param leaving which others are about to end, one line each: they are awaited only while no node is initialized, since
     *     they may come back with a cluster in their storage
     */
    record Listing(List<NodeAddress> nodes, List<String> awaited, List<String> leaving) {
        public Listing {
            nodes = List.copyOf(nodes);
            awaited = List.copyOf(awaited);
            leaving = List.copyOf(leaving);
        }

        public Listing(List<NodeAddress> nodes, List<String> awaited) {
            this(nodes, awaited, List.of());
        }
    }

    /** @throws io.ameide.vault.bootstrap.kubernetes.ApiServerException where an API server is asked and does not tell */
    Listing list();
}
