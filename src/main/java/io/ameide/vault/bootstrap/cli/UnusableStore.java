package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.LocalFile;
import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.StoreException;
import io.ameide.vault.bootstrap.snapshot.StoredObject;
import io.ameide.vault.bootstrap.tick.Problem;

import java.io.InputStream;
import java.time.Instant;
import java.util.List;

/**
 * A place that cannot even be asked, since its credentials are not at hand. It says so when its turn comes: a server is to
 * be unsealed, and other places are to have their snapshots, all the same.
 */
record UnusableStore(String target, String description, Problem problem) implements ObjectStore {

    @Override
    public List<StoredObject> list() {
        throw refusal();
    }

    @Override
    public void put(String name, LocalFile content) {
        throw refusal();
    }

    @Override
    public InputStream open(String name) {
        throw refusal();
    }

    @Override
    public void delete(String name) {
        throw refusal();
    }

    @Override
    public List<Leftover> leftovers(Instant before) {
        throw refusal();
    }

    private StoreException refusal() {
        return new StoreException.Denied(
                "use %s of target %s: %s".formatted(description, target, problem.message()), problem.hint());
    }
}
