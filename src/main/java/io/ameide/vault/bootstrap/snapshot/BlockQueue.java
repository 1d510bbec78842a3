package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Brings a stream from the thread that reads it to the thread that uses it. The blocks in between are few and are used
 * again, so that memory does not grow with the stream. A failure of the source reaches the user after everything that came
 * before it.
 */
final class BlockQueue {

    private final InputStream source;
    private final int blockBytes;
    private final BlockingQueue<Arrival> arrivals;
    private final Queue<byte[]> free = new ConcurrentLinkedQueue<>();

    private volatile boolean abandoned;

    private Arrival current;
    private int position;

    /** @param ahead how many blocks may wait; the reading thread holds one more, and the using thread at most two */
    BlockQueue(InputStream source, int blockBytes, int ahead) {
        this.source = source;
        this.blockBytes = blockBytes;
        this.arrivals = new ArrayBlockingQueue<>(ahead);
        this.current = new Arrival.Block(new byte[blockBytes], 0);
    }

    /** What reading has brought. */
    private sealed interface Arrival {

        record Block(byte[] bytes, int length) implements Arrival {}

        record End() implements Arrival {}

        record Broken(IOException cause) implements Arrival {}

        record Failed(RuntimeException cause) implements Arrival {}

        record Fatal(Error cause) implements Arrival {}
    }

    /** Reads the source to its end. The reading thread runs this and nothing else. */
    void fill() {
        try {
            Arrival arrival;
            do {
                arrival = arrive();
                arrivals.put(arrival);
            } while (arrival instanceof Arrival.Block && !abandoned);
        } catch (InterruptedException e) {
            // Nobody wants more.
        }
    }

    private Arrival arrive() {
        byte[] used = free.poll();
        byte[] block = used == null ? new byte[blockBytes] : used;
        try {
            int length = source.read(block);
            return length < 0 ? new Arrival.End() : new Arrival.Block(block, length);
        } catch (IOException e) {
            return new Arrival.Broken(e);
        } catch (RuntimeException e) {
            return new Arrival.Failed(e);
        } catch (Error e) {
            return new Arrival.Fatal(e);
        }
    }

    /**
     * Takes what has arrived, as much as there is room for, and waits only where nothing has.
     *
     * @return how many bytes, negative at the end of the source
     * @throws TimeoutException if nothing arrives within the limit
     */
    int take(byte[] target, int offset, int length, Duration limit)
            throws IOException, InterruptedException, TimeoutException {
        Objects.checkFromIndexSize(offset, length, target.length);
        int taken = 0;
        while (taken < length && (left() > 0 || advance(taken == 0, limit))) {
            int part = Math.min(length - taken, left());
            System.arraycopy(((Arrival.Block) current).bytes(), position, target, offset + taken, part);
            position += part;
            taken += part;
        }
        return taken == 0 && length > 0 ? -1 : taken;
    }

    private int left() {
        return current instanceof Arrival.Block block ? block.length() - position : 0;
    }

    /** Whether there is another block. What is no block stays the current one for ever. */
    private boolean advance(boolean waiting, Duration limit)
            throws IOException, InterruptedException, TimeoutException {
        while (left() == 0) {
            if (current instanceof Arrival.Block used) {
                if (!waiting && !(arrivals.peek() instanceof Arrival.Block)) {
                    return false;
                }
                Arrival next = arrivals.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (next == null) {
                    throw new TimeoutException();
                }
                free.add(used.bytes());
                current = next;
                position = 0;
            }
            switch (current) {
                case Arrival.Block block -> {}
                case Arrival.End end -> {
                    return false;
                }
                case Arrival.Broken(IOException cause) -> throw cause;
                case Arrival.Failed(RuntimeException cause) -> throw cause;
                case Arrival.Fatal(Error cause) -> throw cause;
            }
        }
        return true;
    }

    /** Whether the source has no more to give, by its end or by a failure. */
    boolean ended() {
        return !(current instanceof Arrival.Block);
    }

    /**
     * Nobody takes any more. Interrupted after this, the reading thread ends, even where the source swallows the interrupt:
     * there is room for what it brings.
     */
    void abandon() {
        abandoned = true;
        arrivals.clear();
    }
}
