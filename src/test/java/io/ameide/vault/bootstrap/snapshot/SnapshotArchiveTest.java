package io.ameide.vault.bootstrap.snapshot;

import com.sun.management.ThreadMXBean;
import io.ameide.vault.bootstrap.snapshot.Archives.Member;
import io.ameide.vault.bootstrap.tick.Problem.Kind;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

import static io.ameide.vault.bootstrap.snapshot.Archives.INDEX;
import static io.ameide.vault.bootstrap.snapshot.Archives.STATE_BYTES;
import static io.ameide.vault.bootstrap.snapshot.Archives.and;
import static io.ameide.vault.bootstrap.snapshot.Archives.concat;
import static io.ameide.vault.bootstrap.snapshot.Archives.good;
import static io.ameide.vault.bootstrap.snapshot.Archives.gzip;
import static io.ameide.vault.bootstrap.snapshot.Archives.header;
import static io.ameide.vault.bootstrap.snapshot.Archives.members;
import static io.ameide.vault.bootstrap.snapshot.Archives.meta;
import static io.ameide.vault.bootstrap.snapshot.Archives.pack;
import static io.ameide.vault.bootstrap.snapshot.Archives.sumLine;
import static io.ameide.vault.bootstrap.snapshot.Archives.tar;
import static io.ameide.vault.bootstrap.snapshot.Archives.with;
import static io.ameide.vault.bootstrap.snapshot.Archives.without;
import static io.ameide.vault.bootstrap.snapshot.StateEntriesTest.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

class SnapshotArchiveTest {

    private static final String ORIGIN = "snapshot from http://127.0.0.1:8200";

    private final ByteArrayOutputStream spool = new ByteArrayOutputStream();

    @Test
    void wholeArchiveIsSpooledByteByByteAndDescribed() throws IOException {
        byte[] archive = good();

        VerifiedArchive verified = verify(archive);

        assertThat(spool.toByteArray()).isEqualTo(archive);
        assertThat(verified)
                .isEqualTo(new VerifiedArchive(
                        archive.length,
                        Archives.sha256(archive),
                        INDEX,
                        3,
                        "bolt-snapshot",
                        1,
                        STATE_BYTES,
                        new TreeMap<>(),
                        new TreeMap<>(),
                        OutsideWork.NONE));
    }

    @Test
    void entriesThatGoWithTheirTokensAreToldFromThoseThatStay() throws IOException {
        byte[] lasting = concat(entry("core/mounts", 9), entry("logical/1234/data/app", 9));
        byte[] passing = concat(
                entry("logical/1234/wal/0001", 9),
                entry("logical/5678/0u19TMjJvTnUMw8tuaqEKFgz/response", 9),
                entry("logical/5678/0u19TMjJvTnUMw8tuaqEKFgz/wrapinfo", 9));

        VerifiedArchive taken = verify(holding(concat(lasting, passing)));
        VerifiedArchive copy = verify(holding(lasting));

        assertThat(taken.passing("5678")).isEqualTo(3);
        assertThat(copy.passing("5678")).isZero();
        assertThat(taken.entries().get("logical") - taken.passing("5678"))
                .isEqualTo(copy.entries().get("logical"));
    }

    private static byte[] holding(byte[] state) {
        return pack(members(meta(INDEX, state.length), state));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 511})
    void archiveThatArrivesInSmallPiecesIsTheSame(int piece) throws IOException {
        byte[] archive = good();
        InputStream trickle = new ByteArrayInputStream(archive) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, piece));
            }
        };

        VerifiedArchive verified = SnapshotArchive.verify(ORIGIN, trickle, spool);

        assertThat(spool.toByteArray()).isEqualTo(archive);
        assertThat(verified.sha256()).isEqualTo(Archives.sha256(archive));
    }

    @Test
    void largeSizeInAnExtendedHeaderIsUnderstood() throws IOException {
        // What Go's tar writer does for a state.bin of 8 GiB and more; here the size itself stays small.
        byte[] record = "19 size=%010d\n".formatted(STATE_BYTES).getBytes(StandardCharsets.US_ASCII);
        byte[] extended = Arrays.copyOf(tar(List.of(new Member("PaxHeaders.0/state.bin", record))), 1024);
        byte[] tar = tar(members(INDEX));

        VerifiedArchive verified = verify(gzip(concat(
                Arrays.copyOf(tar, 1024), retyped(extended, 0, 'x'), Arrays.copyOfRange(tar, 1024, tar.length))));

        assertThat(verified.stateSizeBytes()).isEqualTo(STATE_BYTES);
    }

    @ParameterizedTest
    @MethodSource
    void spoiledArchiveIsRefusedForItsOwnReason(byte[] archive, String reason) {
        assertThatThrownBy(() -> verify(archive))
                .isInstanceOf(InvalidArchiveException.class)
                .hasMessageStartingWith(ORIGIN + ": ")
                .hasMessageContaining(reason)
                .extracting(e -> ((ProblemException) e).problem().kind())
                .isEqualTo(Kind.ERROR);
    }

    static Stream<Arguments> spoiledArchiveIsRefusedForItsOwnReason() {
        byte[] archive = good();
        byte[] tar = tar(members(INDEX));
        List<Member> members = members(INDEX);
        Member meta = members.get(0);
        Member state = members.get(1);
        Member sums = members.get(2);
        Member sealed = members.get(3);
        int end = archive.length;
        return Stream.of(
                argumentSet("empty", new byte[0], "it is empty"),
                argumentSet(
                        "html", bytes("<html><body>Bad gateway</body></html>"), "it is not gzip (it looks like a page"),
                argumentSet("json", bytes("{\"errors\":[\"1 error\"]}"), "it is not gzip (it looks like a page"),
                argumentSet("tar without gzip", tar, "it is not gzip"),
                argumentSet(
                        "gzip header only", Arrays.copyOf(archive, 10), "truncated in its compressed data, after 10"),
                argumentSet("half a gzip header", Arrays.copyOf(archive, 5), "truncated in its gzip header, after 5"),
                argumentSet("one byte of gzip", Arrays.copyOf(archive, 1), "truncated in its gzip header, after 1"),
                argumentSet("packed again", flagged(archive), "its gzip header has method 8 and flags 8"),
                argumentSet("no trailer", Arrays.copyOf(archive, end - 8), "gzip trailer is missing: 0 of 8"),
                argumentSet("half a trailer", Arrays.copyOf(archive, end - 3), "gzip trailer is missing: 5 of 8"),
                argumentSet("wrong crc", flip(archive, end - 8), "the CRC in the gzip trailer"),
                argumentSet("wrong length", flip(archive, end - 4), "the length in the gzip trailer"),
                argumentSet(
                        "a byte after the trailer",
                        concat(archive, new byte[1]),
                        "something follows the end of the gzip archive, at byte " + end),
                argumentSet(
                        "a second archive", concat(archive, archive), "something follows the end of the gzip archive"),
                argumentSet(
                        "a second, empty gzip member",
                        concat(archive, gzip(new byte[0])),
                        "something follows the end of the gzip archive"),
                argumentSet("gzip of nothing", gzip(new byte[0]), "its tar ends without the end marker"),
                argumentSet(
                        "empty tar",
                        gzip(new byte[1024]),
                        "it lacks meta.json, state.bin, SHA256SUMS, SHA256SUMS.sealed"),
                argumentSet("gzip of text", gzip(bytes("hello".repeat(400))), "its tar is damaged"),
                argumentSet("tar without end", gzip(Arrays.copyOf(tar, tar.length - 1024)), "without the end marker"),
                argumentSet(
                        "tar with half an end", gzip(Arrays.copyOf(tar, tar.length - 512)), "without the end marker"),
                argumentSet("tar ends in state.bin", gzip(Arrays.copyOf(tar, 2000)), "its tar ends within state.bin"),
                argumentSet(
                        "something in the end marker",
                        gzip(flip(tar, tar.length - 1)),
                        "something follows its last member"),
                argumentSet(
                        "something behind the end marker",
                        gzip(concat(tar, bytes("x"))),
                        "something follows its last member"),
                argumentSet("damaged tar header", gzip(flip(tar, 0)), "does not match its checksum"),
                argumentSet("without meta.json", pack(without(members, "meta.json")), "it lacks meta.json ("),
                argumentSet("without state.bin", pack(without(members, "state.bin")), "it lacks state.bin ("),
                argumentSet("without SHA256SUMS", pack(without(members, "SHA256SUMS")), "it lacks SHA256SUMS ("),
                argumentSet(
                        "without SHA256SUMS.sealed",
                        pack(without(members, "SHA256SUMS.sealed")),
                        "it lacks SHA256SUMS.sealed (the server failed"),
                argumentSet(
                        "empty SHA256SUMS.sealed",
                        pack(with(members, Member.of("SHA256SUMS.sealed", ""))),
                        "its SHA256SUMS.sealed is empty"),
                argumentSet(
                        "state before meta",
                        pack(List.of(state, meta, sums, sealed)),
                        "out of order: state.bin, meta.json, SHA256SUMS, SHA256SUMS.sealed"),
                argumentSet(
                        "sealed before sums",
                        pack(List.of(meta, state, sealed, sums)),
                        "out of order: meta.json, state.bin, SHA256SUMS.sealed, SHA256SUMS"),
                argumentSet("meta.json twice", pack(and(members, 1, meta)), "the member meta.json twice"),
                argumentSet("state.bin twice", pack(and(members, 2, state)), "the member state.bin twice"),
                argumentSet("SHA256SUMS twice", pack(and(members, 3, sums)), "the member SHA256SUMS twice"),
                argumentSet("sealed twice", pack(and(members, 4, sealed)), "the member SHA256SUMS.sealed twice"),
                argumentSet(
                        "extra member",
                        pack(and(members, 4, Member.of("notes.txt", "hello"))),
                        "a member notes.txt that no snapshot has"),
                argumentSet(
                        "member whose name forges a line",
                        pack(and(members, 4, Member.of("a\nERROR b", "hello"))),
                        "a member a?ERROR?b that no snapshot has"),
                argumentSet(
                        "member by another path", pack(and(members, 0, Member.of("./meta.json", "{}"))), "./meta.json"),
                argumentSet(
                        "name without end",
                        gzip(concat(
                                retyped(tar(List.of(Member.of("././@LongLink", "n".repeat(100_000)))), 0, 'L'), tar)),
                        "more than 65536 bytes of headers"),
                argumentSet(
                        "link as state.bin",
                        gzip(retyped(tar, 1024, '2')),
                        "its member state.bin is not a regular file"),
                argumentSet(
                        "SHA256SUMS of a megabyte",
                        pack(with(members, Member.of("SHA256SUMS", "0".repeat(1 << 20)))),
                        "its member SHA256SUMS has 1048576 bytes"),
                argumentSet(
                        "edited meta.json",
                        pack(with(members, Member.of("meta.json", meta(INDEX + 1, STATE_BYTES)))),
                        "its meta.json has SHA-256"),
                argumentSet(
                        "edited state.bin",
                        pack(with(members, new Member("state.bin", flip(state.content(), 500)))),
                        "its state.bin has SHA-256"),
                argumentSet(
                        "cut state.bin",
                        pack(with(members, new Member("state.bin", Arrays.copyOf(state.content(), 500)))),
                        "its state.bin has SHA-256"),
                argumentSet(
                        "SHA256SUMS without state.bin",
                        pack(with(members, Member.of("SHA256SUMS", sumLine(meta.content(), "meta.json")))),
                        "its SHA256SUMS lacks state.bin"),
                argumentSet(
                        "empty SHA256SUMS",
                        pack(with(members, Member.of("SHA256SUMS", ""))),
                        "SHA256SUMS lacks meta.json"),
                argumentSet(
                        "SHA256SUMS with more",
                        pack(with(members, plus(sums, sumLine(new byte[0], "other.bin")))),
                        "its SHA256SUMS has other.bin"),
                argumentSet(
                        "SHA256SUMS with state.bin twice",
                        pack(with(members, plus(sums, sumLine(state.content(), "state.bin")))),
                        "its SHA256SUMS has state.bin twice"),
                argumentSet(
                        "SHA256SUMS with something else",
                        pack(with(members, plus(sums, "beef  other.bin\n"))),
                        "line 3 of its SHA256SUMS is not a checksum"),
                argumentSet("meta.json not JSON", metaSays("Index: 4711"), "its meta.json is not JSON"),
                argumentSet("meta.json empty", metaSays(""), "its meta.json is not a JSON object"),
                argumentSet("meta.json a list", metaSays("[]"), "its meta.json is not a JSON object"),
                argumentSet(
                        "meta.json and more", metaSays(meta(INDEX, STATE_BYTES) + "{}"), "its meta.json is not JSON"),
                argumentSet("meta.json without Index", metaWithout("Index"), "its meta.json lacks Index"),
                argumentSet("meta.json without Term", metaWithout("Term"), "its meta.json lacks Term"),
                argumentSet("meta.json without Size", metaWithout("Size"), "its meta.json lacks Size"),
                argumentSet("meta.json without Version", metaWithout("Version"), "its meta.json lacks Version"),
                argumentSet("meta.json without ID", metaWithout("ID"), "its meta.json lacks ID"),
                argumentSet(
                        "Index as text",
                        metaSays(meta(INDEX, STATE_BYTES).replace("4711", "\"4711\"")),
                        "something else than a whole number as Index"),
                argumentSet(
                        "Index beyond any",
                        metaSays(meta(INDEX, STATE_BYTES).replace("4711", "18446744073709551616")),
                        "something else than a whole number as Index"),
                argumentSet(
                        "Size of another state.bin",
                        metaSays(meta(INDEX, STATE_BYTES + 1)),
                        "its state.bin has 1000 bytes, but its meta.json says 1001"));
    }

    @Test
    void archiveCutAtAnyByteIsRefused() {
        byte[] archive = good();

        for (int length = 0; length < archive.length; length++) {
            byte[] cut = Arrays.copyOf(archive, length);
            assertThatThrownBy(() -> verify(cut))
                    .as("cut to %d of %d bytes", length, archive.length)
                    .isInstanceOf(InvalidArchiveException.class)
                    .hasMessageMatching(".*(it is empty|truncated|trailer is missing).*");
        }
    }

    @Test
    void archiveWithAnyDamagedByteIsRefused() throws IOException {
        byte[] archive = good();
        byte[] tar = tar(members(INDEX));

        // The last six bytes of the gzip header (time, level, system) mean nothing and nothing vouches for them.
        for (int position = 0; position < archive.length; position = position == 3 ? 10 : position + 1) {
            byte[] damaged = flip(archive, position);
            Throwable refusal = catchThrowable(() -> verify(damaged));
            if (refusal == null) {
                // A few bits are never read, or say the same in other words.
                assertThat(gunzip(damaged)).as("damaged at %d", position).isEqualTo(tar);
            } else {
                assertThat(refusal).as("damaged at %d", position).isInstanceOf(InvalidArchiveException.class);
            }
        }
    }

    @Test
    void tarCutAtAnyByteIsRefusedThoughItsGzipIsWhole() {
        byte[] tar = tar(members(INDEX));

        for (int length = 0; length < tar.length; length++) {
            byte[] cut = gzip(Arrays.copyOf(tar, length));
            assertThatThrownBy(() -> verify(cut))
                    .as("cut to %d of %d bytes", length, tar.length)
                    .isInstanceOf(InvalidArchiveException.class);
        }
    }

    @Test
    void damageInsideAnIntactGzipIsNeverMoreThanARefusal() throws IOException {
        byte[] tar = tar(members(INDEX));
        int accepted = 0;

        for (int position = 0; position < tar.length; position++) {
            byte[] damaged = gzip(flip(tar, position));
            Throwable refusal = catchThrowable(() -> verify(damaged));
            if (refusal == null) {
                accepted++;
            } else {
                assertThat(refusal).as("damaged at %d", position).isInstanceOf(InvalidArchiveException.class);
            }
        }

        // What is left to the barrier (35 bytes of SHA256SUMS.sealed), padding between members, and the terminators of
        // numbers in headers.
        int padding = 512 - members(INDEX).get(0).content().length + 24 + 512 - 152;
        assertThat(accepted).isBetween(35 + padding, 35 + padding + 4 * 8);
    }

    @Test
    void sourceThatBreaksOffIsAProblemOfAccess() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }
        };
        InputStream source = new SequenceInputStream(new ByteArrayInputStream(good(), 0, 700), broken);

        assertThatThrownBy(() -> SnapshotArchive.verify(ORIGIN, source, spool))
                .hasMessage(ORIGIN
                        + ": reading broke off after 700 bytes: connection reset"
                        + " (try again; if it stays, check the other side and the network between)")
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().kind()).isEqualTo(Kind.ACCESS));
    }

    @Test
    void spoolThatRefusesIsNotBlamedOnTheArchive() {
        OutputStream full = new OutputStream() {
            private int left = 1500;

            @Override
            public void write(int b) throws IOException {
                if (left-- == 0) {
                    throw new IOException("No space left on device");
                }
            }
        };

        assertThatThrownBy(() -> verify(good(), full))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("No space left on device");
    }

    @Test
    void memoryDoesNotGrowWithTheArchive(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("large.snap");
        long stateBytes = 200L << 20;
        writeLarge(file, stateBytes);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        long before = threads.getTotalThreadAllocatedBytes();
        VerifiedArchive verified;
        try (InputStream archive = Files.newInputStream(file)) {
            verified = SnapshotArchive.verify(ORIGIN, archive, OutputStream.nullOutputStream());
        }
        long allocated = threads.getTotalThreadAllocatedBytes() - before;

        assertThat(verified.stateSizeBytes()).isEqualTo(stateBytes);
        assertThat(verified.sizeBytes()).isGreaterThan(stateBytes);
        assertThat(allocated).isLessThan(4L << 20);
    }

    /** Stored without compression, as OpenBao does it. */
    private static void writeLarge(Path file, long stateBytes) throws Exception {
        byte[] chunk = new byte[1 << 20];
        Arrays.fill(chunk, (byte) 'v');
        String meta = meta(INDEX, stateBytes);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(new StoringGzip(out), 512)) {
            header(tar, "meta.json", meta.length());
            tar.write(bytes(meta));
            tar.closeArchiveEntry();
            header(tar, "state.bin", stateBytes);
            for (long written = 0; written < stateBytes; written += chunk.length) {
                digest.update(chunk);
                tar.write(chunk);
            }
            tar.closeArchiveEntry();
            byte[] sums = bytes(
                    sumLine(bytes(meta), "meta.json") + HexFormat.of().formatHex(digest.digest()) + "  state.bin\n");
            header(tar, "SHA256SUMS", sums.length);
            tar.write(sums);
            tar.closeArchiveEntry();
            header(tar, "SHA256SUMS.sealed", 1);
            tar.write(1);
            tar.closeArchiveEntry();
        }
    }

    private static final class StoringGzip extends GZIPOutputStream {
        StoringGzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.NO_COMPRESSION);
        }
    }

    private VerifiedArchive verify(byte[] archive) throws IOException {
        return verify(archive, spool);
    }

    private static VerifiedArchive verify(byte[] archive, OutputStream spool) throws IOException {
        return SnapshotArchive.verify(ORIGIN, new ByteArrayInputStream(archive), spool);
    }

    private static byte[] gunzip(byte[] archive) throws IOException {
        try (InputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(archive))) {
            return unpacked.readAllBytes();
        }
    }

    private static byte[] metaSays(String meta) {
        return pack(members(meta, members(INDEX).get(1).content()));
    }

    private static byte[] metaWithout(String field) {
        return metaSays(meta(INDEX, STATE_BYTES).replace('"' + field + '"', "\"X\""));
    }

    private static Member plus(Member sums, String line) {
        return new Member(sums.name(), concat(sums.content(), bytes(line)));
    }

    /** With the flag of a file name, which {@code gzip} sets and no server does. */
    private static byte[] flagged(byte[] archive) {
        byte[] flagged = archive.clone();
        flagged[3] = 8;
        return flagged;
    }

    /** With another type flag in the header at that offset, and the checksum that goes with it. */
    private static byte[] retyped(byte[] tar, int offset, char flag) {
        byte[] retyped = tar.clone();
        retyped[offset + 156] = (byte) flag;
        Arrays.fill(retyped, offset + 148, offset + 156, (byte) ' ');
        int sum = 0;
        for (int i = offset; i < offset + 512; i++) {
            sum += retyped[i] & 0xff;
        }
        System.arraycopy(bytes("%06o\0 ".formatted(sum)), 0, retyped, offset + 148, 8);
        return retyped;
    }

    private static byte[] flip(byte[] bytes, int position) {
        byte[] flipped = bytes.clone();
        flipped[position] ^= 0x40;
        return flipped;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
