package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A stream that does not wait for ever: when nothing comes for as long as the limit, it is closed and reading fails. The
 * whole may take as long as it takes.
 */
final class AttendedStream extends InputStream {

    private final InputStream source;
    private final Duration limit;
    private final ExecutorService reader =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().factory());

    /** The reading thread's own, since it may fill it after this side has given up. */
    private final byte[] buffer = new byte[64 * 1024];

    private boolean abandoned;

    AttendedStream(InputStream source, Duration limit) {
        this.source = source;
        this.limit = limit;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        int wanted = Math.min(length, buffer.length);
        Future<Integer> coming = reader.submit(() -> source.read(buffer, 0, wanted));
        try {
            int read = coming.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (read > 0) {
                System.arraycopy(buffer, 0, target, offset, read);
            }
            return read;
        } catch (TimeoutException e) {
            abandon();
            throw new SilenceException(limit, e);
        } catch (ExecutionException e) {
            throw cause(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading", e);
        }
    }

    private static IOException cause(ExecutionException failure) {
        return switch (failure.getCause()) {
            case IOException broken -> broken;
            case RuntimeException other -> throw other;
            default -> new IOException(failure.getCause());
        };
    }

    /** Some streams let nobody close them while somebody reads: whoever gave up must not wait for that. */
    private void abandon() {
        abandoned = true;
        reader.shutdownNow();
        Thread.startVirtualThread(() -> {
            try {
                source.close();
            } catch (IOException e) {
                // Nobody reads it any more.
            }
        });
    }

    @Override
    public void close() throws IOException {
        if (!abandoned) {
            reader.shutdownNow();
            source.close();
        }
    }

    /** Nothing came for too long. */
    static final class SilenceException extends IOException {

        private static final long serialVersionUID = 1L;

        private SilenceException(Duration limit, Throwable cause) {
            super(
                    "nothing came for "
                            + (limit.toMillis() % 1000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms"),
                    cause);
        }
    }
}
