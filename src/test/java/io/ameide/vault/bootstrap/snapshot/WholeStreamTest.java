package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class WholeStreamTest {

    private final AtomicBoolean abandoned = new AtomicBoolean();

    @Test
    void contentOfTheRightLengthIsReadToItsEnd() throws IOException {
        try (InputStream in = stream(10, 10)) {
            assertThat(in.readAllBytes()).hasSize(10);
            assertThat(in.read()).isEqualTo(-1);
        }
        assertThat(abandoned).isFalse();
    }

    @Test
    void earlyEndIsNone() {
        assertThatThrownBy(() -> stream(9, 10).readAllBytes())
                .isInstanceOf(EOFException.class)
                .hasMessage("the connection ended after 9 of 10 bytes");
    }

    @Test
    void whatIsNotReadToItsEndIsNotReadWhenItIsClosed() throws IOException {
        try (InputStream in = stream(10, 10)) {
            assertThat(in.read()).isZero();
            assertThat(in.skip(3)).isEqualTo(3);
        }
        assertThat(abandoned).isTrue();
    }

    @Test
    void whatTheClientThrowsIsTranslated() {
        InputStream failing = new InputStream() {
            @Override
            public int read() {
                throw new IllegalArgumentException("as the client says it");
            }
        };
        WholeStream in = new WholeStream(
                failing, 10, () -> abandoned.set(true), e -> new StoreException.Unavailable("as we say it", ""));

        assertThatThrownBy(in::readAllBytes).isInstanceOf(StoreException.Unavailable.class);
    }

    private WholeStream stream(int there, int expected) {
        return new WholeStream(new ByteArrayInputStream(new byte[there]), expected, () -> abandoned.set(true), e -> e);
    }
}
