package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.SnapshotSchedule;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;

import java.util.List;

/**
 * Places for snapshots that are ready for use, until they are closed.
 *
 * @param stores what is behind the destinations
 */
record OpenTargets(List<TakeSnapshot.Destination> destinations, List<ObjectStore> stores) implements AutoCloseable {

    OpenTargets {
        destinations = List.copyOf(destinations);
        stores = List.copyOf(stores);
    }

    /** The same, for who takes a snapshot whether or not one is due. */
    List<TakeSnapshot.Destination> dueNow() {
        return destinations.stream()
                .map(destination -> destination.with(new SnapshotSchedule.Always()))
                .toList();
    }

    @Override
    public void close() {
        stores.forEach(ObjectStore::close);
    }
}
