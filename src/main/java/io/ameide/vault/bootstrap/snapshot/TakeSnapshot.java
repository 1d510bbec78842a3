package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.LeaderStatus;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Takes a snapshot when one is due at any target, brings it to all where it is, and lets go of those that are too many. What
 * goes wrong at one target stops no other.
 */
public final class TakeSnapshot implements Step {

    private static final int TARGETS_AT_ONCE = 4;

    /** Where snapshots go, when, and which of them stay. */
    public record Destination(SnapshotTarget target, SnapshotSchedule schedule, Retention retention) {

        public Destination with(SnapshotSchedule schedule) {
            return new Destination(target, schedule, retention);
        }

        public Destination with(Retention retention) {
            return new Destination(target, schedule, retention);
        }
    }

    /**
     * How one is taken.
     *
     * @param silence how long nothing may come from the server in the middle of it
     * @param recipients to whom it is encrypted before it is stored; empty for not at all
     * @param canary what is written right before
     * @param takenBy this tool and its version, for the manifest
     */
    public record Settings(
            SpoolFolder spool, Duration silence, List<PgpEncryption> recipients, Canary canary, String takenBy) {

        public Settings {
            recipients = List.copyOf(recipients);
        }
    }

    private final Cluster cluster;
    private final Supplier<Optional<VaultSession>> signedIn;
    private final List<Destination> destinations;
    private final Settings settings;
    private final Supplier<Optional<String>> custody;
    private final Clock clock;
    private final boolean oddIsNews;
    private final AtomicBoolean stored = new AtomicBoolean();

    /** @param custody gives {@link Provenance#custody} */
    public TakeSnapshot(
            Cluster cluster,
            Supplier<Optional<VaultSession>> signedIn,
            List<Destination> destinations,
            Settings settings,
            Supplier<Optional<String>> custody,
            Clock clock) {
        this(cluster, signedIn, destinations, settings, custody, clock, true);
    }

    private TakeSnapshot(
            Cluster cluster,
            Supplier<Optional<VaultSession>> signedIn,
            List<Destination> destinations,
            Settings settings,
            Supplier<Optional<String>> custody,
            Clock clock,
            boolean oddIsNews) {
        this.cluster = cluster;
        this.signedIn = signedIn;
        this.destinations = List.copyOf(destinations);
        this.settings = settings;
        this.custody = custody;
        this.clock = clock;
        this.oddIsNews = oddIsNews;
    }

    /** The same for who is about to replace what is there: that it is less than it was is flagged, and no problem. */
    TakeSnapshot ofWhatIsLeft() {
        return new TakeSnapshot(cluster, signedIn, destinations, settings, custody, clock, false);
    }

    /** Whether a target holds the one that {@link #run} took. */
    boolean stored() {
        return stored.get();
    }

    @Override
    public String name() {
        return "snapshot";
    }

    @Override
    public Optional<String> unmet() {
        if (destinations.isEmpty()) {
            return Optional.of("a place: bootstrap.snapshot.targets is not set");
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
        Work work = new Work(mode);
        List<Standing> due = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Standing standing : standings(clusterId, work)) {
            if (standing.due(clock.instant())) {
                due.add(standing);
            } else {
                others.add(standing.words(clock.instant(), destinations.size() > 1));
            }
        }
        if (mode == Mode.PLAN) {
            due.forEach(standing -> work.change(
                    change(
                            standing.target(),
                            "take one into " + standing.target().description()),
                    () -> {}));
        } else if (!due.isEmpty()) {
            work.part(() -> take(node, status, clusterId, due, work));
        }
        return work.outcome(String.join("; ", others));
    }

    private List<Standing> standings(String clusterId, Work work) {
        return Parallel.map(destinations, TARGETS_AT_ONCE, destination -> standing(destination, clusterId, work))
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    private Optional<Standing> standing(Destination destination, String clusterId, Work work) {
        try {
            Instant now = clock.instant();
            return Optional.of(new Standing(
                    destination,
                    destination
                            .target()
                            .newest(snapshot -> snapshot.clusterId().equals(clusterId)
                                    && destination.schedule().counts(snapshot.takenAt(), now))));
        } catch (RuntimeException e) {
            work.problem(Problem.of(e));
            return Optional.empty();
        }
    }

    private void take(VaultNode node, SealStatus status, String clusterId, List<Standing> due, Work work) {
        long canary = settings.canary()
                .renew(
                        signedIn.get().orElseThrow(),
                        clock.instant(),
                        () -> work.change(
                                new Change("engine " + settings.canary().mount(), "create, for the canary"), () -> {}))
                .count();
        // A standby would answer as well, without what the leader has acknowledged.
        LeaderStatus leader = requireLeader(node);
        Provenance provenance = new Provenance(
                node.address().toString(),
                clusterId,
                status.clusterName().orElse("cluster"),
                node.product(),
                status.version(),
                status.type(),
                custody.get(),
                canary,
                leader.committedIndex(),
                clock.instant(),
                settings.takenBy());
        try (Spooled snapshot = spool(spoolFor(due), node, provenance)) {
            List<Work> results = Parallel.map(due, TARGETS_AT_ONCE, standing -> {
                Work atTarget = new Work(Mode.APPLY);
                atTarget.part(() -> store(snapshot, provenance, standing, atTarget));
                return atTarget;
            });
            results.forEach(work::add);
        }
    }

    /** Not that of one place among several: what is the matter with it would keep the snapshot from the others. */
    private SpoolFolder spoolFor(List<Standing> due) {
        return Optional.of(due)
                .filter(all -> all.size() == 1)
                .flatMap(one -> one.getFirst().target().spool())
                .orElse(settings.spool());
    }

    private Spooled spool(SpoolFolder spool, VaultNode node, Provenance provenance) {
        String origin = "snapshot from " + provenance.address();
        Spooled snapshot;
        try (InputStream archive =
                new AttendedStream(signedIn.get().orElseThrow().snapshot(), settings.silence())) {
            snapshot = spool.take(origin, archive, settings.recipients());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            snapshot.archive().requireIndex(provenance.committedIndex(), origin);
            // One that lost an election in between may have sent what the cluster has never agreed upon.
            requireLeader(node);
        } catch (RuntimeException e) {
            snapshot.close();
            throw e;
        }
        return snapshot;
    }

    private void store(Spooled snapshot, Provenance provenance, Standing standing, Work work) {
        SnapshotTarget target = standing.target();
        SnapshotManifest plain =
                SnapshotManifest.of(snapshot.archive(), snapshot.file(), snapshot.recipients(), provenance);
        SnapshotManifest manifest = standing.newest()
                .map(before -> plain.flagged(ShrinkGuard.flags(before, plain)))
                .orElse(plain);
        work.change(
                change(target, "%s, %d bytes, verified".formatted(manifest.archive(), manifest.sizeBytes())), () -> {
                    target.store(snapshot, manifest);
                    stored.set(true);
                });
        if (!manifest.flags().isEmpty() && oddIsNews) {
            work.problem(suspicious(target, manifest));
        }
        work.part(() -> retain(standing.destination(), manifest.clusterId(), work));
    }

    private static Problem suspicious(SnapshotTarget target, SnapshotManifest manifest) {
        return Problem.error(
                "%s at %s is stored and flagged: %s"
                        .formatted(manifest.archive(), target.name(), String.join(", and ", manifest.flags())),
                "was much deleted, or an older snapshot restored? nothing is pruned there for now");
    }

    private void retain(Destination destination, String clusterId, Work work) {
        SnapshotTarget target = destination.target();
        SnapshotTarget.Pruning pruning = target.prunable(clusterId, destination.retention(), clock.instant());
        SnapshotTarget.Pruned pruned = pruning.suspects().isEmpty()
                ? target.prune(pruning).and(target.sweep(clock.instant()))
                : target.sweep(clock.instant());
        pruned.snapshots()
                .forEach(
                        old -> work.change(change(target, old.archive() + " deleted, there are newer ones"), () -> {}));
        pruned.leftovers()
                .forEach(left ->
                        work.change(change(target, left + " deleted, left by a process that was killed"), () -> {}));
        pruned.problems().forEach(work::problem);
    }

    private static Change change(SnapshotTarget target, String description) {
        return new Change("snapshot " + target.name(), description);
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

    /** How a target stands before anything is done. */
    private record Standing(Destination destination, Optional<SnapshotManifest> newest) {

        SnapshotTarget target() {
            return destination.target();
        }

        boolean due(Instant now) {
            return destination.schedule().due(newest.map(SnapshotManifest::takenAt), now);
        }

        /** Of one that is not due. */
        String words(Instant now, boolean oneOfMany) {
            SnapshotManifest snapshot = newest.orElseThrow();
            return "%snewest is %s old%s, next in %s"
                    .formatted(
                            oneOfMany ? target().name() + ": " : "",
                            DurationWords.of(Duration.between(snapshot.takenAt(), now)),
                            snapshot.flags().isEmpty() ? "" : " and flagged",
                            DurationWords.of(
                                    Duration.between(now, destination.schedule().after(snapshot.takenAt()))));
        }
    }
}
