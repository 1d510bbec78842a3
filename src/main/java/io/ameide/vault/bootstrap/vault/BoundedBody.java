package io.ameide.vault.bootstrap.vault;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A body that ends: the JDK's time limit of a request is over once the headers are there, and a body may then stall,
 * trickle or go on for ever.
 */
final class BoundedBody<T> implements BodySubscriber<T> {

    /**
     * What a body may take.
     *
     * @param bytes at most
     * @param pause from one part to the next
     * @param whole from the headers to the end
     */
    record Limits(long bytes, Duration pause, Duration whole) {}

    /** More than a server's limit for what is sent to it in one request. */
    static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;

        private TooLargeException(long bytes) {
            super("more than %d bytes".formatted(bytes));
        }
    }

    private final BodySubscriber<T> body;
    private final Limits limits;
    private final AtomicBoolean over = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final long begun = System.nanoTime();
    private volatile long last = begun;
    private volatile Subscription subscription;
    private long received;

    BoundedBody(BodySubscriber<T> body, Limits limits) {
        this.body = body;
        this.limits = limits;
    }

    @Override
    public CompletionStage<T> getBody() {
        return body.getBody();
    }

    @Override
    public void onSubscribe(Subscription upstream) {
        subscription = upstream;
        Thread.startVirtualThread(this::watch);
        body.onSubscribe(upstream);
    }

    @Override
    public void onNext(List<ByteBuffer> parts) {
        last = System.nanoTime();
        received += parts.stream().mapToLong(ByteBuffer::remaining).sum();
        if (received > limits.bytes()) {
            fail(new TooLargeException(limits.bytes()));
        } else if (!over.get()) {
            body.onNext(parts);
        }
    }

    @Override
    public void onError(Throwable failure) {
        if (end()) {
            body.onError(failure);
        }
    }

    @Override
    public void onComplete() {
        if (end()) {
            body.onComplete();
        }
    }

    private void watch() {
        try {
            while (!ended.await(left(), TimeUnit.NANOSECONDS)) {
                if (left() <= 0) {
                    fail(new HttpTimeoutException("the body did not end in time"));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long left() {
        long now = System.nanoTime();
        return Math.min(limits.pause().toNanos() - (now - last), limits.whole().toNanos() - (now - begun));
    }

    private void fail(IOException failure) {
        if (end()) {
            // In this order, since canceling completes the body with a failure of its own.
            body.onError(failure);
            subscription.cancel();
        }
    }

    /** @return whether it had not ended before */
    private boolean end() {
        ended.countDown();
        return over.compareAndSet(false, true);
    }
}
