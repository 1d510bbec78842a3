package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a snapshot is on its way from the server to its targets, in files for the owner only that are gone afterwards. It
 * takes as much room as one snapshot.
 */
public final class SpoolFolder {

    private static final String PREFIX = "vault-bootstrap-";
    private static final String SUFFIX = ".spool";

    private final Path folder;
    private final String prefix;
    private final String suffix;

    public SpoolFolder(Path folder) {
        this(folder, PREFIX, SUFFIX);
    }

    private SpoolFolder(Path folder, String prefix, String suffix) {
        this.folder = folder;
        this.prefix = prefix;
        this.suffix = suffix;
    }

    /** Within a place for snapshots, under names that the place counts among its {@link ObjectStore#leftovers}. */
    static SpoolFolder within(Path folder, String prefix, String suffix) {
        return new SpoolFolder(folder, prefix, suffix);
    }

    /**
     * Takes in an archive and verifies it as it comes by. When this throws, nothing of it is left. Where there are
     * recipients, only what is encrypted to them ever reaches the disk.
     *
     * @param origin what messages call the archive, for example {@code snapshot from http://127.0.0.1:8200}
     * @throws InvalidArchiveException if the archive is not whole and intact
     * @throws io.ameide.vault.bootstrap.tick.ProblemException of kind {@code ACCESS} if the source breaks off, or the folder
     *     has no room
     */
    Spooled take(String origin, InputStream source, List<PgpEncryption> recipients) {
        Path file = create("spool the " + origin);
        try {
            return recipients.isEmpty() ? plain(origin, source, file) : encrypted(origin, source, recipients, file);
        } catch (IOException e) {
            delete(file);
            throw FileTrouble.problem("spool the %s in %s".formatted(origin, folder), e);
        } catch (RuntimeException e) {
            delete(file);
            throw e;
        }
    }

    /**
     * Takes in what is stored somewhere, opened where it has to be, and all of it.
     *
     * @param identity opens it; empty where it is stored as the server sent it
     * @param vouch told the SHA-256 of everything that was stored; throws where that is another one
     * @throws io.ameide.vault.bootstrap.openpgp.DamagedMessageException if it is no message that can be opened to its end
     * @throws IOException if the source breaks off behind the archive
     */
    Spooled bring(String origin, InputStream stored, Optional<PgpIdentity> identity, Consumer<String> vouch)
            throws IOException {
        if (identity.isEmpty()) {
            // An archive that passes takes up its whole source: it is what was stored.
            Spooled spooled = take(origin, stored, List.of());
            return vouched(spooled, () -> vouch.accept(spooled.archive().sha256()));
        }
        MessageDigest digest = Sha256.digest();
        InputStream hashed = new DigestInputStream(stored, digest);
        return vouched(take(origin, identity.get().decrypting(hashed), List.of()), () -> {
            hashed.transferTo(OutputStream.nullOutputStream());
            vouch.accept(Sha256.hex(digest));
        });
    }

    private interface Vouching {
        void check() throws IOException;
    }

    private static Spooled vouched(Spooled spooled, Vouching vouching) throws IOException {
        try {
            vouching.check();
            return spooled;
        } catch (IOException | RuntimeException e) {
            spooled.close();
            throw e;
        }
    }

    private static Spooled plain(String origin, InputStream source, Path file) throws IOException {
        try (OutputStream spool = Files.newOutputStream(file)) {
            VerifiedArchive archive = SnapshotArchive.verify(origin, source, spool);
            return new Spooled(archive, new LocalFile(file, archive.sizeBytes(), archive.sha256()), List.of());
        }
    }

    private static Spooled encrypted(String origin, InputStream source, List<PgpEncryption> recipients, Path file)
            throws IOException {
        MessageDigest digest = Sha256.digest();
        VerifiedArchive archive;
        try (OutputStream spool = new DigestOutputStream(Files.newOutputStream(file), digest);
                OutputStream out = PgpEncryption.encrypting(recipients, spool)) {
            archive = SnapshotArchive.verify(origin, source, out);
        }
        return new Spooled(
                archive,
                local(file, digest),
                recipients.stream().map(PgpEncryption::fingerprint).toList());
    }

    /** A small file, for example a manifest; to be closed. */
    Spooled.Small small(byte[] content) {
        Path file = create("spool a manifest");
        try {
            Files.write(file, content);
            MessageDigest digest = Sha256.digest();
            digest.update(content);
            return new Spooled.Small(local(file, digest));
        } catch (IOException e) {
            delete(file);
            throw FileTrouble.problem("spool a manifest in " + folder, e);
        }
    }

    private Path create(String asked) {
        try {
            Files.createDirectories(folder, OwnerOnly.FOLDER);
            cleanUp(Instant.now().minus(SnapshotTarget.LEFTOVER_AGE));
            return Files.createTempFile(folder, prefix, suffix, OwnerOnly.FILE);
        } catch (IOException e) {
            throw FileTrouble.problem("%s in %s".formatted(asked, folder), e);
        }
    }

    private static LocalFile local(Path file, MessageDigest digest) throws IOException {
        return new LocalFile(file, Files.size(file), Sha256.hex(digest));
    }

    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It is removed as a leftover a day later.
        }
    }

    /**
     * Removes what processes that were killed left before that time. What cannot be removed stays for another time, and what
     * was left within a place for snapshots is found, and reported, by that place.
     */
    private void cleanUp(Instant before) {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(
                folder,
                file -> file.getFileName().toString().startsWith(PREFIX)
                        && file.getFileName().toString().endsWith(SUFFIX))) {
            for (Path file : left) {
                if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                        .toInstant()
                        .isBefore(before)) {
                    delete(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Somebody else's file, or one that has just gone.
        }
    }
}
