package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.tick.ProblemException;

import jakarta.inject.Singleton;

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
        Optional<FoundSnapshot> file = FoundSnapshot.inFile(archive, target);
        if (file.isPresent()) {
            return inspect(file.get());
        }
        try (OpenTargets open = targets.required(target)) {
            return inspect(FoundSnapshot.atTarget(archive, open.destinations()));
        }
    }

    private SnapshotInspection inspect(FoundSnapshot found) {
        return new SnapshotInspection(
                found.origin(),
                found.verify(targets.spool(), targets.identity()),
                found.manifest(),
                shares(found.manifest().flatMap(SnapshotManifest::custody)));
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
