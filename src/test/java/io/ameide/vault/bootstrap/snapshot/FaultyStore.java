package io.ameide.vault.bootstrap.snapshot;

import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A real place in which a test lets one thing go wrong that no real one does on demand. */
public abstract class FaultyStore implements ObjectStore {

    private final ObjectStore real;

    public FaultyStore(ObjectStore real) {
        this.real = real;
    }

    @Override
    public String description() {
        return real.description();
    }

    @Override
    public List<StoredObject> list() {
        return real.list();
    }

    @Override
    public void put(String name, LocalFile content) {
        real.put(name, content);
    }

    @Override
    public Optional<SpoolFolder> spool() {
        return real.spool();
    }

    @Override
    public InputStream open(String name) {
        return real.open(name);
    }

    @Override
    public void delete(String name) {
        real.delete(name);
    }

    @Override
    public List<Leftover> leftovers(Instant before) {
        return real.leftovers(before);
    }
}
