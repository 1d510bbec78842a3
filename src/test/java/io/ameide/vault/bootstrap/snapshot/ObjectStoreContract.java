package io.ameide.vault.bootstrap.snapshot;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What every place for snapshots does, whatever it is. */
abstract class ObjectStoreContract {

    @TempDir
    private Path local;

    /** A place that holds nothing, the same one throughout a test. */
    abstract ObjectStore store();

    /** Larger than what the store sends in one part, so that a test sees more than one of them. */
    abstract int severalParts();

    @Test
    void holdsNothingAtFirst() {
        assertThat(store().list()).isEmpty();
    }

    @Test
    void whatWasPutIsListedAndReadBack() throws IOException {
        byte[] content = bytes(1, 10_000);
        Instant before = Instant.now().minus(Duration.ofMinutes(5));

        store().put("a.snap", file(content));

        assertThat(store().list()).singleElement().satisfies(object -> {
            assertThat(object.name()).isEqualTo("a.snap");
            assertThat(object.sizeBytes()).isEqualTo(10_000);
            assertThat(object.modified()).isAfter(before);
        });
        assertThat(read("a.snap")).isEqualTo(content);
    }

    @Test
    void emptyFileIsAnObjectToo() throws IOException {
        store().put("empty.snap", file(new byte[0]));

        assertThat(store().list()).extracting(StoredObject::sizeBytes).containsExactly(0L);
        assertThat(read("empty.snap")).isEmpty();
    }

    @Test
    void fileOfSeveralPartsIsReadBackWhole() throws IOException {
        byte[] content = bytes(2, severalParts());

        store().put("large.snap", file(content));

        assertThat(store().list()).extracting(StoredObject::sizeBytes).containsExactly((long) content.length);
        assertThat(Archives.sha256(read("large.snap"))).isEqualTo(Archives.sha256(content));
    }

    @Test
    void nameThatIsTakenIsNeverOverwritten() throws IOException {
        byte[] first = bytes(3, 100);
        store().put("a.snap", file(first));

        assertThatThrownBy(() -> store().put("a.snap", file(bytes(4, 100)))).isInstanceOf(StoreException.Exists.class);
        assertThatThrownBy(() -> store().put("a.snap", file(bytes(4, severalParts()))))
                .isInstanceOf(StoreException.Exists.class);

        assertThat(read("a.snap")).isEqualTo(first);
    }

    @Test
    void oneOfManyThatPutUnderOneNameWins() throws Exception {
        List<Callable<Integer>> puts = IntStream.range(0, 8)
                .<Callable<Integer>>mapToObj(seed -> () -> {
                    try {
                        store().put("a.snap", file(bytes(seed, 1000)));
                        return seed;
                    } catch (StoreException.Exists e) {
                        return -1;
                    }
                })
                .toList();

        List<Integer> winners;
        try (ExecutorService threads = Executors.newFixedThreadPool(puts.size())) {
            winners = threads.invokeAll(puts).stream()
                    .map(ObjectStoreContract::result)
                    .filter(seed -> seed >= 0)
                    .toList();
        }

        assertThat(winners).hasSize(1);
        assertThat(read("a.snap")).isEqualTo(bytes(winners.getFirst(), 1000));
        assertThat(store().list()).hasSize(1);
    }

    @Test
    void contentThatIsNotWhatItsChecksumSaysIsNotStored() {
        LocalFile honest = file(bytes(5, 1000));
        LocalFile damaged = new LocalFile(honest.path(), honest.sizeBytes(), "0".repeat(64));

        assertThatThrownBy(() -> store().put("a.snap", damaged))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("a.snap");

        assertThat(store().list()).isEmpty();
        assertThatThrownBy(() -> read("a.snap")).isInstanceOf(StoreException.Missing.class);
    }

    @Test
    void objectThatIsNotThereIsMissingAndNamed() {
        store().put("a.snap", file(bytes(6, 10)));

        assertThatThrownBy(() -> read("b.snap"))
                .isInstanceOf(StoreException.Missing.class)
                .hasMessageContaining("b.snap");
    }

    @Test
    void deletedObjectIsGoneAndMayBeDeletedAgain() {
        store().put("a.snap", file(bytes(7, 10)));
        store().put("b.snap", file(bytes(8, 10)));

        store().delete("a.snap");

        assertThat(store().list()).extracting(StoredObject::name).containsExactly("b.snap");
        assertThatThrownBy(() -> read("a.snap")).isInstanceOf(StoreException.Missing.class);
        assertThatCode(() -> store().delete("a.snap")).doesNotThrowAnyException();
        assertThatCode(() -> store().put("a.snap", file(bytes(9, 10)))).doesNotThrowAnyException();
    }

    @Test
    void cleaningUpLeavesWhatIsWhole() throws IOException {
        byte[] content = bytes(10, 10);
        store().put("a.snap", file(content));

        assertThat(store().leftovers(Instant.now().plus(Duration.ofDays(1)))).isEmpty();

        assertThat(read("a.snap")).isEqualTo(content);
    }

    final LocalFile file(byte[] content) {
        try {
            Path path = Files.write(Files.createTempFile(local, "local", ""), content);
            return new LocalFile(path, content.length, Archives.sha256(content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    final byte[] read(String name) throws IOException {
        try (InputStream in = store().open(name)) {
            return in.readAllBytes();
        }
    }

    static byte[] bytes(long seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static int result(Future<Integer> future) {
        try {
            return future.get();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
