package io.ameide.vault.bootstrap.snapshot;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.UnaryOperator;

/**
 * Content of known length from a store. Where the connection ends before it, so does this in an exception: some clients
 * take that for the end.
 */
final class WholeStream extends FilterInputStream {

    private final long bytes;
    private final Runnable abandon;
    private final UnaryOperator<RuntimeException> trouble;
    private long read;

    /**
     * @param abandon ends the connection, for when not all was read: closing might read the rest
     * @param trouble what the client throws in words of this program
     */
    WholeStream(InputStream in, long bytes, Runnable abandon, UnaryOperator<RuntimeException> trouble) {
        super(in);
        this.bytes = bytes;
        this.abandon = abandon;
        this.trouble = trouble;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        try {
            int count = in.read(buffer, offset, length);
            if (count < 0 && read < bytes) {
                throw new EOFException("the connection ended after %,d of %,d bytes".formatted(read, bytes));
            }
            read += Math.max(count, 0);
            return count;
        } catch (RuntimeException e) {
            throw trouble.apply(e);
        }
    }

    @Override
    public long skip(long count) throws IOException {
        return readNBytes((int) Math.min(count, 64 * 1024)).length;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public void close() throws IOException {
        if (read < bytes) {
            abandon.run();
        } else {
            super.close();
        }
    }
}
