package io.ameide.vault.bootstrap.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads files that are held in memory whole. */
public final class SmallFile {

    /** A file that holds more than it may. */
    public static final class TooLargeException extends IOException {

        private static final long serialVersionUID = 1L;

        private TooLargeException(int maxBytes) {
            super("larger than " + (maxBytes >= 1 << 20 ? (maxBytes >> 20) + " MiB" : (maxBytes >> 10) + " KiB"));
        }
    }

    private SmallFile() {}

    /**
     * The size is not asked for: that of a device, such as {@code /dev/zero}, is 0.
     *
     * @param maxBytes a multiple of a kibibyte; no more than this is ever read
     * @throws TooLargeException when there is more
     */
    public static byte[] read(Path file, int maxBytes) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(maxBytes + 1);
        }
        if (bytes.length > maxBytes) {
            throw new TooLargeException(maxBytes);
        }
        return bytes;
    }
}
