package io.ameide.vault.bootstrap.tick;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs the same task for many items on virtual threads, a bounded number at a time. */
public final class Parallel {

    private Parallel() {}

    /** Returns when every task ended. A task is expected to deal with its own failures. */
    public static <T> void forEach(List<T> items, int bound, Consumer<T> task) {
        map(items, bound, item -> {
            task.accept(item);
            return item;
        });
    }

    /** Results in the order of the items. The first failure is thrown after every task ended. */
    public static <T, R> List<R> map(List<T> items, int bound, Function<T, R> task) {
        var permits = new Semaphore(bound);
        List<Future<R>> futures = new ArrayList<>(items.size());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (T item : items) {
                permits.acquireUninterruptibly();
                futures.add(threads.submit(() -> {
                    try {
                        return task.apply(item);
                    } finally {
                        permits.release();
                    }
                }));
            }
        }
        List<R> results = new ArrayList<>(items.size());
        for (Future<R> future : futures) {
            results.add(result(future));
        }
        return results;
    }

    private static <R> R result(Future<R> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("every task has ended", e);
        }
    }
}
