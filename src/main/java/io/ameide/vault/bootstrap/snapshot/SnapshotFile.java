package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.DamagedMessageException;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A snapshot in a file at hand.
 *
 * @param manifest what lies beside it, where anything does
 */
public record SnapshotFile(Path file, Optional<SnapshotManifest> manifest) {

    /** @throws ProblemException when what lies beside it cannot be read, or is no manifest */
    public static SnapshotFile at(Path file) {
        Path sidecar = sidecar(file);
        if (!Files.exists(sidecar)) {
            return new SnapshotFile(file, Optional.empty());
        }
        try {
            return new SnapshotFile(
                    file, Optional.of(SnapshotManifest.parse(sidecar.toString(), Files.readAllBytes(sidecar))));
        } catch (IOException e) {
            throw new ProblemException(Problem.access("cannot read " + sidecar, "is it readable?"), e);
        }
    }

    private static Path sidecar(Path file) {
        return file.resolveSibling(file.getFileName() + SnapshotManifest.MANIFEST_SUFFIX);
    }

    /** Whether it takes an identity to look into it. */
    public boolean encrypted() {
        return file.toString().endsWith(SnapshotManifest.ENCRYPTED_SUFFIX);
    }

    /**
     * Verifies one that is not encrypted.
     *
     * @throws InvalidArchiveException if it is not whole and intact
     * @throws ProblemException if it cannot be read, or its manifest is of another archive
     */
    public VerifiedArchive verify() {
        try (InputStream stored = Files.newInputStream(file)) {
            VerifiedArchive archive = SnapshotArchive.verify(origin(), stored, OutputStream.nullOutputStream());
            requireManifest(archive.sha256());
            return archive;
        } catch (IOException e) {
            throw FileTrouble.problem("read " + file, e);
        }
    }

    /**
     * A copy of it as the server sent it, verified, to be closed.
     *
     * @param identity opens it where it is encrypted
     * @throws InvalidArchiveException if it is not whole and intact
     * @throws ProblemException if it cannot be read or opened, or its manifest is of another archive
     */
    public Spooled fetch(SpoolFolder spool, Optional<PgpIdentity> identity) {
        Optional<PgpIdentity> opener = encrypted() ? Optional.of(required(identity)) : Optional.empty();
        try (InputStream stored = Files.newInputStream(file)) {
            return spool.bring(origin(), stored, opener, this::requireManifest);
        } catch (DamagedMessageException e) {
            throw new InvalidArchiveException(origin(), e);
        } catch (IOException e) {
            throw FileTrouble.problem("read " + file, e);
        }
    }

    private String origin() {
        return "snapshot " + file;
    }

    private PgpIdentity required(Optional<PgpIdentity> identity) {
        return identity.orElseThrow(() -> new ProblemException(Problem.invalid(
                file + " is encrypted",
                "name the private key that opens it in bootstrap.snapshot.encryption.private-key-file")));
    }

    private void requireManifest(String sha256) {
        if (manifest.isPresent() && !manifest.get().sha256().equals(sha256)) {
            throw new ProblemException(Problem.error(
                    "%s is intact, but it is not the archive that %s is about".formatted(file, sidecar(file)),
                    "was one of the two replaced?"));
        }
    }
}
