package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.SnapshotArchive;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.snapshot.VerifiedArchive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import jakarta.inject.Singleton;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Looks into one snapshot, wherever it is. */
@Singleton
final class SnapshotInspector {

    private final SnapshotTargets targets;
    private final Custody custody;

    SnapshotInspector(SnapshotTargets targets, Custody custody) {
        this.targets = targets;
        this.custody = custody;
    }

    /**
     * Verifies a snapshot.
     *
     * @param archive a file, or the name of a snapshot at a target
     * @param target the only one to look at
     * @throws ProblemException when it is not there, cannot be read, or is not whole and intact
     */
    SnapshotInspection inspect(String archive, Optional<String> target) {
        Path file = Path.of(archive);
        if (target.isEmpty() && Files.isRegularFile(file)) {
            return ofFile(file);
        }
        try (OpenTargets open = targets.required(target)) {
            for (TakeSnapshot.Destination destination : open.destinations()) {
                SnapshotTarget place = destination.target();
                Optional<SnapshotManifest> found = place.find(archive);
                if (found.isPresent()) {
                    return inspection(archive + " at " + place.description(), place.verify(found.get()), found);
                }
            }
        }
        throw new ProblemException(Problem.invalid(
                "there is no snapshot %s, neither as a file nor at %s"
                        .formatted(archive, target.map(name -> "target " + name).orElse("any target")),
                "snapshot list names those there are"));
    }

    private SnapshotInspection ofFile(Path file) {
        Path sidecar = file.resolveSibling(file.getFileName() + SnapshotManifest.MANIFEST_SUFFIX);
        VerifiedArchive verified = SnapshotArchive.verify(file);
        Optional<SnapshotManifest> manifest = manifest(sidecar);
        if (manifest.isPresent() && !manifest.get().sha256().equals(verified.sha256())) {
            throw new ProblemException(Problem.error(
                    "%s is intact, but it is not the archive that %s is about".formatted(file, sidecar),
                    "was one of the two replaced?"));
        }
        return inspection(file.toString(), Optional.of(verified), manifest);
    }

    private static Optional<SnapshotManifest> manifest(Path sidecar) {
        if (!Files.exists(sidecar)) {
            return Optional.empty();
        }
        try {
            return Optional.of(SnapshotManifest.parse(sidecar.toString(), Files.readAllBytes(sidecar)));
        } catch (IOException e) {
            throw new ProblemException(Problem.access("cannot read " + sidecar, "is it readable?"), e);
        }
    }

    private SnapshotInspection inspection(
            String origin, Optional<VerifiedArchive> archive, Optional<SnapshotManifest> manifest) {
        return new SnapshotInspection(origin, archive, manifest, shares(manifest.flatMap(SnapshotManifest::custody)));
    }

    private SnapshotInspection.Shares shares(Optional<String> then) {
        if (then.isEmpty()) {
            return SnapshotInspection.Shares.UNKNOWN;
        }
        try {
            return CustodyGeneration.fingerprint(custody.store()).equals(then)
                    ? SnapshotInspection.Shares.SAME
                    : SnapshotInspection.Shares.OTHERS;
        } catch (RuntimeException e) {
            // Without custody at hand the rest can be told all the same.
            return SnapshotInspection.Shares.UNKNOWN;
        }
    }
}
