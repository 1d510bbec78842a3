package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.snapshot.SnapshotFile;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.SpoolFolder;
import io.ameide.vault.bootstrap.snapshot.Spooled;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.snapshot.VerifiedArchive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A snapshot that somebody named, where it turned out to be. */
sealed interface FoundSnapshot {

    /** For sentences. */
    String origin();

    Optional<SnapshotManifest> manifest();

    /** What it holds, verified; empty where only its bytes could be compared, for want of an identity that opens it. */
    Optional<VerifiedArchive> verify(SpoolFolder spool, Optional<PgpIdentity> identity);

    /** Brings it here, as the server sent it, verified; to be closed. */
    Spooled fetch(SpoolFolder spool, Optional<PgpIdentity> identity);

    private static VerifiedArchive opened(FoundSnapshot found, SpoolFolder spool, Optional<PgpIdentity> identity) {
        try (Spooled opened = found.fetch(spool, identity)) {
            return opened.archive();
        }
    }

    /** In a file that need not be ours. */
    record InFile(SnapshotFile snapshot) implements FoundSnapshot {

        @Override
        public String origin() {
            return snapshot.file().toString();
        }

        @Override
        public Optional<SnapshotManifest> manifest() {
            return snapshot.manifest();
        }

        @Override
        public Optional<VerifiedArchive> verify(SpoolFolder spool, Optional<PgpIdentity> identity) {
            return Optional.of(snapshot.encrypted() ? opened(this, spool, identity) : snapshot.verify());
        }

        @Override
        public Spooled fetch(SpoolFolder spool, Optional<PgpIdentity> identity) {
            return snapshot.fetch(spool, identity);
        }
    }

    /** At one of the targets. */
    record AtTarget(SnapshotTarget target, SnapshotManifest snapshot) implements FoundSnapshot {

        @Override
        public String origin() {
            return snapshot.archive() + " at " + target.description();
        }

        @Override
        public Optional<SnapshotManifest> manifest() {
            return Optional.of(snapshot);
        }

        @Override
        public Optional<VerifiedArchive> verify(SpoolFolder spool, Optional<PgpIdentity> identity) {
            return snapshot.encryption().isPresent() && identity.isPresent()
                    ? Optional.of(opened(this, spool, identity))
                    : target.verify(snapshot);
        }

        @Override
        public Spooled fetch(SpoolFolder spool, Optional<PgpIdentity> identity) {
            return target.fetch(snapshot, identity);
        }
    }

    /**
     * The file of that name, where there is one and no target was asked for.
     *
     * @throws ProblemException when what lies beside it is no manifest
     */
    static Optional<FoundSnapshot> inFile(String archive, Optional<String> target) {
        Path file;
        try {
            file = Path.of(archive);
        } catch (InvalidPathException e) {
            // No file can have that name.
            return Optional.empty();
        }
        return target.isEmpty() && Files.isRegularFile(file)
                ? Optional.of(new InFile(SnapshotFile.at(file)))
                : Optional.empty();
    }

    /**
     * The snapshot of that name at the first target that has it.
     *
     * @throws ProblemException when none has
     */
    static FoundSnapshot atTarget(String archive, List<TakeSnapshot.Destination> destinations) {
        for (TakeSnapshot.Destination destination : destinations) {
            Optional<SnapshotManifest> found = destination.target().find(archive);
            if (found.isPresent()) {
                return new AtTarget(destination.target(), found.get());
            }
        }
        throw new ProblemException(Problem.invalid(
                "there is no snapshot %s, neither as a file nor at %s"
                        .formatted(
                                archive,
                                destinations.size() == 1
                                        ? "target "
                                                + destinations
                                                        .getFirst()
                                                        .target()
                                                        .name()
                                        : "any target"),
                "snapshot list names those there are"));
    }
}
