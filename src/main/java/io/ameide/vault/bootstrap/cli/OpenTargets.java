package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;

import java.util.List;

/**
 * Places for snapshots that are ready for use, until they are closed.
 *
 * @param stores what is behind the destinations
 */
record OpenTargets(List<TakeSnapshot.Destination> destinations, List<ObjectStore> stores) implements AutoCloseable {

    /** For who stores nothing and reads nothing. */
    static final OpenTargets NONE = new OpenTargets(List.of(), List.of());

    OpenTargets {
        destinations = List.copyOf(destinations);
        stores = List.copyOf(stores);
    }

    @Override
    public void close() {
        stores.forEach(ObjectStore::close);
    }
}
