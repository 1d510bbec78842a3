package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * Reads a stream in a thread of its own, so that what reading it costs and what its reader does with it keep two cores
 * busy. Once this is closed, that thread has ended; the stream itself stays open.
 */
final class ReadAhead extends InputStream {

    private static final int BLOCK_BYTES = 128 * 1024;
    private static final int BLOCKS_AHEAD = 8;

    /** The source has a limit of its own, or needs none. */
    private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofMillis(Long.MAX_VALUE);

    private final BlockQueue blocks;

    /** Not a virtual one: it computes, and would keep those of other streams from their turn. */
    private final Thread reader;

    ReadAhead(InputStream source) {
        this.blocks = new BlockQueue(source, BLOCK_BYTES, BLOCKS_AHEAD);
        this.reader = Thread.ofPlatform().daemon().name("snapshot").start(blocks::fill);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            return blocks.take(target, offset, length, AS_LONG_AS_IT_TAKES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading", e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("there is no limit", e);
        }
    }

    @Override
    public void close() {
        if (!blocks.ended()) {
            blocks.abandon();
            reader.interrupt();
        }
        boolean interrupted = false;
        while (true) {
            try {
                reader.join();
                break;
            } catch (InterruptedException e) {
                // What it reads and writes is about to be closed and deleted: not under its hands.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
