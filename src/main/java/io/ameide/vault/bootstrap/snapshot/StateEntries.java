package io.ameide.vault.bootstrap.snapshot;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Counts the storage entries in {@code state.bin} as it streams by, by the first part of their keys, and those that mean
 * work outside the server. Values, which the barrier encrypted, are passed over.
 *
 * <p>Vault and OpenBao write every entry of their storage as a protocol buffer with its length, a varint, before it:
 * {@code message StorageEntry { string key = 1; bytes value = 2; }} ({@code FSM.writeTo} in their {@code physical/raft}).
 * No reader of theirs promises that layout, so that anything else is no fault: nothing is counted then.
 */
final class StateEntries {

    /** A mount or two, and what the core keeps: far fewer than this. */
    private static final int MOST_PREFIXES = 64;

    private static final int MOST_PREFIX_BYTES = 64;

    /** What follows in a longer one makes at most the lease of a token look like one of a secret. */
    private static final int MOST_KEY_BYTES = 512;

    private static final String ENGINES = "logical";

    /** More than a server can do with. What further ones have is counted, and not by engine. */
    private static final int MOST_ENGINES = 10_000;

    private static final int KEY = 1;
    private static final int WIRE_VARINT = 0;
    private static final int WIRE_BYTES = 2;

    private enum Expected {
        ENTRY_LENGTH,
        TAG,
        VARINT_VALUE,
        FIELD_LENGTH,
        FIELD
    }

    private final SortedMap<String, Long> counts = new TreeMap<>();
    private final SortedMap<String, Long> engines = new TreeMap<>();
    private final OutsideWork.Tally outside = new OutsideWork.Tally();
    private final ByteArrayOutputStream key = new ByteArrayOutputStream();
    private Expected expected = Expected.ENTRY_LENGTH;
    private long varint;
    private int shift;
    private long entryLeft;
    private long fieldLeft;
    private int field;
    private boolean hasKey;
    private boolean unknown;

    void accept(byte[] bytes, int length) {
        int position = 0;
        while (position < length && !unknown) {
            if (expected == Expected.FIELD) {
                position += field(bytes, position, length);
            } else {
                varint(bytes[position++]);
            }
        }
    }

    private int field(byte[] bytes, int position, int length) {
        int part = (int) Math.min(length - position, fieldLeft);
        if (field == KEY) {
            key.write(bytes, position, Math.min(part, MOST_KEY_BYTES - key.size()));
        }
        fieldLeft -= part;
        entryLeft -= part;
        if (fieldLeft == 0) {
            endField();
        }
        return part;
    }

    private void varint(byte next) {
        if (expected != Expected.ENTRY_LENGTH && entryLeft-- == 0 || shift > 56) {
            unknown = true;
            return;
        }
        varint |= (next & 0x7fL) << shift;
        shift += 7;
        if (next >= 0) {
            long value = varint;
            varint = 0;
            shift = 0;
            act(value);
        }
    }

    private void act(long value) {
        switch (expected) {
            case ENTRY_LENGTH -> {
                entryLeft = value;
                hasKey = false;
                key.reset();
                unknown = value == 0;
                expected = Expected.TAG;
            }
            case TAG -> {
                field = (int) (value >>> 3);
                int wire = (int) (value & 7);
                unknown = wire != WIRE_VARINT && wire != WIRE_BYTES || field == KEY && (wire != WIRE_BYTES || hasKey);
                expected = wire == WIRE_BYTES ? Expected.FIELD_LENGTH : Expected.VARINT_VALUE;
            }
            case VARINT_VALUE -> endField();
            case FIELD_LENGTH -> {
                fieldLeft = value;
                hasKey |= field == KEY;
                unknown = value > entryLeft;
                expected = Expected.FIELD;
                if (value == 0) {
                    endField();
                }
            }
            case FIELD -> throw new IllegalStateException("a field is no varint");
        }
    }

    private void endField() {
        expected = Expected.TAG;
        if (entryLeft == 0) {
            expected = Expected.ENTRY_LENGTH;
            unknown |= !hasKey;
            count(key.toString(StandardCharsets.UTF_8));
        }
    }

    private void count(String name) {
        int end = name.indexOf('/');
        String prefix = end < 0 ? name : name.substring(0, end);
        unknown |= prefix.length() > MOST_PREFIX_BYTES || !prefix.chars().allMatch(c -> c >= '!' && c <= '~');
        counts.merge(prefix, 1L, Long::sum);
        unknown |= counts.size() > MOST_PREFIXES;
        if (prefix.equals(ENGINES)) {
            countEngine(name.substring(Math.min(name.length(), end + 1)));
        }
        outside.see(name);
    }

    private void countEngine(String name) {
        int end = name.indexOf('/');
        String id = end < 0 ? name : name.substring(0, end);
        if (engines.containsKey(id) || engines.size() < MOST_ENGINES && id.length() <= MOST_PREFIX_BYTES) {
            engines.merge(id, 1L, Long::sum);
        }
    }

    /** To be asked at the end; empty where the layout is another one. */
    SortedMap<String, Long> counts() {
        return unknown || expected != Expected.ENTRY_LENGTH || shift > 0 ? new TreeMap<>() : counts;
    }

    /** Those of secret engines by the UUID of the engine. To be asked at the end; empty where the layout is another one. */
    SortedMap<String, Long> engines() {
        return counts().isEmpty() ? new TreeMap<>() : engines;
    }

    /** To be asked at the end; nothing where the layout is another one. */
    OutsideWork outside() {
        return counts().isEmpty() ? OutsideWork.NONE : outside.sum();
    }
}
