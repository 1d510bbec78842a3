package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.files.SmallFile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalInt;

/** A file of UTF-8 text with an upper bound to its size. */
public record TextFile(String text) {

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /** Why a file's text cannot be had. The message says what is the matter, without naming the file. */
    public static final class UnreadableException extends Exception {

        private static final long serialVersionUID = 1L;

        private final int line;

        private UnreadableException(String matter, int line) {
            super(matter);
            this.line = line;
        }

        private UnreadableException(String matter) {
            this(matter, 0);
        }

        /** Counted from 1; empty where the file as a whole is to blame. */
        public OptionalInt line() {
            return line == 0 ? OptionalInt.empty() : OptionalInt.of(line);
        }

        /** Refuses the file in its own name. */
        public InvalidDocumentException refusing(Path file) {
            Complaints complaints = new Complaints(file);
            line().ifPresentOrElse(at -> complaints.add(at, getMessage()), () -> complaints.add(getMessage()));
            return complaints.refusal();
        }
    }

    /**
     * A leading byte order mark is dropped.
     *
     * @param maxBytes a multiple of a mebibyte; no more than this is ever read
     */
    public static TextFile read(Path file, int maxBytes) throws UnreadableException {
        byte[] bytes = bytes(file, maxBytes);
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        String text = out.flip().toString();
        if (result.isError()) {
            int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
            throw new UnreadableException("not UTF-8 text; save the file as UTF-8", line);
        }
        return new TextFile(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text);
    }

    /** As {@link #read(Path, int)}, with a name that is taken relative to another file's folder. */
    static TextFile read(Path beside, String name, int maxBytes) throws UnreadableException {
        try {
            return read(beside.resolveSibling(name), maxBytes);
        } catch (InvalidPathException e) {
            throw new UnreadableException("not a file name");
        }
    }

    private static byte[] bytes(Path file, int maxBytes) throws UnreadableException {
        if (Files.isDirectory(file)) {
            throw new UnreadableException("is a folder; name a file in it");
        }
        try {
            return SmallFile.read(file, maxBytes);
        } catch (SmallFile.TooLargeException e) {
            throw new UnreadableException(e.getMessage() + "; split it");
        } catch (NoSuchFileException e) {
            throw new UnreadableException("no such file");
        } catch (AccessDeniedException e) {
            throw new UnreadableException("not readable, permission denied");
        } catch (IOException e) {
            throw new UnreadableException("not readable: " + e.getClass().getSimpleName());
        }
    }
}
