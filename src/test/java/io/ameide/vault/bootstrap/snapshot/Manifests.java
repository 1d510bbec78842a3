package io.ameide.vault.bootstrap.snapshot;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Manifests of snapshots that nobody took. */
final class Manifests {

    private Manifests() {}

    static SnapshotManifest taken(String clusterId, String takenAt, long index) {
        return taken(clusterId, takenAt, index, 1000);
    }

    static SnapshotManifest taken(String clusterId, String takenAt, long index, long stateSize) {
        return of(provenance(clusterId, "platform", Instant.parse(takenAt)), index, stateSize);
    }

    static SnapshotManifest of(Provenance provenance, long index, long stateSize) {
        String sha256 = "0".repeat(64);
        return SnapshotManifest.of(
                new VerifiedArchive(
                        1,
                        sha256,
                        index,
                        3,
                        "bolt-snapshot",
                        1,
                        stateSize,
                        new TreeMap<>(),
                        new TreeMap<>(),
                        OutsideWork.NONE),
                new LocalFile(Path.of("spooled"), 1, sha256),
                List.of(),
                provenance);
    }

    static Provenance provenance(String clusterId, String clusterName, Instant takenAt) {
        return new Provenance(
                "http://127.0.0.1:8200",
                clusterId,
                clusterName,
                "OpenBao",
                "2.7.2",
                "shamir",
                Optional.of("hmac-sha256:4711"),
                17,
                4711,
                takenAt,
                "vault-bootstrap 0.1.0");
    }
}
