package io.ameide.vault.bootstrap.snapshot;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Raft snapshots as OpenBao 2.7.2 writes them, member by member, so that a test can spoil what it wants to. */
public final class Archives {

    static final long INDEX = 4711;
    static final int STATE_BYTES = 1000;

    record Member(String name, byte[] content) {

        static Member of(String name, String content) {
            return new Member(name, content.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Archives() {}

    public static byte[] good() {
        return pack(members(INDEX));
    }

    static byte[] good(long index) {
        return pack(members(index));
    }

    static List<Member> members(long index) {
        byte[] state = new byte[STATE_BYTES];
        new Random(index).nextBytes(state);
        return members(meta(index, state.length), state);
    }

    static String meta(long index, long size) {
        return """
                {"Version":1,"ID":"bolt-snapshot","Index":%d,"Term":3,"Peers":null,"Configuration":{"Servers":\
                [{"Suffrage":0,"ID":"n1","Address":"127.0.0.1:8201"}]},"ConfigurationIndex":1,"Size":%d}
                """.formatted(index, size);
    }

    /** With checksums that are right for whatever meta says. */
    static List<Member> members(String meta, byte[] state) {
        byte[] metaBytes = meta.getBytes(StandardCharsets.UTF_8);
        return List.of(
                new Member("meta.json", metaBytes),
                new Member("state.bin", state),
                Member.of("SHA256SUMS", sumLine(metaBytes, "meta.json") + sumLine(state, "state.bin")),
                Member.of("SHA256SUMS.sealed", "what the barrier made of SHA256SUMS"));
    }

    static String sumLine(byte[] content, String name) {
        return sha256(content) + "  " + name + "\n";
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<Member> without(List<Member> members, String name) {
        return members.stream().filter(member -> !member.name().equals(name)).toList();
    }

    static List<Member> with(List<Member> members, Member replacement) {
        return members.stream()
                .map(member -> member.name().equals(replacement.name()) ? replacement : member)
                .toList();
    }

    static List<Member> and(List<Member> members, int position, Member extra) {
        List<Member> more = new ArrayList<>(members);
        more.add(position, extra);
        return more;
    }

    static byte[] pack(List<Member> members) {
        return gzip(tar(members));
    }

    static byte[] tar(List<Member> members) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, 512)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
            for (Member member : members) {
                header(tar, member.name(), member.content().length);
                tar.write(member.content());
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static void header(TarArchiveOutputStream tar, String name, long size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setMode(0600);
        // Two that are packed in two seconds are the same bytes.
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
    }

    /** The same, not compressed. */
    public static byte[] goodTar() {
        return tar(members(INDEX));
    }

    public static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }
}
