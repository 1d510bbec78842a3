package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * A stream that does not wait for ever: when nothing comes for as long as the limit, it is closed and reading fails. The
 * whole may take as long as it takes. It reads ahead, up to a megabyte, so that what comes next arrives while the last is
 * looked at.
 */
final class AttendedStream extends InputStream {

    private static final int BLOCK_BYTES = 64 * 1024;
    private static final int BLOCKS_AHEAD = 16;

    private final InputStream source;
    private final Duration limit;
    private final BlockQueue blocks;
    private final Thread reader;

    AttendedStream(InputStream source, Duration limit) {
        this.source = source;
        this.limit = limit;
        this.blocks = new BlockQueue(source, BLOCK_BYTES, BLOCKS_AHEAD);
        this.reader = Thread.ofVirtual().unstarted(blocks::fill);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (reader.getState() == Thread.State.NEW) {
            reader.start();
        }
        try {
            return blocks.take(target, offset, length, limit);
        } catch (TimeoutException e) {
            abandon();
            throw new SilenceException(limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading", e);
        }
    }

    /** Some streams let nobody close them while somebody reads: whoever gave up must not wait for that. */
    private void abandon() {
        blocks.abandon();
        reader.interrupt();
        Thread.startVirtualThread(() -> {
            try {
                source.close();
            } catch (IOException | RuntimeException e) {
                // Nobody reads it any more.
            }
        });
    }

    @Override
    public void close() throws IOException {
        boolean reading = reader.getState() != Thread.State.NEW && !blocks.ended();
        if (reading) {
            abandon();
        } else {
            source.close();
        }
    }

    /** Nothing came for too long. */
    static final class SilenceException extends IOException {

        private static final long serialVersionUID = 1L;

        private SilenceException(Duration limit) {
            super("nothing came for "
                    + (limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms"));
        }
    }
}
