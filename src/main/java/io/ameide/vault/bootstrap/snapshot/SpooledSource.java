package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;

/**
 * Bytes on their way from a source through verification: each of them is also written to the spool, counted and hashed.
 * Neither source nor spool is closed.
 */
final class SpooledSource extends InputStream {

    private final String origin;
    private final InputStream source;
    private final OutputStream spool;
    private final MessageDigest digest = Sha256.digest();
    private long count;

    SpooledSource(String origin, InputStream source, OutputStream spool) {
        this.origin = origin;
        this.source = source;
        this.spool = spool;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        int read;
        try {
            read = source.read(buffer, offset, length);
        } catch (AttendedStream.SilenceException e) {
            throw new ProblemException(
                    Problem.access(
                            "%s: it stalled after %d bytes: %s".formatted(origin, count, e.getMessage()),
                            "is the other side frozen, or the network between?"),
                    e);
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.access(
                            "%s: reading broke off after %d bytes: %s".formatted(origin, count, e.getMessage()),
                            "try again; if it stays, check the other side and the network between"),
                    e);
        }
        if (read > 0) {
            try {
                spool.write(buffer, offset, read);
            } catch (IOException e) {
                throw new SpoolFailure(e);
            }
            digest.update(buffer, offset, read);
            count += read;
        }
        return read;
    }

    long count() {
        return count;
    }

    /** Of all bytes so far; to be asked once. */
    String sha256() {
        return Sha256.hex(digest);
    }

    /**
     * The spool refused a write. Unchecked, so that the readers in between cannot take it for a fault of the archive they
     * read.
     */
    static final class SpoolFailure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final IOException refusal;

        SpoolFailure(IOException refusal) {
            super(refusal);
            this.refusal = refusal;
        }

        IOException refusal() {
            return refusal;
        }
    }
}
