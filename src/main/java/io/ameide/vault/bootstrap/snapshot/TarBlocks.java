package io.ameide.vault.bootstrap.snapshot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The blocks of a tar, with an eye on what the reader above does not look at: it takes a missing end marker for the end,
 * swallows whatever stands in the marker's second block, and buffers extended headers of any length.
 */
final class TarBlocks extends InputStream {

    static final int BLOCK_BYTES = 512;

    /** Between two members stand one header, and where a size needs more than eleven octal digits an extended one. */
    private static final int GAP_BYTES = 64 * 1024;

    private final InputStream unpacked;
    private final ByteArrayOutputStream gap = new ByteArrayOutputStream();
    private boolean inMember;
    private long padding;
    private long position;

    TarBlocks(InputStream unpacked) {
        this.unpacked = unpacked;
    }

    void enterMember(long size) {
        inMember = true;
        padding = Math.floorMod(-size, (long) BLOCK_BYTES);
        gap.reset();
    }

    void leaveMember() {
        inMember = false;
    }

    /**
     * Reads what is left after the last member.
     *
     * @return how many bytes follow the last member and its padding, negative if even that is cut off
     * @throws IOException if one of these bytes is not zero
     */
    long drain() throws IOException {
        long after = gap.size() - padding;
        requireZeros(gap.toByteArray(), gap.size());
        inMember = true;
        byte[] buffer = new byte[8 * 1024];
        for (int read = read(buffer, 0, buffer.length); read >= 0; read = read(buffer, 0, buffer.length)) {
            requireZeros(buffer, read);
            after += read;
        }
        return after;
    }

    private static void requireZeros(byte[] bytes, int length) throws IOException {
        if (!Arrays.equals(bytes, 0, length, new byte[length], 0, length)) {
            throw new IOException("something follows its last member");
        }
    }

    long position() {
        return position;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = unpacked.read(buffer, offset, length);
        if (read > 0) {
            position += read;
            if (!inMember) {
                gap.write(buffer, offset, read);
                if (gap.size() > GAP_BYTES) {
                    throw new IOException("more than %d bytes of headers for one member".formatted(GAP_BYTES));
                }
            }
        }
        return read;
    }
}
