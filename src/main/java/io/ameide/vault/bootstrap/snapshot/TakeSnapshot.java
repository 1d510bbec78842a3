package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.LeaderStatus;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Takes a snapshot when one is due, and lets go of those that are too many. */
public final class TakeSnapshot implements Step {

    /**
     * When to take one.
     *
     * @param folder where snapshots go; without one the step is skipped
     * @param interval age of the newest at which another is due; zero takes one in any case
     * @param keep how many of the newest stay
     */
    public record Settings(Optional<Path> folder, Duration interval, int keep) {}

    private final Cluster cluster;
    private final Supplier<Optional<VaultSession>> signedIn;
    private final Settings settings;
    private final String takenBy;
    private final Clock clock;

    /** @param takenBy this tool and its version, for the manifest */
    public TakeSnapshot(
            Cluster cluster,
            Supplier<Optional<VaultSession>> signedIn,
            Settings settings,
            String takenBy,
            Clock clock) {
        this.cluster = cluster;
        this.signedIn = signedIn;
        this.settings = settings;
        this.takenBy = takenBy;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public Optional<String> unmet() {
        if (settings.folder().isEmpty()) {
            return Optional.of("a place: bootstrap.snapshot.folder is not set");
        }
        return signedIn.get().isEmpty() ? Optional.of("a sign-in") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        VaultNode node = cluster.active().orElseThrow();
        SealStatus status = node.sealStatus();
        if (!status.storage().equals("raft")) {
            return new Outcome.Skipped("storage is %s, which has no snapshots".formatted(status.storage()));
        }
        String clusterId = status.clusterId().orElseThrow();
        SnapshotFolder folder = new SnapshotFolder(settings.folder().orElseThrow(), clock);
        List<SnapshotManifest> present = folder.list().of(clusterId);
        if (!due(present)) {
            SnapshotManifest newest = present.getFirst();
            return new Outcome.Unchanged("newest is %s old, next in %s"
                    .formatted(
                            words(Duration.between(newest.takenAt(), clock.instant())),
                            words(Duration.between(
                                    clock.instant(), newest.takenAt().plus(settings.interval())))));
        }
        if (mode == Mode.PLAN) {
            return new Outcome.Changed(List.of(
                    new Change("snapshot", "take one into " + settings.folder().get())));
        }
        return take(node, status, clusterId, folder);
    }

    private boolean due(List<SnapshotManifest> present) {
        return settings.interval().isZero() || new SnapshotSchedule(settings.interval()).due(present, clock.instant());
    }

    private Outcome take(VaultNode node, SealStatus status, String clusterId, SnapshotFolder folder) {
        // A standby would answer as well, without what the leader has acknowledged.
        LeaderStatus leader = requireLeader(node);
        Provenance provenance = new Provenance(
                node.address().toString(),
                clusterId,
                status.clusterName().orElse("cluster"),
                status.version(),
                status.type(),
                leader.committedIndex(),
                clock.instant(),
                takenBy);
        SnapshotManifest manifest;
        try (InputStream archive = signedIn.get().orElseThrow().snapshot()) {
            manifest = folder.store(archive, provenance);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Change> changes = new ArrayList<>();
        changes.add(
                new Change("snapshot", "%s, %d bytes, verified".formatted(manifest.archive(), manifest.sizeBytes())));
        folder.retain(clusterId, new Retention(settings.keep()))
                .snapshots()
                .forEach(old -> changes.add(new Change("snapshot", old.archive() + " deleted, there are newer ones")));
        return new Outcome.Changed(changes);
    }

    private static LeaderStatus requireLeader(VaultNode node) {
        LeaderStatus leader = node.leader();
        if (!leader.self()) {
            throw new ProblemException(Problem.error(
                    "%s does not lead any more; no snapshot was taken".formatted(node.address()),
                    "the next tick asks the new leader"));
        }
        return leader;
    }

    private static String words(Duration duration) {
        if (duration.toHours() >= 48) {
            return duration.toDays() + " d";
        }
        if (duration.toMinutes() >= 120) {
            return duration.toHours() + " h";
        }
        return duration.toSeconds() >= 120 ? duration.toMinutes() + " min" : duration.toSeconds() + " s";
    }
}
