package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.snapshot.JsonDocument.MalformedException;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Verifies a Raft snapshot as it streams by, in constant memory, as far as that is possible without the cluster's barrier:
 * the gzip member to its trailer, the tar to its end marker, the members and their order, every checksum and size.
 *
 * <p>The layout is the one of {@code hashicorp/raft-snapshot}, which Vault and OpenBao share: a gzip tar of
 * {@code meta.json}, {@code state.bin}, {@code SHA256SUMS} and {@code SHA256SUMS.sealed}. The last is the third, encrypted
 * by the barrier; a server that fails half-way answers 200, ends the stream cleanly and leaves it out.
 */
public final class SnapshotArchive {

    private static final String META = "meta.json";
    private static final String STATE = "state.bin";
    private static final String SUMS = "SHA256SUMS";
    private static final String SEALED = "SHA256SUMS.sealed";
    private static final List<String> MEMBERS = List.of(META, STATE, SUMS, SEALED);

    /** What is kept in memory of a member. A configuration of a hundred nodes makes a meta.json of 10 KB. */
    private static final int SMALL_MEMBER_BYTES = 256 * 1024;

    /** The server writes two empty blocks, as POSIX asks, and no padding to a larger block. */
    private static final int END_MARKER_BYTES = 2 * TarBlocks.BLOCK_BYTES;

    private static final Pattern SUM_LINE = Pattern.compile("(\\S+) [ *](\\S+)");
    private static final String TAKE_AGAIN = "take it again";

    private final String origin;
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final StateEntries entries = new StateEntries();

    private SnapshotArchive(String origin) {
        this.origin = origin;
    }

    /**
     * Reads an archive to its end and copies every byte to the spool while doing so. One thread reads, writes and hashes the
     * archive; this one unpacks it and hashes its members. The spool holds what the server sent when this returns, and is
     * worthless when it throws. Closes neither stream, and uses neither any more.
     *
     * @param origin what messages call the archive, for example {@code snapshot from http://127.0.0.1:8200}
     * @throws InvalidArchiveException if the archive is not whole and intact
     * @throws ProblemException of kind {@code ACCESS} if the source breaks off
     * @throws IOException if the spool cannot be written
     */
    public static VerifiedArchive verify(String origin, InputStream source, OutputStream spool) throws IOException {
        SnapshotArchive archive = new SnapshotArchive(origin);
        SpooledSource spooled = new SpooledSource(origin, source, spool);
        try (ReadAhead ahead = new ReadAhead(spooled);
                GzipMember gzip = new GzipMember(origin, ahead)) {
            archive.readMembers(new TarBlocks(gzip));
        } catch (SpooledSource.SpoolFailure e) {
            throw e.refusal();
        }
        return archive.judge(spooled.count(), spooled.sha256());
    }

    /**
     * Verifies an archive that nobody keeps, and closes its source.
     *
     * @param silence how long nothing may come
     * @throws InvalidArchiveException if the archive is not whole and intact
     * @throws ProblemException of kind {@code ACCESS} if the source breaks off
     */
    public static VerifiedArchive verify(String origin, InputStream source, Duration silence) {
        try (InputStream attended = new AttendedStream(source, silence)) {
            return verify(origin, attended, OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw FileTrouble.problem("read a snapshot", e);
        }
    }

    private void readMembers(TarBlocks blocks) {
        // Closing the tar would close what lies below, which its owners do.
        TarArchiveInputStream tar = tarOf(blocks);
        for (TarArchiveEntry entry = next(tar, blocks); entry != null; entry = next(tar, blocks)) {
            String name = acceptedName(entry);
            blocks.enterMember(entry.getSize());
            members.put(name, content(name, tar));
            blocks.leaveMember();
        }
        long marker;
        try {
            marker = blocks.drain();
        } catch (IOException e) {
            throw damagedTar(blocks, e);
        }
        if (marker < END_MARKER_BYTES) {
            throw invalid("its tar ends without the end marker", "the server stopped early: " + TAKE_AGAIN);
        }
    }

    // The constructors are the only way to say that no larger blocks are read, beyond which nothing would be looked at.
    private static TarArchiveInputStream tarOf(TarBlocks blocks) {
        return new TarArchiveInputStream(blocks, TarBlocks.BLOCK_BYTES, TarBlocks.BLOCK_BYTES, "UTF-8", false);
    }

    private TarArchiveEntry next(TarArchiveInputStream tar, TarBlocks blocks) {
        try {
            return tar.getNextEntry();
        } catch (IOException | IllegalArgumentException e) {
            throw damagedTar(blocks, e);
        }
    }

    private String acceptedName(TarArchiveEntry entry) {
        String name = entry.getName();
        if (!entry.isCheckSumOK()) {
            throw invalid("the tar header of a member does not match its checksum", TAKE_AGAIN);
        }
        if (!MEMBERS.contains(name)) {
            throw invalid(
                    "it has a member %s that no snapshot has".formatted(printable(name)),
                    "is it another kind of archive?");
        }
        boolean regular =
                entry.getLinkFlag() == TarConstants.LF_NORMAL || entry.getLinkFlag() == TarConstants.LF_OLDNORM;
        if (!regular || entry.isSparse()) {
            throw invalid("its member %s is not a regular file".formatted(name), "was it packed by another tool?");
        }
        if (members.containsKey(name)) {
            throw invalid("it has the member %s twice".formatted(name), TAKE_AGAIN);
        }
        if (!name.equals(STATE) && entry.getSize() > SMALL_MEMBER_BYTES) {
            throw invalid(
                    "its member %s has %d bytes, more than %d".formatted(name, entry.getSize(), SMALL_MEMBER_BYTES),
                    "was it packed by another tool?");
        }
        return name;
    }

    private Member content(String name, TarArchiveInputStream tar) {
        MessageDigest digest = Sha256.digest();
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        byte[] buffer = new byte[64 * 1024];
        long size = 0;
        try {
            for (int read = tar.read(buffer, 0, buffer.length); read >= 0; read = tar.read(buffer, 0, buffer.length)) {
                digest.update(buffer, 0, read);
                size += read;
                if (name.equals(STATE)) {
                    entries.accept(buffer, read);
                } else {
                    kept.write(buffer, 0, read);
                }
            }
        } catch (IOException e) {
            throw new InvalidArchiveException(
                    origin,
                    "its tar ends within %s, after %d bytes of it".formatted(name, size),
                    "the server stopped early: " + TAKE_AGAIN,
                    e);
        }
        return new Member(size, Sha256.hex(digest), kept.toByteArray());
    }

    /** All members were read and the archive is intact as a file; what is left is whether they are those of a snapshot. */
    private VerifiedArchive judge(long sizeBytes, String sha256) {
        requireAllInOrder();
        requireChecksums();
        Member state = members.get(STATE);
        try {
            JsonDocument meta = JsonDocument.parse(members.get(META).content());
            long size = meta.count("Size");
            if (size != state.size()) {
                throw invalid(
                        "its state.bin has %d bytes, but its meta.json says %d".formatted(state.size(), size),
                        TAKE_AGAIN);
            }
            return new VerifiedArchive(
                    sizeBytes,
                    sha256,
                    meta.count("Index"),
                    meta.count("Term"),
                    meta.text("ID"),
                    (int) meta.count("Version", Integer.MAX_VALUE),
                    size,
                    entries.counts(),
                    entries.engines(),
                    entries.outside());
        } catch (MalformedException e) {
            throw new InvalidArchiveException(origin, "its meta.json " + e.getMessage(), TAKE_AGAIN, e);
        }
    }

    private void requireAllInOrder() {
        List<String> missing = new ArrayList<>(MEMBERS);
        missing.removeAll(members.keySet());
        if (!missing.isEmpty()) {
            throw invalid(
                    "it lacks " + String.join(", ", missing),
                    "the server failed while it wrote the snapshot and its log says why: " + TAKE_AGAIN);
        }
        List<String> order = List.copyOf(members.keySet());
        if (!order.equals(MEMBERS)) {
            throw invalid(
                    "its members are out of order: " + String.join(", ", order),
                    "was it packed by another tool? a server writes " + String.join(", ", MEMBERS));
        }
        if (members.get(SEALED).size() == 0) {
            throw invalid(
                    "its SHA256SUMS.sealed is empty",
                    "the server failed while it wrote the snapshot and its log says why: " + TAKE_AGAIN);
        }
    }

    private void requireChecksums() {
        Map<String, String> sums = sums();
        for (String name : List.of(META, STATE)) {
            String expected = sums.remove(name);
            if (expected == null) {
                throw invalid("its SHA256SUMS lacks " + name, TAKE_AGAIN);
            }
            String found = members.get(name).sha256();
            if (!found.equals(expected)) {
                throw invalid(
                        "its %s has SHA-256 %s, but its SHA256SUMS says %s".formatted(name, found, expected),
                        "it was edited or damaged: " + TAKE_AGAIN);
            }
        }
        if (!sums.isEmpty()) {
            throw invalid(
                    "its SHA256SUMS has %s, which no snapshot has"
                            .formatted(printable(String.join(", ", sums.keySet()))),
                    TAKE_AGAIN);
        }
    }

    private Map<String, String> sums() {
        Map<String, String> sums = new HashMap<>();
        String text = new String(members.get(SUMS).content(), StandardCharsets.UTF_8);
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            Matcher matcher = SUM_LINE.matcher(line);
            if (!matcher.matches() || !Sha256.isHex(matcher.group(1))) {
                throw invalid("line %d of its SHA256SUMS is not a checksum and a name".formatted(number), TAKE_AGAIN);
            }
            if (sums.put(matcher.group(2), matcher.group(1)) != null) {
                throw invalid("its SHA256SUMS has %s twice".formatted(printable(matcher.group(2))), TAKE_AGAIN);
            }
        }
        return sums;
    }

    private InvalidArchiveException damagedTar(TarBlocks blocks, Exception cause) {
        return new InvalidArchiveException(
                origin,
                "its tar is damaged within the first %d bytes: %s".formatted(blocks.position(), cause.getMessage()),
                TAKE_AGAIN,
                cause);
    }

    private InvalidArchiveException invalid(String flaw, String hint) {
        return new InvalidArchiveException(origin, flaw, hint);
    }

    /** Names come from whatever was read: no line of a log may be forged with one. */
    private static String printable(String name) {
        String plain = name.replaceAll("[^\\x21-\\x7e]", "?");
        return plain.length() <= 80 ? plain : plain.substring(0, 80) + "…";
    }

    /**
     * A member that was read.
     *
     * @param sha256 in lower-case hex
     * @param content empty for {@code state.bin}, which is never held in memory
     */
    private record Member(long size, String sha256, byte[] content) {}
}
