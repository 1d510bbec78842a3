package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The folder that holds custody on a file system: only its owner may enter it, and that is who runs this. Turns what a
 * file system refuses into a {@link Problem} a person can act on.
 */
final class CustodyFolder {

    static final Set<PosixFilePermission> FOLDER_PERMISSIONS = PosixFilePermissions.fromString("rwx------");
    static final Set<PosixFilePermission> FILE_PERMISSIONS = PosixFilePermissions.fromString("rw-------");

    private final Path path;
    private final GitWorkTree git;
    private final List<String> files;

    /** @param files names of the files that will hold secrets in it */
    CustodyFolder(Path path, GitWorkTree git, List<String> files) {
        this.path = path.toAbsolutePath();
        this.git = git;
        this.files = List.copyOf(files);
    }

    Path path() {
        return path;
    }

    Path file(String name) {
        return path.resolve(name);
    }

    /** Whether it is there; refuses one that is there and not as private as it must be. */
    boolean present() throws IOException {
        refuseNonFolders();
        git.refuseTracked(path, files);
        try {
            // Unlike Files.exists it throws where a parent may not be entered: what cannot be seen is not absent.
            Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return false;
        }
        refuseForeign(path);
        refuseWide(path, FOLDER_PERMISSIONS, "chmod 700 ");
        return true;
    }

    /** Makes it, and its parents, if it is not there. */
    void prepare() throws IOException {
        if (present()) {
            return;
        }
        Files.createDirectories(path, PosixFilePermissions.asFileAttribute(FOLDER_PERMISSIONS));
        // The umask may have taken something from what was asked for, never added to it.
        Files.setPosixFilePermissions(path, FOLDER_PERMISSIONS);
    }

    /** Refuses anything but a regular file that only its owner may read; an absent file is fine. */
    void refuseUnsafe(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isSymbolicLink(file)) {
            throw refused("use " + file, "it is a symbolic link", "put the file itself there");
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw refused("use " + file, "it is not a regular file", "move it out of the way");
        }
        refuseForeign(file);
        refuseWide(file, FILE_PERMISSIONS, "chmod 600 ");
    }

    /** Makes renames and deletions in it survive a power failure. */
    void sync() throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
                    channel.force(true);
                    return;
                } catch (ClosedByInterruptException e) {
                    // Only a channel syncs a folder, and an interrupt closes channels; what was begun is finished
                    // first.
                    interrupted = Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * @param asked what was tried, as the beginning of a sentence
     * @param bytes how much was to be written, 0 when reading
     */
    ProblemException trouble(String asked, long bytes, IOException cause) {
        if (cause instanceof AccessDeniedException) {
            return refused(asked, "permission denied", "give the user who runs this access to " + path, cause);
        }
        String words = cause instanceof FileSystemException file ? file.getReason() : cause.getMessage();
        String reason = Optional.ofNullable(words).orElse(cause.getClass().getSimpleName());
        // The system's words come in the user's language, so the file system itself is asked as well.
        if (reason.contains("Read-only file system") || readOnly()) {
            return refused(asked, "the file system is read-only", "mount it writable or choose another folder", cause);
        }
        if (reason.contains("No space left") || reason.contains("quota") || usableSpace() < bytes) {
            return refused(asked, "no space is left", "free at least " + (bytes / 1024 + 1) + " KiB in " + path, cause);
        }
        return refused(asked, reason, "look at the file system of " + path, cause);
    }

    private boolean readOnly() {
        try {
            return Files.exists(path) && Files.getFileStore(path).isReadOnly();
        } catch (IOException e) {
            return false;
        }
    }

    private long usableSpace() {
        try {
            return Files.exists(path) ? Files.getFileStore(path).getUsableSpace() : Long.MAX_VALUE;
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    private void refuseNonFolders() {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            throw refused("keep custody in " + path, "the system has no POSIX permissions", "use Linux or macOS");
        }
        for (Path ancestor = path; ancestor != null; ancestor = ancestor.getParent()) {
            if (Files.exists(ancestor) && !Files.isDirectory(ancestor)) {
                throw refused("keep custody in " + path, ancestor + " is not a folder", "choose another folder");
            }
        }
    }

    private void refuseForeign(Path file) throws IOException {
        if (!ownedByThisProcess(file)) {
            throw refused(
                    "use " + file,
                    "it belongs to user " + Files.getOwner(file).getName(),
                    "run as that user, or choose another folder");
        }
    }

    private static boolean ownedByThisProcess(Path file) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return Files.getOwner(file).getName().equals(System.getProperty("user.name"));
        }
        // The user's name is no identity: in a container several ids may have none. Fields as in proc(5): real,
        // effective, saved, file system.
        int fileSystemUser = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("Uid:"))
                .map(line -> Integer.parseUnsignedInt(line.split("\\s+")[4]))
                .findFirst()
                .orElseThrow(() -> new IOException(status + " names no user"));
        return Files.getAttribute(file, "unix:uid").equals(fileSystemUser);
    }

    private static void refuseWide(Path file, Set<PosixFilePermission> allowed, String command) throws IOException {
        Set<PosixFilePermission> found = Files.getPosixFilePermissions(file);
        var excess = EnumSet.noneOf(PosixFilePermission.class);
        excess.addAll(found);
        excess.removeAll(allowed);
        if (!excess.isEmpty()) {
            throw refused(
                    "use " + file,
                    "its permissions are " + PosixFilePermissions.toString(found) + ", wider than its owner's "
                            + PosixFilePermissions.toString(allowed),
                    "if nobody else has read it, run " + command + file);
        }
    }

    private static ProblemException refused(String asked, String matter, String hint) {
        return new ProblemException(Problem.access(asked + ": " + matter, hint));
    }

    private static ProblemException refused(String asked, String matter, String hint, IOException cause) {
        return new ProblemException(Problem.access(asked + ": " + matter, hint), cause);
    }
}
