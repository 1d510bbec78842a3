package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Unpacks exactly one gzip member (RFC 1952) that takes up the whole of its source. The JDK's
 * {@link java.util.zip.GZIPInputStream} would not do: it reads several members as one, ignores what follows the last, and
 * leaves it to the reader whether the trailer is reached at all. A snapshot without its last eight bytes is accepted by
 * the server's restore, so nobody else would notice.
 *
 * <p>Returns the end only after the trailer's CRC and length were found right and nothing follows it. Closing it frees
 * the inflater and leaves the source open.
 */
final class GzipMember extends InputStream {

    private static final int HEADER_BYTES = 10;
    private static final int TRAILER_BYTES = 8;
    private static final int DEFLATE = 8;
    private static final String CUT_SHORT = "the stream ended early: take it again";
    private static final String DAMAGED = "it was damaged on its way or on disk: take it again";

    private final String origin;
    private final InputStream source;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] packed = new byte[64 * 1024];
    private int position;
    private int limit;
    private long packedCount;
    private boolean ended;

    GzipMember(String origin, InputStream source) throws IOException {
        this.origin = origin;
        this.source = source;
        readHeader();
        inflater.setInput(packed, position, limit - position);
    }

    private void readHeader() throws IOException {
        byte[] header = new byte[HEADER_BYTES];
        int read = readPacked(header);
        if (read == 0) {
            throw invalid("it is empty", "the server answered without sending anything: see its log");
        }
        if ((header[0] & 0xff) != 0x1f || (read > 1 && (header[1] & 0xff) != 0x8b)) {
            throw invalid(
                    "it is not gzip",
                    header[0] == '<' || header[0] == '{'
                            ? "it looks like a page or a message: is there a proxy in between?"
                            : "is this the address of the server itself?");
        }
        if (read < HEADER_BYTES) {
            throw invalid("it is truncated in its gzip header, after %d bytes".formatted(packedCount), CUT_SHORT);
        }
        if (header[2] != DEFLATE || header[3] != 0) {
            throw invalid(
                    "its gzip header has method %d and flags %d, which no server writes"
                            .formatted(header[2] & 0xff, header[3] & 0xff),
                    "was it packed again by another tool?");
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        if (ended) {
            return -1;
        }
        try {
            while (true) {
                int unpacked = inflater.inflate(buffer, offset, length);
                if (unpacked > 0) {
                    crc.update(buffer, offset, unpacked);
                    return unpacked;
                }
                if (inflater.finished()) {
                    position = limit - inflater.getRemaining();
                    readTrailer();
                    ended = true;
                    return -1;
                }
                if (inflater.needsDictionary()) {
                    throw new DataFormatException("a dictionary is asked for");
                }
                if (!fill()) {
                    throw invalid(
                            "it is truncated in its compressed data, after %d bytes".formatted(packedCount), CUT_SHORT);
                }
                inflater.setInput(packed, position, limit - position);
            }
        } catch (DataFormatException e) {
            throw new InvalidArchiveException(
                    origin,
                    "its compressed data is damaged within the first %d bytes".formatted(packedCount),
                    DAMAGED,
                    e);
        }
    }

    private void readTrailer() throws IOException {
        byte[] trailer = new byte[TRAILER_BYTES];
        int read = readPacked(trailer);
        if (read < TRAILER_BYTES) {
            throw invalid(
                    "its gzip trailer is missing: %d of %d bytes are there".formatted(read, TRAILER_BYTES), CUT_SHORT);
        }
        if (littleEndian(trailer, 0) != crc.getValue()) {
            throw invalid("its contents do not match the CRC in the gzip trailer", DAMAGED);
        }
        // RFC 1952: the length modulo 2^32.
        if (littleEndian(trailer, 4) != (inflater.getBytesWritten() & 0xffff_ffffL)) {
            throw invalid("its contents do not match the length in the gzip trailer", DAMAGED);
        }
        if (position < limit || fill()) {
            throw invalid(
                    "something follows the end of the gzip archive, at byte %d"
                            .formatted(HEADER_BYTES + inflater.getBytesRead() + TRAILER_BYTES),
                    "two answers may have run into one file: take it again");
        }
    }

    /** Reads packed bytes from what is buffered, then from the source, until the target is full or the source ends. */
    private int readPacked(byte[] target) throws IOException {
        int read = 0;
        while (read < target.length && (position < limit || fill())) {
            int part = Math.min(target.length - read, limit - position);
            System.arraycopy(packed, position, target, read, part);
            position += part;
            read += part;
        }
        return read;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, source.read(packed, 0, packed.length));
        packedCount += limit;
        return limit > 0;
    }

    private static long littleEndian(byte[] bytes, int offset) {
        return (bytes[offset] & 0xffL)
                | (bytes[offset + 1] & 0xffL) << 8
                | (bytes[offset + 2] & 0xffL) << 16
                | (bytes[offset + 3] & 0xffL) << 24;
    }

    private InvalidArchiveException invalid(String flaw, String hint) {
        return new InvalidArchiveException(origin, flaw, hint);
    }

    @Override
    public void close() {
        inflater.end();
    }
}
