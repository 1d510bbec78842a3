package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(60)
class AttendedStreamTest {

    @Test
    void everythingComesThrough() throws IOException {
        byte[] content = ObjectStoreContract.bytes(1, 300_000);

        try (InputStream stream = new AttendedStream(new ByteArrayInputStream(content), Duration.ofSeconds(30))) {
            assertThat(stream.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void silenceEndsIt() throws IOException {
        InputStream source = new StalledStream(new ByteArrayInputStream(new byte[100]), 10);

        try (InputStream stream = new AttendedStream(source, Duration.ofMillis(50))) {
            assertThat(stream.readNBytes(10)).hasSize(10);
            assertThatThrownBy(stream::read)
                    .isInstanceOf(AttendedStream.SilenceException.class)
                    .hasMessage("nothing came for 50 ms");
        }
    }

    @Test
    void sourceThatCannotBeClosedWhileItIsReadIsLeftAlone() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        InputStream stuck = new InputStream() {
            @Override
            public synchronized int read() throws IOException {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    return stubborn();
                }
                return -1;
            }

            private int stubborn() throws IOException {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return -1;
            }

            @Override
            public synchronized void close() {}
        };

        try (InputStream stream = new AttendedStream(stuck, Duration.ofMillis(50))) {
            assertThatThrownBy(stream::read).isInstanceOf(AttendedStream.SilenceException.class);
        } finally {
            never.countDown();
        }
    }

    @Test
    void brokenSourceIsTheSourcesOwnFailure() throws IOException {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }
        };

        try (InputStream stream = new AttendedStream(broken, Duration.ofSeconds(30))) {
            assertThatThrownBy(stream::read).isInstanceOf(IOException.class).hasMessage("connection reset");
            assertThatThrownBy(stream::read).isInstanceOf(IOException.class).hasMessage("connection reset");
        }
    }

    @Test
    void errorOfTheSourceIsNotTakenForSilence() throws IOException {
        InputStream broken = new InputStream() {
            @Override
            public int read() {
                throw new NoClassDefFoundError("a class");
            }
        };

        try (InputStream stream = new AttendedStream(broken, Duration.ofMinutes(5))) {
            assertThatThrownBy(stream::read).isInstanceOf(NoClassDefFoundError.class);
        }
    }

    @Test
    void whatCameBeforeAFailureIsStillRead() throws IOException {
        InputStream broken = new SequenceInputStream(
                new ByteArrayInputStream(ObjectStoreContract.bytes(1, 200_000)), new InputStream() {
                    @Override
                    public int read() {
                        throw new IllegalStateException("gone");
                    }
                });

        try (InputStream stream = new AttendedStream(broken, Duration.ofSeconds(30))) {
            assertThat(stream.readNBytes(200_000)).isEqualTo(ObjectStoreContract.bytes(1, 200_000));
            assertThatThrownBy(stream::read)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("gone");
        }
    }

    @Test
    void noMoreThanAMegabyteIsReadAhead() throws Exception {
        AtomicLong given = new AtomicLong();
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return given.incrementAndGet() > 0 ? 0 : -1;
            }
        };

        try (InputStream stream = new AttendedStream(endless, Duration.ofSeconds(30))) {
            stream.readNBytes(64 * 1024);
            // One chunk was taken, sixteen wait, and one more is in the hand of the reader.
            long ahead = 18 * 64 * 1024;
            Waiter.REAL.until(
                    () -> given.get() >= ahead ? Optional.of(ahead) : Optional.empty(),
                    Duration.ofMillis(5),
                    Duration.ofSeconds(30));
            Thread.sleep(Duration.ofMillis(200));
            assertThat(given.get()).isEqualTo(ahead);
        }
    }

    @Test
    void streamIsClosedWhetherItEndedOrNot() throws Exception {
        for (int wanted : List.of(0, 10, 300_000)) {
            CountDownLatch closed = new CountDownLatch(1);
            InputStream source = new FilterInputStream(new ByteArrayInputStream(new byte[250_000])) {
                @Override
                public void close() {
                    closed.countDown();
                }
            };
            try (InputStream stream = new AttendedStream(source, Duration.ofSeconds(30))) {
                stream.readNBytes(wanted);
            }
            assertThat(closed.await(30, TimeUnit.SECONDS))
                    .as("after %d bytes", wanted)
                    .isTrue();
        }
    }
}
