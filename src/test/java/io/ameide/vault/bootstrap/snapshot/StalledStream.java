package io.ameide.vault.bootstrap.snapshot;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;

/** A stream that says nothing more after some bytes, until it is closed. */
final class StalledStream extends FilterInputStream {

    private final CountDownLatch closed = new CountDownLatch(1);
    private long left;

    StalledStream(InputStream source, long bytes) {
        super(source);
        this.left = bytes;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("closed");
        }
        int read = super.read(buffer, offset, (int) Math.min(length, left));
        left -= Math.max(read, 0);
        return read;
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        super.close();
    }
}
