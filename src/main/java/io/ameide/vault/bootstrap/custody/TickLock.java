package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Lets one tick at a time use a custody folder: a lock of the operating system on {@value #FILE}, which ends with the
 * process that holds it, however that ends. The file is never deleted, and tells people who holds it.
 *
 * <p>POSIX gives up all of a process's locks on a file when it closes that file anywhere, so that a process needs one
 * instance for a folder, which keeps the file open as long as it lives.
 */
public final class TickLock {

    static final String FILE = "tick.lock";

    private static final Duration POLL = Duration.ofMillis(100);
    private static final int LONGEST_HOLDER = 300;

    private final CustodyFolder folder;
    private final Path file;
    private final Clock clock;
    private final Sleeper sleeper;

    private Optional<Opened> opened = Optional.empty();
    /** What the file says while this instance holds the lock. */
    private Optional<String> heldBy = Optional.empty();

    /** Waits; {@code Thread::sleep} but in tests. */
    @FunctionalInterface
    public interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    /** The lock while it is held; closing it again does nothing. */
    public interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** @param identity of the file that was opened, to see when another has taken its name */
    private record Opened(FileChannel channel, Object identity) {}

    public TickLock(Path folder, Clock clock, Sleeper sleeper) {
        this.folder = new CustodyFolder(folder, new GitWorkTree("git"), FileKeyStore.SECRET_FILES);
        this.file = this.folder.file(FILE);
        this.clock = clock;
        this.sleeper = sleeper;
    }

    /**
     * Makes the folder if it is missing.
     *
     * @param wait how long to wait for another holder; zero tries once
     * @throws ProblemException of kind ACCESS that names the holder, if it still holds the lock then
     */
    public Held acquire(Duration wait) {
        Instant deadline = clock.instant().plus(wait);
        try {
            folder.prepare();
            while (true) {
                Optional<Held> acquired = attempt();
                if (acquired.isPresent()) {
                    return acquired.get();
                }
                Duration left = Duration.between(clock.instant(), deadline);
                if (!left.isPositive()) {
                    throw new ProblemException(Problem.access(
                            "use custody in " + folder.path() + ": it is in use by " + holder(),
                            "wait until that is done, or end it"));
                }
                sleeper.sleep(left.compareTo(POLL) < 0 ? left : POLL);
            }
        } catch (InterruptedException | ClosedByInterruptException e) {
            Thread.currentThread().interrupt();
            throw new ProblemException(
                    Problem.error("lock " + file + ": the process was asked to stop while it waited", "run again"));
        } catch (IOException e) {
            throw folder.trouble("lock " + file, 0, e);
        }
    }

    private synchronized Optional<Held> attempt() throws IOException {
        if (heldBy.isPresent()) {
            return Optional.empty();
        }
        FileChannel channel = channel();
        Optional<FileLock> lock = tryLock(channel);
        if (lock.isEmpty()) {
            return Optional.empty();
        }
        if (!isCurrent()) {
            // Deleted since it was opened: whoever makes it anew would not see this lock.
            release(lock.get());
            return Optional.empty();
        }
        String holder = Whereabouts.current() + " since " + clock.instant();
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.UTF_8)), 0);
        } catch (IOException e) {
            // On a full disk, say; a later tick of this process must be able to try again.
            release(lock.get());
            throw e;
        }
        heldBy = Optional.of(holder);
        return Optional.of(new HeldFile(lock.get()));
    }

    private static Optional<FileLock> tryLock(FileChannel channel) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock());
        } catch (OverlappingFileLockException e) {
            // Another instance in this process holds it.
            return Optional.empty();
        }
    }

    private FileChannel channel() throws IOException {
        if (isCurrent()) {
            return opened.get().channel();
        }
        if (opened.isPresent()) {
            opened.get().channel().close();
        }
        folder.refuseUnsafe(file);
        var channel = FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(CustodyFolder.FILE_PERMISSIONS));
        opened = Optional.of(new Opened(channel, identity()));
        return channel;
    }

    private boolean isCurrent() throws IOException {
        return opened.isPresent()
                && opened.get().channel().isOpen()
                && Files.exists(file)
                && opened.get().identity().equals(identity());
    }

    private Object identity() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private synchronized String holder() throws IOException {
        if (heldBy.isPresent()) {
            return heldBy.get();
        }
        var text = ByteBuffer.allocate(LONGEST_HOLDER);
        // Another channel for it would, on being closed, give up a lock that another instance here may hold.
        opened.orElseThrow().channel().read(text, 0);
        String holder = StandardCharsets.UTF_8.decode(text.flip()).toString().strip();
        return holder.isEmpty() ? "another process" : holder;
    }

    private static void release(FileLock lock) throws IOException {
        // An interrupt may have closed the channel, and ended the lock with it.
        if (lock.isValid()) {
            lock.release();
        }
    }

    private final class HeldFile implements Held {

        private final FileLock lock;
        private boolean released;

        private HeldFile(FileLock lock) {
            this.lock = lock;
        }

        @Override
        public void close() {
            synchronized (TickLock.this) {
                if (released) {
                    return;
                }
                released = true;
                heldBy = Optional.empty();
                try {
                    release(lock);
                } catch (IOException e) {
                    throw folder.trouble("unlock " + file, 0, e);
                }
            }
        }
    }
}
