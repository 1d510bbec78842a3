package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;

/** What a file system refused, in words: the messages of the JDK's exceptions are mostly bare paths. */
final class FileTrouble {

    private FileTrouble() {}

    /** @param asked what was to be done to which file, for example {@code list the snapshots in /backup} */
    static ProblemException problem(String asked, IOException trouble) {
        String reason = reason(trouble);
        return new ProblemException(Problem.access(asked + ": " + reason, hint(reason)), trouble);
    }

    /** @param asked what was to be done to which object, for example {@code delete a.snap in /backup} */
    static StoreException store(String asked, IOException trouble) {
        String reason = reason(trouble);
        String message = asked + ": " + reason;
        if (noRoom(reason)) {
            return new StoreException.Full(message, hint(reason), trouble);
        }
        if (noPermission(reason)) {
            return new StoreException.Denied(message, hint(reason), trouble);
        }
        return new StoreException.Unavailable(message, "", trouble);
    }

    static String reason(IOException trouble) {
        return switch (trouble) {
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case NoSuchFileException absent -> absent.getFile() + ": no such file or folder";
            case FileAlreadyExistsException there -> there.getFile() + ": is already there and is not a folder";
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            case IOException other -> Objects.requireNonNullElse(other.getMessage(), other.toString());
        };
    }

    private static String hint(String reason) {
        if (noRoom(reason)) {
            return "free some space, or keep fewer snapshots";
        }
        if (noPermission(reason)) {
            return "the folder must be writable for the user this runs as";
        }
        return "";
    }

    private static boolean noRoom(String reason) {
        return reason.contains("No space left") || reason.contains("quota");
    }

    private static boolean noPermission(String reason) {
        return reason.endsWith("permission denied") || reason.contains("Read-only");
    }
}
