package io.ameide.vault.bootstrap.snapshot;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** Some bytes of a file, read from the disk each time they are asked for. */
record FileRange(Path path, long from, long bytes) {

    private static final int BUFFER = 64 * 1024;

    /** The local file is what is the matter, not the store. */
    static final class UnreadableException extends UncheckedIOException {

        private static final long serialVersionUID = 1L;

        private UnreadableException(IOException cause) {
            super(cause);
        }
    }

    /** @throws UnreadableException if the file cannot be read, or is shorter than it was */
    void digest(MessageDigest... digests) {
        try (InputStream in = open()) {
            byte[] buffer = new byte[BUFFER];
            long left = bytes;
            while (left > 0) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count < 0) {
                    throw new EOFException(path + " is shorter than it was");
                }
                for (MessageDigest digest : digests) {
                    digest.update(buffer, 0, count);
                }
                left -= count;
            }
        } catch (IOException e) {
            throw new UnreadableException(e);
        }
    }

    InputStream open() {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new Stream(channel.position(from), bytes);
        } catch (IOException e) {
            throw new UnreadableException(e);
        }
    }

    private static final class Stream extends InputStream {

        private final FileChannel channel;
        private long left;

        private Stream(FileChannel channel, long left) {
            this.channel = channel;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int count = left == 0
                    ? -1
                    : channel.read(ByteBuffer.wrap(bytes, offset, (int) Math.min(Math.min(length, BUFFER), left)));
            left -= Math.max(count, 0);
            return count;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
