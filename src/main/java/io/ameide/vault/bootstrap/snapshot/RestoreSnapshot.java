package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.LeaderStatus;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Puts a snapshot in the place of everything the cluster holds. What is sealed or cut off by it is for later steps. */
public final class RestoreSnapshot implements Step {

    private static final Duration POLL = Duration.ofMillis(200);

    /**
     * What is to be restored, and how sure somebody is of it.
     *
     * @param archive verified, as the server sent it
     * @param force whether it may be of another cluster
     * @param confirmed the name of the cluster whose data is to be replaced, as a person gave it
     * @param limit how long the server may take until it works from it
     */
    public record Wanted(
            String name,
            Spooled archive,
            Optional<SnapshotManifest> manifest,
            boolean force,
            Optional<String> confirmed,
            Duration limit) {}

    /** Gives a session that may restore, for no longer than it takes. */
    @FunctionalInterface
    public interface Permission {
        void grant(boolean force, Consumer<VaultSession> restore);
    }

    private final Cluster cluster;
    private final Supplier<Optional<VaultSession>> signedIn;
    private final Optional<KeepSnapshot> keep;
    private final Wanted wanted;
    private final Runnable prepare;
    private final Permission permission;
    private final Waiter waiter;
    private final Clock clock;
    private boolean sent;

    /**
     * @param before takes a snapshot of what is there now, which is kept first; empty where nobody wants to go back
     * @param prepare what has to be settled before the data can become another
     */
    public RestoreSnapshot(
            Cluster cluster,
            Supplier<Optional<VaultSession>> signedIn,
            Optional<TakeSnapshot> before,
            Wanted wanted,
            Runnable prepare,
            Permission permission,
            Waiter waiter,
            Clock clock) {
        this.cluster = cluster;
        this.signedIn = signedIn;
        this.keep = before.map(take -> new KeepSnapshot(take, this::changeWanted));
        this.wanted = wanted;
        this.prepare = prepare;
        this.permission = permission;
        this.waiter = waiter;
        this.clock = clock;
    }

    /** The step that goes before this one, where there is any. */
    public Optional<Step> keeping() {
        return keep.map(Step.class::cast);
    }

    /** Whether the cluster has taken the snapshot. */
    public boolean sent() {
        return sent;
    }

    @Override
    public String name() {
        return "restore";
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public Optional<String> unmet() {
        if (signedIn.get().isEmpty()) {
            return Optional.of("a sign-in");
        }
        return keep.map(KeepSnapshot::kept).orElse(true)
                ? Optional.empty()
                : Optional.of("a snapshot of what is there now");
    }

    /**
     * What is about to change.
     *
     * @throws ProblemException where this is not the cluster that is meant, or it cannot be restored into
     */
    private Change changeWanted(Mode mode) {
        VaultNode node = cluster.active().orElseThrow();
        SealStatus status = node.sealStatus();
        requireRaft(status);
        requireSameCluster(status);
        LeaderStatus leader = requireLeader(node);
        String clusterName = status.clusterName().orElse("");
        if (mode == Mode.APPLY) {
            requireConfirmed(clusterName);
        }
        return new Change("cluster " + clusterName, words(leader.committedIndex()));
    }

    @Override
    public Outcome run(Mode mode) {
        Change change = changeWanted(mode);
        Work work = new Work(mode);
        work.part(() -> work.change(change, () -> restore(cluster.active().orElseThrow())));
        return work.outcome("");
    }

    private static void requireRaft(SealStatus status) {
        if (!status.storage().equals("raft")) {
            throw new ProblemException(Problem.invalid(
                    "storage is %s, which takes no snapshots".formatted(status.storage()),
                    "restore a backup of that storage"));
        }
    }

    private void requireSameCluster(SealStatus status) {
        Optional<SnapshotManifest> other =
                wanted.manifest().filter(manifest -> !status.clusterId().equals(Optional.of(manifest.clusterId())));
        if (other.isPresent() && !wanted.force()) {
            throw new ProblemException(Problem.blocked(
                    "%s is of cluster %s, %s, but this is cluster %s, %s"
                            .formatted(
                                    wanted.name(),
                                    other.get().clusterName(),
                                    other.get().clusterId(),
                                    status.clusterName().orElse("without a name"),
                                    status.clusterId().orElse("without an id")),
                    "nothing was done; --force makes this cluster into that one, with the shares of that one"));
        }
    }

    private void requireConfirmed(String clusterName) {
        if (!wanted.confirmed().equals(Optional.of(clusterName))) {
            throw new ProblemException(Problem.invalid(
                    "this is cluster %s, not %s: nothing was done"
                            .formatted(clusterName, wanted.confirmed().orElse("any that was named")),
                    "name the cluster whose data is to be replaced, with --confirm"));
        }
    }

    private static LeaderStatus requireLeader(VaultNode node) {
        LeaderStatus leader = node.leader();
        if (!leader.self()) {
            throw new ProblemException(Problem.error(
                    "%s does not lead any more; nothing was restored".formatted(node.address()), "try again"));
        }
        return leader;
    }

    private String words(long committedIndex) {
        String since = wanted.manifest()
                .map(manifest -> "taken %s, %s ago"
                        .formatted(
                                manifest.takenAt(),
                                DurationWords.of(Duration.between(manifest.takenAt(), clock.instant()))))
                .orElse("taken nobody knows when");
        long index = wanted.archive().archive().index();
        // Of another cluster, the two logs have nothing to do with each other.
        String distance = wanted.force() || committedIndex < index
                ? ""
                : ", with the %d entries of the log since".formatted(committedIndex - index);
        return "everything becomes what it was in %s, %s; what was written later is lost%s"
                .formatted(wanted.name(), since, distance);
    }

    private void restore(VaultNode node) {
        prepare.run();
        permission.grant(wanted.force(), session -> {
            requireLeader(node);
            session.restore(wanted.archive().file().path(), wanted.force());
            sent = true;
            awaitRestored(node, session);
        });
    }

    /**
     * The token was made after the snapshot was taken, so that the server knows it until it works from the snapshot. Its
     * health says nothing: it is 200 all along.
     */
    private void awaitRestored(VaultNode node, VaultSession session) {
        Instant begun = clock.instant();
        if (waiter.until(() -> restored(node, session) ? Optional.of(node) : Optional.empty(), POLL, wanted.limit())
                .isEmpty()) {
            throw new ProblemException(Problem.access(
                    "%s took the snapshot, and does not work from it %s later"
                            .formatted(node.address(), DurationWords.of(Duration.between(begun, clock.instant()))),
                    "its log says what it does; the next tick goes on from there"));
        }
    }

    private static boolean restored(VaultNode node, VaultSession session) {
        try {
            return node.sealStatus().sealed() || !session.at(node).alive();
        } catch (NodeException.Unreachable | NodeException.Unavailable e) {
            return false;
        }
    }
}
