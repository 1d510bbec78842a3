package io.ameide.vault.bootstrap.snapshot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A folder on a disk or a mounted volume, made by the first file that goes into it, all of it for the owner only. Several
 * processes may use one folder.
 */
public final class FolderStore implements ObjectStore {

    private static final String TEMPORARY_PREFIX = ".vault-bootstrap-";
    private static final String TEMPORARY_SUFFIX = ".part";

    private static final int COPY_BYTES = 128 * 1024;

    private final Path folder;

    public FolderStore(Path folder) {
        this.folder = folder;
    }

    @Override
    public String description() {
        return "folder " + folder;
    }

    /** Regular files only: what a link points to was not put there by us. */
    @Override
    public List<StoredObject> list() {
        List<StoredObject> objects = new ArrayList<>();
        try {
            for (Path file : files()) {
                String name = file.getFileName().toString();
                if (!name.startsWith(".")) {
                    list(file, name, objects);
                }
            }
        } catch (IOException e) {
            throw FileTrouble.store("list the snapshots in " + folder, e);
        }
        return objects;
    }

    private static void list(Path file, String name, List<StoredObject> objects) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            objects.add(new StoredObject(
                    name, attributes.size(), attributes.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
            // Another process has deleted it in the meantime.
        }
    }

    /**
     * The temporary name follows from the final one and only one process can create it, so that of two that store under one
     * name one goes on, and none replaces what the other has put.
     */
    @Override
    public void put(String name, LocalFile content) {
        String asked = "store %s in %s".formatted(name, folder);
        Path temporary = folder.resolve(TEMPORARY_PREFIX + name + TEMPORARY_SUFFIX);
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(folder, OwnerOnly.FOLDER);
            claim(asked, temporary);
            try {
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    throw new StoreException.Exists(asked);
                }
                if (folder.equals(content.path().getParent())) {
                    takeOver(content, temporary);
                } else {
                    write(asked, content, temporary);
                }
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException | StoreException e) {
                discard(temporary);
                throw e;
            }
            try {
                sync();
            } catch (IOException e) {
                discard(file);
                throw e;
            }
        } catch (IOException e) {
            throw FileTrouble.store(asked, e);
        }
    }

    private static void claim(String asked, Path temporary) throws IOException {
        try {
            Files.createFile(temporary, OwnerOnly.FILE);
        } catch (FileAlreadyExistsException e) {
            throw new StoreException.Exists(asked);
        }
    }

    private static void takeOver(LocalFile content, Path temporary) throws IOException {
        try (FileChannel channel = FileChannel.open(content.path(), StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(content.path(), temporary, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(String asked, LocalFile content, Path temporary) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (InputStream in = Files.newInputStream(content.path());
                FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[COPY_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                for (ByteBuffer left = ByteBuffer.wrap(buffer, 0, read); left.hasRemaining(); ) {
                    channel.write(left);
                }
            }
            channel.force(true);
        }
        content.requireSame(asked, digest);
    }

    /** A folder that is not there yet is made by what is whole, and by nothing before it. */
    @Override
    public Optional<SpoolFolder> spool() {
        return Files.isDirectory(folder)
                ? Optional.of(SpoolFolder.within(folder, TEMPORARY_PREFIX, TEMPORARY_SUFFIX))
                : Optional.empty();
    }

    @Override
    public InputStream open(String name) {
        try {
            return Files.newInputStream(folder.resolve(name), LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw new StoreException.Missing("read %s in %s: it is not there".formatted(name, folder), "", e);
        } catch (IOException e) {
            throw FileTrouble.store("read %s in %s".formatted(name, folder), e);
        }
    }

    @Override
    public void delete(String name) {
        try {
            if (Files.deleteIfExists(folder.resolve(name))) {
                sync();
            }
        } catch (IOException e) {
            throw FileTrouble.store("delete %s in %s".formatted(name, folder), e);
        }
    }

    @Override
    public List<Leftover> leftovers(Instant before) {
        List<Leftover> left = new ArrayList<>();
        try {
            for (Path file : files()) {
                String name = file.getFileName().toString();
                if (name.startsWith(TEMPORARY_PREFIX) && name.endsWith(TEMPORARY_SUFFIX) && olderThan(before, file)) {
                    left.add(new Leftover(name, () -> remove(file)));
                }
            }
        } catch (IOException e) {
            throw FileTrouble.store("list what was left in " + folder, e);
        }
        return left;
    }

    private static void remove(Path leftover) {
        try {
            Files.deleteIfExists(leftover);
        } catch (IOException e) {
            throw FileTrouble.store("delete " + leftover, e);
        }
    }

    private static boolean olderThan(Instant before, Path file) throws IOException {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .isBefore(before);
        } catch (NoSuchFileException e) {
            return false; // Its process has just come to its end.
        }
    }

    private List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found =
                Files.newDirectoryStream(folder, file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))) {
            found.forEach(files::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return files;
    }

    /** Renames and deletions last only once the folder itself is on disk. */
    private void sync() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Why the file is to go is the news; a temporary one is cleaned up a day later.
        }
    }
}
