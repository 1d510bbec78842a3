package io.ameide.vault.bootstrap.snapshot;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is known of an archive that passed verification. Two archives with equal values are the same bytes.
 *
 * @param sizeBytes of the archive as the server sent it
 * @param sha256 of the archive as the server sent it, in lower-case hex
 * @param index Raft log index up to which the snapshot holds everything
 * @param term Raft term of that index
 * @param snapshotId Raft's own name for it; OpenBao and Vault always say {@code bolt-snapshot}
 * @param version of the layout of {@code meta.json}
 * @param stateSizeBytes of {@code state.bin}, unpacked
 * @param entries how many storage entries there are, by the first part of their keys, for example {@code logical}; empty
 *     where {@code state.bin} is laid out in a way unknown here
 * @param engines how many of them secret engines have, by the UUID of the engine; those of ten thousand at most
 * @param outside what a second server would do with it; nothing also where the entries are not known
 */
public record VerifiedArchive(
        long sizeBytes,
        String sha256,
        long index,
        long term,
        String snapshotId,
        int version,
        long stateSizeBytes,
        SortedMap<String, Long> entries,
        SortedMap<String, Long> engines,
        OutsideWork outside) {

    public VerifiedArchive {
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
        engines = Collections.unmodifiableSortedMap(new TreeMap<>(engines));
    }

    /**
     * How many entries of the engines come and go by themselves: those of a write-ahead log with what its engine does, and
     * those of a cubbyhole, wrapped responses among them, with the token that they belong to.
     *
     * @param cubbyhole UUID of the engine that has them
     */
    public long passing(String cubbyhole) {
        return outside.unfinished() + engines.getOrDefault(cubbyhole, 0L);
    }

    /**
     * Refuses an archive that lacks what the leader had already committed when the snapshot was asked for. OpenBao's
     * standbys answer the request themselves, with what they happen to have, and every checksum is right.
     *
     * @param committedIndex the leader's {@code raft_committed_index} from before the request
     */
    void requireIndex(long committedIndex, String origin) {
        if (index < committedIndex) {
            throw new InvalidArchiveException(
                    origin,
                    "it ends at index %d, but %d was already committed when it was asked for"
                            .formatted(index, committedIndex),
                    "it was taken from a node that lags: ask the leader");
        }
    }
}
