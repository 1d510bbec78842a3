package io.ameide.vault.bootstrap.drill;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.Canary;
import io.ameide.vault.bootstrap.snapshot.DurationWords;
import io.ameide.vault.bootstrap.snapshot.OutsideWork;
import io.ameide.vault.bootstrap.snapshot.SnapshotArchive;
import io.ameide.vault.bootstrap.snapshot.SnapshotManifest;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.Spooled;
import io.ameide.vault.bootstrap.snapshot.VerifiedArchive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * One drill: the newest snapshot of a target, restored into a server that is thrown away, opened with the shares in custody,
 * must hold the canary that its manifest names, and as many entries. The cluster it was taken from is not asked.
 */
public final class Drill {

    private static final String ENGINES = "logical";

    /** What is stamped later than this from now was stamped by a clock that was wrong. */
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    /**
     * How it is done.
     *
     * @param maxAge of the snapshot
     * @param isolated whether a server that runs here reaches no other system
     * @param sealFile HCL of the seal stanza for snapshots of a cluster that unseals itself
     * @param silence how long nothing may come in the middle of a snapshot
     * @param environment of this process
     */
    public record Settings(
            Duration maxAge,
            boolean isolated,
            Optional<Path> sealFile,
            Duration silence,
            Canary canary,
            Map<String, String> environment) {}

    /**
     * What opens the snapshot.
     *
     * @param fingerprint of the shares, as manifests have it
     * @param identity for snapshots that are stored encrypted
     */
    public record Custody(KeyMaterial keys, String fingerprint, Optional<PgpIdentity> identity) {}

    private final Settings settings;
    private final ServerBinary binary;
    private final Clock clock;
    private final Waiter waiter;

    public Drill(Settings settings, ServerBinary binary, Clock clock, Waiter waiter) {
        this.settings = settings;
        this.binary = binary;
        this.clock = clock;
        this.waiter = waiter;
    }

    /**
     * @throws ProblemException with the one reason why the snapshot does not count as proven: of kind BLOCKED where shares
     *     and snapshot do not belong together, or a second server would do harm; INVALID where something is not set up; and
     *     ERROR or ACCESS where the snapshot itself or its place fails
     */
    public Proof run(SnapshotTarget target, Custody custody) {
        List<Sensitive> shares = requiredShares(custody.keys());
        Instant startedAt = clock.instant();
        SnapshotManifest newest = newest(target, custody.keys(), startedAt);
        requireSameShares(newest, custody.fingerprint());
        Optional<String> seal = seal(newest);
        Phases phases = new Phases();
        try (Spooled snapshot = target.fetch(newest, custody.identity())) {
            phases.end("download and verify");
            requireHarmless(newest, snapshot.archive());
            try (RestoredCopy copy = RestoredCopy.start(binary, seal, settings.environment(), waiter)) {
                phases.end("start a server");
                copy.restore(snapshot.file().path());
                phases.end("restore");
                VaultSession session = open(copy, newest, shares);
                phases.end("unseal and sign in");
                Canary.Value canary = requireCanary(session, newest);
                phases.end("read the canary");
                return new Proof(
                        target.description(),
                        newest,
                        copy.version(),
                        startedAt,
                        phases.ended(),
                        canary,
                        requireSameEntries(session, newest, snapshot.archive()));
            }
        }
    }

    private static List<Sensitive> requiredShares(KeyMaterial keys) {
        if (keys.threshold() == 0) {
            throw new ProblemException(Problem.blocked(
                    "a drill cannot read what it restored: the cluster was initialized without recovery shares",
                    "have recovery shares made, with sys/rotate/recovery, and keep them in custody"));
        }
        if (keys.shares().size() < keys.threshold()) {
            throw new ProblemException(Problem.blocked(
                    "a drill takes %d shares, and custody has %d: people hold the others"
                            .formatted(keys.threshold(), keys.shares().size()),
                    "restore a snapshot together with them by hand once in a while"));
        }
        return keys.shares().subList(0, keys.threshold());
    }

    private SnapshotManifest newest(SnapshotTarget target, KeyMaterial keys, Instant now) {
        SnapshotManifest newest = target.newest(
                        manifest -> keys.clusterId().stream().allMatch(manifest.clusterId()::equals)
                                && manifest.takenAt().isBefore(now.plus(CLOCK_SKEW)))
                .orElseThrow(() -> new ProblemException(Problem.error(
                        "there is no snapshot%s at %s"
                                .formatted(
                                        keys.clusterId()
                                                .map(id -> " of cluster " + id)
                                                .orElse(""),
                                        target.description()),
                        "snapshot list tells what is there; ticks take one when it is due")));
        Duration age = Duration.between(newest.takenAt(), now);
        if (age.compareTo(settings.maxAge()) > 0) {
            throw new ProblemException(Problem.error(
                    "the newest snapshot at %s is stale: %s is %s old, more than %s"
                            .formatted(
                                    target.description(),
                                    newest.archive(),
                                    DurationWords.of(age),
                                    DurationWords.of(settings.maxAge())),
                    "do ticks still take snapshots? bootstrap.snapshot.drill.max-age says what is too old"));
        }
        return newest;
    }

    private static void requireSameShares(SnapshotManifest snapshot, String fingerprint) {
        if (snapshot.custody().isPresent() && !snapshot.custody().get().equals(fingerprint)) {
            throw new ProblemException(Problem.blocked(
                    "%s was taken with other shares than those in custody".formatted(snapshot.archive()),
                    "after a rotation of the shares, take a snapshot with the new ones; else, is it the custody of"
                            + " another cluster?"));
        }
    }

    private Optional<String> seal(SnapshotManifest snapshot) {
        if (snapshot.sealType().equals("shamir")) {
            return Optional.empty();
        }
        Path file = settings.sealFile()
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "%s has a seal of type %s, which takes more than shares to open"
                                .formatted(snapshot.archive(), snapshot.sealType()),
                        "name a file with the seal stanza of the cluster's configuration in"
                                + " bootstrap.snapshot.drill.seal-file")));
        try {
            return Optional.of(Files.readString(file));
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.invalid(
                            "cannot read seal file " + file, "bootstrap.snapshot.drill.seal-file names a file of HCL"),
                    e);
        }
    }

    /** A restored copy is alive, and does at once what the cluster would have done meanwhile. */
    private void requireHarmless(SnapshotManifest snapshot, VerifiedArchive archive) {
        if (settings.isolated()) {
            return;
        }
        String hint = "run the drill where no system is reached that the cluster has secrets of, and say so with"
                + " bootstrap.snapshot.drill.isolated=true";
        if (archive.entries().isEmpty()) {
            throw new ProblemException(Problem.blocked(
                    "%s is laid out in a way unknown here, so that a restored copy might act on other systems"
                            .formatted(snapshot.archive()),
                    hint));
        }
        OutsideWork work = archive.outside();
        if (!work.none()) {
            throw new ProblemException(Problem.blocked(
                    "a restored copy of %s would act on other systems: it has %s"
                            .formatted(snapshot.archive(), work.words()),
                    hint));
        }
    }

    private static VaultSession open(RestoredCopy copy, SnapshotManifest snapshot, List<Sensitive> shares) {
        try {
            if (!copy.unseal(shares)) {
                throw new ProblemException(doesNotOpen(snapshot, "it takes more than " + shares.size()));
            }
            return copy.signIn(shares);
        } catch (NodeException.Refused e) {
            throw new ProblemException(doesNotOpen(snapshot, e.getMessage()), e);
        } catch (NodeException.Unsupported e) {
            throw new ProblemException(
                    Problem.error(
                            "the restored copy makes no root token from shares: " + e.getMessage(),
                            "run the drill with a server that can be told to, as OpenBao can"),
                    e);
        }
    }

    private static Problem doesNotOpen(SnapshotManifest snapshot, String reason) {
        return Problem.blocked(
                "%s does not open with the shares in custody: %s".formatted(snapshot.archive(), reason),
                "look for the custody of the time when it was taken, and take another snapshot");
    }

    private Canary.Value requireCanary(VaultSession session, SnapshotManifest snapshot) {
        long expected = snapshot.canary()
                .orElseThrow(() -> new ProblemException(Problem.error(
                        "the manifest of %s names no canary".formatted(snapshot.archive()),
                        "it is of an earlier release: take another snapshot")));
        Canary.Value found = settings.canary()
                .read(session)
                .orElseThrow(
                        () -> new ProblemException(
                                Problem.error(
                                        "%s was restored, and has no canary at %s"
                                                .formatted(
                                                        snapshot.archive(),
                                                        settings.canary().path()),
                                        "was it deleted right before the snapshot, or is bootstrap.snapshot.canary-mount another one?")));
        if (found.count() != expected) {
            throw new ProblemException(Problem.error(
                    "%s was restored, and has canary %d instead of %d, which its manifest names"
                            .formatted(snapshot.archive(), found.count(), expected),
                    "do two releases or two clusters write to the same path?"));
        }
        return found;
    }

    /** Expired tokens and leases go as soon as a copy serves, and cubbyholes with them; what the engines hold must all be there. */
    private long requireSameEntries(VaultSession session, SnapshotManifest snapshot, VerifiedArchive archive) {
        Optional<Long> written = engines(snapshot.entries());
        if (written.isEmpty()) {
            return 0;
        }
        VerifiedArchive copy =
                SnapshotArchive.verify("snapshot of the restored copy", session.snapshot(), settings.silence());
        String cubbyhole = cubbyhole(session);
        long expected = written.get() - archive.passing(cubbyhole);
        long found = engines(copy.entries()).orElse(0L) - copy.passing(cubbyhole);
        if (found != expected) {
            throw new ProblemException(Problem.error(
                    "%s was restored with %d entries of secret engines, and its manifest names %d"
                            .formatted(snapshot.archive(), found, expected),
                    "compare what snapshot inspect tells of it with the cluster"));
        }
        return found;
    }

    private static String cubbyhole(VaultSession session) {
        return session.read("sys/mounts")
                .orElseThrow()
                .path("cubbyhole/")
                .path("uuid")
                .asText();
    }

    private static Optional<Long> engines(SortedMap<String, Long> entries) {
        return Optional.ofNullable(entries.get(ENGINES));
    }

    /** Measures one phase after the other. */
    private static final class Phases {

        private final List<Proof.Phase> ended = new ArrayList<>();
        private long since = System.nanoTime();

        void end(String name) {
            long now = System.nanoTime();
            ended.add(new Proof.Phase(name, Duration.ofNanos(now - since)));
            since = now;
        }

        List<Proof.Phase> ended() {
            return ended;
        }
    }
}
