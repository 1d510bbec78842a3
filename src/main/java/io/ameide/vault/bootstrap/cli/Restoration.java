package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.OwnSession;
import io.ameide.vault.bootstrap.access.SignIn;
import io.ameide.vault.bootstrap.access.SignOut;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyMaterialJson;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.files.SmallFile;
import io.ameide.vault.bootstrap.seal.Discover;
import io.ameide.vault.bootstrap.seal.Opening;
import io.ameide.vault.bootstrap.seal.Quorum;
import io.ameide.vault.bootstrap.seal.Unseal;
import io.ameide.vault.bootstrap.snapshot.Canary;
import io.ameide.vault.bootstrap.snapshot.ProveCanary;
import io.ameide.vault.bootstrap.snapshot.RestoreSnapshot;
import io.ameide.vault.bootstrap.snapshot.Retention;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.Spooled;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Tick;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.VaultNode;

import jakarta.inject.Singleton;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Composes the tick that restores a snapshot and brings the cluster back to where ticks can go on. */
@Singleton
final class Restoration {

    private static final int MAX_CUSTODY_BYTES = 16 << 20;

    /** All that is there stays: what was taken last before a restore may be what somebody wants back. */
    private static final Retention EVERYTHING = new Retention(Integer.MAX_VALUE);

    /**
     * What somebody asked for.
     *
     * @param archive a file, or the name of a snapshot at a target
     * @param force whether it may be of another cluster
     * @param custody file with a copy of the custody that belongs to the snapshot, where that is another one
     * @param confirm name of the cluster whose data is to be replaced; without it, only what would happen is told
     * @param withoutSnapshot whether what is there now need not be kept
     */
    record Wish(
            String archive,
            Optional<String> target,
            boolean force,
            Optional<Path> custody,
            Optional<String> confirm,
            boolean withoutSnapshot) {

        Wish confirmed(String clusterName) {
            return new Wish(archive, target, force, custody, Optional.of(clusterName), withoutSnapshot);
        }
    }

    private final Nodes nodes;
    private final Custody custody;
    private final Ticks ticks;
    private final SnapshotTargets snapshots;
    private final Shutdown shutdown;
    private final Clock clock;

    Restoration(Nodes nodes, Custody custody, Ticks ticks, SnapshotTargets snapshots, Shutdown shutdown, Clock clock) {
        this.nodes = nodes;
        this.custody = custody;
        this.ticks = ticks;
        this.snapshots = snapshots;
        this.shutdown = shutdown;
        this.clock = clock;
    }

    /**
     * Restores, where that was confirmed, and else tells what that would do.
     *
     * @throws ProblemException when the snapshot is not there or not whole, or does not go with the shares at hand
     */
    Report run(Wish wish, Output output) {
        KeyStore store = custody.store();
        Optional<KeyMaterial> other = wish.custody().map(Restoration::read);
        try (OpenTargets targets = wish.target().isPresent() ? snapshots.required(wish.target()) : snapshots.open()) {
            FoundSnapshot found = FoundSnapshot.inFile(wish.archive(), wish.target())
                    .orElseGet(() -> FoundSnapshot.atTarget(wish.archive(), targets.destinations()));
            requireShares(found, wish, other, store);
            if (targets.destinations().isEmpty() && !wish.withoutSnapshot()) {
                throw new ProblemException(Problem.invalid(
                        "bootstrap.snapshot.targets is not set: what is there now could not be kept",
                        "name a target, or give up what is there now with --without-snapshot"));
            }
            wish.confirm().ifPresent(this::requireConfirmed);
            try (Spooled archive = found.fetch(snapshots.spool(), snapshots.identity())) {
                Tick tick = compose(wish, found, archive, other, store, targets);
                Mode mode = wish.confirm().isPresent() ? Mode.APPLY : Mode.PLAN;
                return ticks.run(tick, mode, output);
            }
        }
    }

    private static KeyMaterial read(Path file) {
        try {
            return new KeyMaterialJson().read(SmallFile.read(file, MAX_CUSTODY_BYTES), "file " + file);
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.invalid(
                            "cannot read custody from file " + file,
                            "name a copy of the document that custody kept for the snapshot's cluster"),
                    e);
        }
    }

    /**
     * Refuses a wrong name before any step runs. While every node is sealed none tells its cluster's name; the step that
     * restores asks again.
     */
    private void requireConfirmed(String named) {
        Cluster cluster = nodes.find(shutdown.waiter()).cluster();
        cluster.look();
        // Until it starts anew, a node whose data was replaced shows the name that it had before.
        List<String> names = cluster.answering().stream()
                .flatMap(node -> cluster.status(node).clusterName().stream())
                .distinct()
                .toList();
        if (!names.isEmpty() && !names.contains(named)) {
            throw new ProblemException(Problem.invalid(
                    "this is cluster %s, not %s: nothing was done".formatted(String.join(" or ", names), named),
                    "name the cluster whose data is to be replaced, with --confirm"));
        }
    }

    /** Data that nobody can open is worse than none: what is there now would be gone as well. */
    private static void requireShares(FoundSnapshot found, Wish wish, Optional<KeyMaterial> other, KeyStore store) {
        Optional<String> then = found.manifest().flatMap(SnapshotManifest::custody);
        Optional<String> now = other.map(CustodyGeneration::of).or(() -> CustodyGeneration.fingerprint(store));
        if (then.isPresent() && !then.equals(now)) {
            throw new ProblemException(Problem.blocked(
                    "%s was taken with other shares than those in %s"
                            .formatted(
                                    found.origin(),
                                    wish.custody().map(file -> "file " + file).orElseGet(store::description)),
                    "nothing was done; name a copy of the custody of that time and cluster with --custody"));
        }
        if (then.isEmpty() && other.isEmpty()) {
            throw new ProblemException(Problem.blocked(
                    "no manifest of %s tells with which shares it was taken".formatted(found.origin()),
                    "nothing was done; put its manifest beside it, or name a copy of the custody that belongs to it with"
                            + " --custody"));
        }
    }

    private Tick compose(
            Wish wish,
            FoundSnapshot found,
            Spooled archive,
            Optional<KeyMaterial> other,
            KeyStore store,
            OpenTargets targets) {
        RequestCounter counter = new RequestCounter();
        Cluster cluster = nodes.cluster(counter, shutdown.waiter());
        Duration active = nodes.activeTimeout();
        Opening opening = new Opening(cluster, store, shutdown.waiter(), active);
        Step discover = new Discover(cluster, nodes.directory(), shutdown.waiter(), nodes.readyTimeout());
        Step unseal = new Unseal(cluster, store, opening);
        SignIn signIn = ticks.signIn(cluster, store);
        SignIn afterwards = ticks.signIn(cluster, store);
        List<Step> steps = new ArrayList<>(List.of(discover, unseal, signIn));
        RestoreSnapshot restore = new RestoreSnapshot(
                cluster,
                signIn,
                wish.withoutSnapshot() ? Optional.empty() : Optional.of(snapshotNow(cluster, signIn, store, targets)),
                new RestoreSnapshot.Wanted(
                        wish.archive(),
                        archive,
                        found.manifest(),
                        wish.force(),
                        wish.confirm(),
                        snapshots.restoreTimeout()),
                () -> prepare(store, other),
                signIn::restoring,
                shutdown.waiter(),
                clock);
        restore.keeping().ifPresent(steps::add);
        steps.add(restore);
        if (wish.confirm().isPresent() && mustRestart(store, other)) {
            steps.add(new NodesToRestart(restore::sent));
        } else if (wish.confirm().isPresent()) {
            steps.addAll(List.of(
                    new Again(discover),
                    new Again(unseal),
                    new ProveCanary(
                            cluster,
                            node -> canary(store, node),
                            snapshots.canary().path(),
                            found.manifest().flatMap(SnapshotManifest::canary),
                            shutdown.waiter(),
                            active),
                    new Again(afterwards),
                    new Quorum(cluster, afterwards, shutdown.waiter(), active),
                    new Again(new SignOut(afterwards, cluster, active))));
        }
        steps.add(new SignOut(signIn, cluster, active));
        return new Tick(steps, counter, clock, shutdown.stop());
    }

    private TakeSnapshot snapshotNow(Cluster cluster, SignIn signIn, KeyStore store, OpenTargets targets) {
        return ticks.takeSnapshot(
                cluster,
                signIn,
                store,
                targets.dueNow().stream()
                        .map(destination -> destination.with(EVERYTHING))
                        .toList(),
                snapshots.settings());
    }

    /**
     * What was remembered of values that the server does not show is not true any more. Both sets of shares are at hand from
     * here on, so that whoever finds the cluster in the middle of it can open it, whichever it is by then.
     */
    private static void prepare(KeyStore store, Optional<KeyMaterial> other) {
        store.update(keys -> {
            KeyMaterial forgetful = keys.withFingerprints(Map.of());
            return other.map(set -> forgetful.withAside(set.withFingerprints(Map.of())))
                    .orElse(forgetful);
        });
    }

    /** OpenBao 2.7.2 and Vault 1.21 go by the seal that they have read when they started. */
    private static boolean mustRestart(KeyStore store, Optional<KeyMaterial> other) {
        Optional<KeyMaterial> now = store.read().material();
        return other.isPresent()
                && now.isPresent()
                && (other.get().kind() == KeyMaterial.ShareKind.RECOVERY
                        || now.get().kind() == KeyMaterial.ShareKind.RECOVERY
                        || other.get().threshold() != now.get().threshold());
    }

    /** By a way in that is there: nothing is set up before the canary was read. */
    private Optional<Canary.Value> canary(KeyStore store, VaultNode node) {
        try (OwnSession own = OwnSession.open(
                        ticks.accessSettings(), store.read().material(), node)
                .orElseThrow(() -> new ProblemException(Problem.access("no sign-in works", "")))) {
            return snapshots.canary().read(own.session());
        }
    }
}
