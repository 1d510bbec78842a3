package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Work that a process asked to stop still finishes: from asking for init to the shares being stored. The work runs on its
 * caller's thread; whoever ends the process waits for it with {@link #awaitIdle}.
 */
public final class CriticalSection {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final List<Thread> inside = new ArrayList<>();
    private boolean closing;

    /** Work that may throw a checked exception of its own. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T run() throws X;
    }

    /**
     * Sections may nest, and several threads may be inside.
     *
     * @throws ProblemException if the process is already stopping: the work was not begun
     */
    public <T, X extends Exception> T run(Work<T, X> work) throws X {
        enter();
        try {
            return work.run();
        } finally {
            leave();
        }
    }

    /**
     * Waits until nobody is inside. From the moment it is called no new section begins, for it could not be finished.
     *
     * @return whether nobody is inside any more; false after {@code atMost}, or if the thread was interrupted
     */
    public boolean awaitIdle(Duration atMost) {
        lock.lock();
        try {
            closing = true;
            long nanos = atMost.toNanos();
            while (!inside.isEmpty() && nanos > 0) {
                nanos = idle.awaitNanos(nanos);
            }
            return inside.isEmpty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void enter() {
        lock.lock();
        try {
            if (closing && !inside.contains(Thread.currentThread())) {
                throw new ProblemException(
                        Problem.error("the process was asked to stop: nothing more is begun", "run again"));
            }
            inside.add(Thread.currentThread());
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        lock.lock();
        try {
            inside.remove(Thread.currentThread());
            if (inside.isEmpty()) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
