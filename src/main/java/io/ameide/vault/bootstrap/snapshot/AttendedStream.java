package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A stream that does not wait for ever: when nothing comes for as long as the limit, it is closed and reading fails. The
 * whole may take as long as it takes. It reads ahead, up to a megabyte, so that what comes next arrives while the last is
 * looked at.
 */
final class AttendedStream extends InputStream {

    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int CHUNKS_AHEAD = 16;

    private final InputStream source;
    private final Duration limit;
    private final BlockingQueue<Arrival> arrivals = new ArrayBlockingQueue<>(CHUNKS_AHEAD);
    private final Thread reader = Thread.ofVirtual().unstarted(this::readAhead);

    private volatile boolean abandoned;

    private Arrival last = new Arrival.Chunk(new byte[0]);
    private byte[] chunk = {};
    private int position;

    AttendedStream(InputStream source, Duration limit) {
        this.source = source;
        this.limit = limit;
    }

    /** What reading has brought. */
    private sealed interface Arrival {

        record Chunk(byte[] bytes) implements Arrival {}

        record End() implements Arrival {}

        record Broken(IOException cause) implements Arrival {}

        record Failed(RuntimeException cause) implements Arrival {}

        record Fatal(Error cause) implements Arrival {}
    }

    private void readAhead() {
        byte[] buffer = new byte[CHUNK_BYTES];
        try {
            Arrival arrival;
            do {
                arrival = arrive(buffer);
                arrivals.put(arrival);
            } while (arrival instanceof Arrival.Chunk && !abandoned);
        } catch (InterruptedException e) {
            // Nobody wants more.
        }
    }

    private Arrival arrive(byte[] buffer) {
        try {
            int read = source.read(buffer);
            return read < 0 ? new Arrival.End() : new Arrival.Chunk(Arrays.copyOf(buffer, read));
        } catch (IOException e) {
            return new Arrival.Broken(e);
        } catch (RuntimeException e) {
            return new Arrival.Failed(e);
        } catch (Error e) {
            return new Arrival.Fatal(e);
        }
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
        while (position == chunk.length) {
            if (last instanceof Arrival.Chunk) {
                last = next();
            }
            switch (last) {
                case Arrival.Chunk(byte[] bytes) -> {
                    chunk = bytes;
                    position = 0;
                }
                case Arrival.End() -> {
                    return -1;
                }
                case Arrival.Broken(IOException cause) -> throw cause;
                case Arrival.Failed(RuntimeException cause) -> throw cause;
                case Arrival.Fatal(Error cause) -> throw cause;
            }
        }
        int read = Math.min(length, chunk.length - position);
        System.arraycopy(chunk, position, target, offset, read);
        position += read;
        return read;
    }

    private Arrival next() throws IOException {
        if (reader.getState() == Thread.State.NEW) {
            reader.start();
        }
        try {
            Arrival next = arrivals.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (next == null) {
                abandon();
                throw new SilenceException(limit);
            }
            return next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading", e);
        }
    }

    /** Some streams let nobody close them while somebody reads: whoever gave up must not wait for that. */
    private void abandon() {
        abandoned = true;
        // A source may swallow an interrupt: with room for what it then brings, its thread still ends.
        reader.interrupt();
        arrivals.clear();
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
        boolean reading = reader.getState() != Thread.State.NEW && last instanceof Arrival.Chunk;
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
