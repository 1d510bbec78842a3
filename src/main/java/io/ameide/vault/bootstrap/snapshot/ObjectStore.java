package io.ameide.vault.bootstrap.snapshot;

import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A place for named objects, with what a folder, S3 and Azure Blob do differently and nothing else. Manifests, reading
 * back, retention and naming are the caller's, once for all of them.
 *
 * <p>Names are plain: {@code [A-Za-z0-9_][A-Za-z0-9._-]*}, at most 200 characters, never a slash. The place may have a
 * prefix of its own, which callers do not see; what lies deeper below it is no object of this place.
 *
 * <p>Every method throws {@link StoreException} and nothing else that a caller could handle. No request may hang: a store
 * bounds each one itself, and may try again what is safe to try again. Only silence in the middle of a stream that
 * {@link #open} gave is bounded by the caller, who then closes the stream from another thread.
 */
public interface ObjectStore extends AutoCloseable {

    /** How a sentence names the place, for example {@code folder /backup}; without credentials. */
    String description();

    /**
     * Every object, in any order, however many there are. Those that are not whole yet are not among them. A place that the
     * first {@link #put} makes is empty until then.
     */
    List<StoredObject> list();

    /**
     * Stores a local file under a name that no object has. Before the whole of it arrived, and its SHA-256 was found right
     * by the store itself, nothing is visible under that name; when this returns, it is as durable as the store makes
     * things. When this throws, nothing of it is visible, unless the answer was lost on the way.
     *
     * <p>A file in this place's own {@link #spool} is taken over instead of copied: it is gone from there, and its SHA-256 is
     * that of what was written to it.
     *
     * <p>Tried again after a lost answer, an object of that name with the same SHA-256 is the one that was put.
     *
     * @throws StoreException.Exists if the name is taken, or another process is about to take it
     * @throws StoreException.Full if there is no room for it
     */
    void put(String name, LocalFile content);

    /** Where a file can be written that {@link #put} then takes over; empty where the place has to copy what it stores. */
    default Optional<SpoolFolder> spool() {
        return Optional.empty();
    }

    /**
     * The content from its first byte. The caller closes the stream. A connection that breaks or ends early is an {@link
     * java.io.IOException} or a {@link StoreException}, never a plain end.
     *
     * @throws StoreException.Missing if there is no such object
     */
    InputStream open(String name);

    /**
     * Makes the object be gone. One that is gone already is fine.
     *
     * @throws StoreException.Locked if a retention rule or a hold of the place keeps it; it must not be hidden either, as a
     *     delete marker would
     */
    void delete(String name);

    /**
     * What an upload of this tool left that was killed: a temporary file, a multipart upload.
     *
     * @param description for people
     * @param removal makes it be gone; what is gone already is fine
     */
    record Leftover(String description, Runnable removal) {}

    /**
     * What was left behind before that. What began later may still be under way, and what is somebody else's is none; nothing
     * is removed by asking.
     */
    List<Leftover> leftovers(Instant before);

    /** Lets go of connections and threads, where it has any; streams that are still open may break. */
    @Override
    default void close() {}
}
