package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(60)
class ReadAheadTest {

    @Test
    void everythingComesThroughInFewBlocks() {
        byte[] content = ObjectStoreContract.bytes(1, 5_000_000);
        Set<byte[]> blocks = Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
        InputStream source = new ByteArrayInputStream(content) {
            @Override
            public int read(byte[] bytes) throws IOException {
                blocks.add(bytes);
                return super.read(bytes);
            }
        };

        try (ReadAhead ahead = new ReadAhead(source)) {
            assertThat(ahead.readAllBytes()).isEqualTo(content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }

        assertThat(blocks.size()).isLessThanOrEqualTo(11);
    }

    /** What it reads from and writes to is closed next. */
    @Test
    void closedInTheMiddleItReadsNoMore() throws IOException {
        AtomicInteger reads = new AtomicInteger();
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                reads.incrementAndGet();
                return length;
            }
        };

        ReadAhead ahead = new ReadAhead(endless);
        ahead.readNBytes(1_000_000);
        ahead.close();
        int read = reads.get();

        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("snapshot");
        assertThat(reads).hasValue(read);
    }
}
