package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Takes an archive that is many times as large as the heap of the process that takes it. */
class ConstantMemoryTest {

    private static final int HEAP_MEGABYTES = 40;
    private static final int ARCHIVE_MEGABYTES = 160;
    private static final int MEGABYTE = 1024 * 1024;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"plain", "encrypted"})
    void archiveMayBeManyTimesAsLargeAsTheHeap(String how) throws IOException, InterruptedException {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx%dm".formatted(HEAP_MEGABYTES),
                        // One of its threads may otherwise find no room beside the garbage of another.
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Taking.class.getName(),
                        folder.toString(),
                        how)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();

        assertThat(process.waitFor()).as(() -> text(log)).isZero();

        assertThat(text(log)).contains("stored and read back ");
        try (var stored = Files.list(folder.resolve("target"))) {
            assertThat(stored.mapToLong(file -> file.toFile().length()).max().orElse(0))
                    .isGreaterThan((long) ARCHIVE_MEGABYTES * MEGABYTE);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What runs in the small heap: all from the stream of the server to the manifest. */
    static final class Taking {

        private Taking() {}

        public static void main(String[] args) throws Exception {
            Path folder = Path.of(args[0]);
            List<PgpEncryption> recipients =
                    args[1].equals("encrypted") ? List.of(recipient(folder.resolve("key.asc"))) : List.of();
            SpoolFolder spool = new SpoolFolder(folder.resolve("spool"));
            SnapshotTarget target = new SnapshotTarget(
                    "local", new FolderStore(folder.resolve("target")), spool, Duration.ofMinutes(5));
            PipedOutputStream sending = new PipedOutputStream();
            PipedInputStream received = new PipedInputStream(sending, 64 * 1024);
            Thread.ofPlatform().daemon().start(() -> send(sending));
            try (Spooled snapshot =
                    spool.take("snapshot", new AttendedStream(received, Duration.ofMinutes(5)), recipients)) {
                SnapshotManifest manifest = SnapshotManifest.of(
                        snapshot.archive(),
                        snapshot.file(),
                        snapshot.recipients(),
                        Manifests.provenance("id", "large", Instant.now()));
                target.store(snapshot, manifest);
                System.out.println("stored and read back " + manifest.archive());
            }
        }

        private static PgpEncryption recipient(Path file) throws Exception {
            Files.writeString(file, PgpHolder.named("alice").armoredKey());
            return new PgpEncryption(PgpKey.read(file), Instant.now());
        }

        private static void send(OutputStream to) {
            try (to) {
                archive(to);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void archive(OutputStream out) throws IOException {
            long size = (long) ARCHIVE_MEGABYTES * MEGABYTE;
            byte[] meta = Archives.meta(4711, size).getBytes(StandardCharsets.UTF_8);
            MessageDigest digest = Sha256.digest();
            // What is encrypted cannot be packed: storing it takes as many bytes and less time.
            try (OutputStream gzip = new GZIPOutputStream(out) {
                        {
                            def.setLevel(Deflater.NO_COMPRESSION);
                        }
                    };
                    TarArchiveOutputStream tar = new TarArchiveOutputStream(new Unclosed(gzip), 512)) {
                member(tar, "meta.json", meta);
                Archives.header(tar, "state.bin", size);
                byte[] random = new byte[MEGABYTE];
                new Random(1).nextBytes(random);
                for (int i = 0; i < ARCHIVE_MEGABYTES; i++) {
                    tar.write(random);
                    digest.update(random);
                }
                tar.closeArchiveEntry();
                String sums = Archives.sumLine(meta, "meta.json")
                        + HexFormat.of().formatHex(digest.digest()) + "  state.bin\n";
                member(tar, "SHA256SUMS", sums.getBytes(StandardCharsets.UTF_8));
                member(tar, "SHA256SUMS.sealed", new byte[] {1});
            }
        }

        private static void member(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
            Archives.header(tar, name, content.length);
            tar.write(content);
            tar.closeArchiveEntry();
        }
    }

    /** Written through whole; closed by its owner. */
    private static final class Unclosed extends FilterOutputStream {

        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
