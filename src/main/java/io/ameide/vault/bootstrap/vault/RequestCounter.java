package io.ameide.vault.bootstrap.vault;

import java.util.concurrent.atomic.LongAdder;

/** Counts requests as they are sent, answered or not. Safe for concurrent use. */
public final class RequestCounter {

    enum Kind {
        READ,
        WRITE,
        SESSION
    }

    private final LongAdder reads = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder sessions = new LongAdder();

    void count(Kind kind) {
        switch (kind) {
            case READ -> reads.increment();
            case WRITE -> writes.increment();
            case SESSION -> sessions.increment();
        }
    }

    public RequestCount count() {
        return new RequestCount(reads.sum(), writes.sum(), sessions.sum());
    }
}
