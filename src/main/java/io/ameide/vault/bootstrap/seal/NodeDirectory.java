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
     */
    record Listing(List<NodeAddress> nodes, List<String> awaited) {
        public Listing {
            nodes = List.copyOf(nodes);
            awaited = List.copyOf(awaited);
        }
    }

    /** @throws io.ameide.vault.bootstrap.kubernetes.ApiServerException where an API server is asked and does not tell */
    Listing list();
}
