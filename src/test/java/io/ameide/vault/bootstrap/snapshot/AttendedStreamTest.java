package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

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
        }
    }
}
