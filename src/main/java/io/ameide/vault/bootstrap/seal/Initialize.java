package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.CriticalSection;
import io.ameide.vault.bootstrap.custody.EscrowedShare;
import io.ameide.vault.bootstrap.custody.InitJournal;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyMaterial.ShareKind;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.custody.KeyStoreConflictException;
import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.Initialization;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Initializes a cluster once, with the shares safe before anything else happens.
 *
 * <p>The server tells the shares in one answer and never again. So custody is proven writable first and a marker is
 * stored; only then init is asked for, and the answer is stored in one write. A process that dies between answer and
 * write has lost the shares, which no client can prevent; the marker is how the next tick knows.
 */
public final class Initialize implements Step {

    /** The shares exist only in this process until they are stored, so that giving up early is the worse choice. */
    private static final Duration STORE_LIMIT = Duration.ofMinutes(5);

    /** In a row, before a pause. */
    private static final int CONFLICTS = 10;

    private static final Duration STORE_PAUSE = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final KeyStore custody;
    private final ShareSettings settings;
    private final CriticalSection critical;
    private final Clock clock;
    private final Waiter waiter;

    public Initialize(
            Cluster cluster,
            KeyStore custody,
            ShareSettings settings,
            CriticalSection critical,
            Clock clock,
            Waiter waiter) {
        this.cluster = cluster;
        this.custody = custody;
        this.settings = settings;
        this.critical = critical;
        this.clock = clock;
        this.waiter = waiter;
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public String name() {
        return "initialize";
    }

    @Override
    public Optional<String> unmet() {
        return cluster.answering().isEmpty() ? Optional.of("a node that answers") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        Stored stored = custody.read();
        VaultNode node = spokesman(stored);
        if (!cluster.initialized() && !cluster.missing().isEmpty()) {
            // One of those that do not answer may hold the cluster that this would make a second time.
            List<String> reasons =
                    new ArrayList<>(List.of("no node that answers is initialized; all of them have to answer first"));
            reasons.addAll(cluster.missing());
            return new Outcome.Waiting(reasons, List.of());
        }
        return switch (InitJournal.decide(
                node.address().toString(), cluster.initialized(), stored, custody.description())) {
            case InitJournal.Known known -> new Outcome.Unchanged("shares in " + custody.description());
            case InitJournal.Fresh fresh -> initialize(mode, node, stored);
            case InitJournal.MarkerOnly before ->
                before.marker().asked(node.address())
                        ? initialize(mode, node, stored)
                        : new Outcome.Waiting(InitJournal.nodeAwaited(before.marker(), custody)
                                .toString());
            case InitJournal.SharesLost lost -> new Outcome.Failed(lost.problem());
            case InitJournal.ForeignServer foreign -> new Outcome.Failed(foreign.problem());
            case InitJournal.StorageLost lost -> new Outcome.Failed(lost.problem());
        };
    }

    /** The node whose word counts: one that is initialized, else the one that a try before this asked, else the first. */
    private VaultNode spokesman(Stored stored) {
        return cluster.answering().stream()
                .filter(node -> cluster.status(node).initialized())
                .findFirst()
                .or(() -> cluster.answering().stream()
                        .filter(node -> stored.material()
                                .filter(material -> material.asked(node.address()))
                                .isPresent())
                        .findFirst())
                .orElseGet(() -> cluster.answering().getFirst());
    }

    /** @param before nothing, or the marker of a try that died */
    private Outcome initialize(Mode mode, VaultNode node, Stored before) {
        SealStatus status = cluster.status(node);
        boolean recovery = !status.type().equals("shamir");
        String kind = recovery ? "recovery share" : "share";
        Change change = new Change(
                "cluster at " + node.address(),
                "initialize with %d %s%s, threshold %d; %s"
                        .formatted(
                                settings.shares(),
                                kind,
                                settings.shares() == 1 ? "" : "s",
                                settings.threshold(),
                                settings.holders().isEmpty()
                                        ? "kept in " + custody.description()
                                        : "encrypted to their holders' keys"));
        if (mode == Mode.PLAN) {
            return new Outcome.Changed(List.of(change));
        }
        custody.proveWritable(settings.documentBytes());
        KeyMaterial marker = KeyMaterial.marker(
                recovery ? ShareKind.RECOVERY : ShareKind.UNSEAL,
                settings.shares(),
                settings.threshold(),
                node.address(),
                clock.instant(),
                Whereabouts.current(),
                new SecureRandom());
        String markerVersion = custody.write(marker, before.version());
        critical.run(() -> {
            Initialization answer = ask(node, recovery, markerVersion, before);
            store(answer, marker, markerVersion);
            return null;
        });
        cluster.look();
        return new Outcome.Changed(List.of(change));
    }

    private Initialization ask(VaultNode node, boolean recovery, String markerVersion, Stored before) {
        try {
            return node.initialize(new Initialization.Request(
                    settings.shares(),
                    settings.threshold(),
                    settings.holders().stream().map(PgpKey::base64).toList(),
                    recovery));
        } catch (NodeException.Refused | NodeException.HalfInitialized e) {
            takeBack(markerVersion, before);
            Optional<Problem> faster = faster(node);
            if (faster.isPresent()) {
                throw new ProblemException(faster.get(), e);
            }
            throw e;
        }
    }

    /**
     * The server made no shares for this try, whose marker would blame a loss that did not happen. It may have made some
     * for the try before: a server goes on with an init whose client has died.
     */
    private void takeBack(String markerVersion, Stored before) {
        before.material()
                .ifPresentOrElse(former -> custody.write(former, markerVersion), () -> custody.delete(markerVersion));
    }

    /** Why init was refused, if somebody else was faster, or a try before this. */
    private Optional<Problem> faster(VaultNode node) {
        boolean initialized = node.sealStatus().initialized();
        return switch (InitJournal.decide(
                node.address().toString(), initialized, custody.read(), custody.description())) {
            case InitJournal.ForeignServer foreign -> Optional.of(foreign.problem());
            case InitJournal.SharesLost lost -> Optional.of(lost.problem());
            default -> Optional.empty();
        };
    }

    private void store(Initialization answer, KeyMaterial marker, String markerVersion) {
        KeyMaterial material = settings.holders().isEmpty()
                ? marker.initialized(answer.shares(), List.of(), Optional.of(answer.rootToken()))
                : marker.initialized(List.of(), escrowed(answer.shares()), Optional.of(answer.rootToken()));
        var last = new ArrayList<RuntimeException>();
        Optional<String> version = waiter.until(
                () -> {
                    try {
                        return Optional.of(replaceMarker(material, markerVersion));
                    } catch (RuntimeException e) {
                        // Of whatever kind: what cannot be stored now may be in a minute, and there is no second
                        // answer.
                        last.add(e);
                        return Optional.empty();
                    }
                },
                STORE_PAUSE,
                STORE_LIMIT);
        if (version.isEmpty()) {
            throw new ProblemException(
                    Problem.blocked(
                            "the server is initialized, but its shares could not be stored in %s: %s"
                                    .formatted(
                                            custody.description(),
                                            Problem.of(last.getLast()).message()),
                            "the shares are lost; the server holds nothing yet, so mend custody, wipe the server's"
                                    + " storage and run again"),
                    last.getLast());
        }
    }

    /**
     * Puts the shares in the place of the marker, whatever became of it since: somebody who gives the Secret a label makes
     * another version of it, and one who deletes it or leaves another marker there takes nothing away that counts. Only
     * shares that are there are not written over.
     */
    private String replaceMarker(KeyMaterial material, String markerVersion) {
        String expected = markerVersion;
        for (int attempt = 1; ; attempt++) {
            try {
                return custody.write(material, expected);
            } catch (KeyStoreConflictException e) {
                Stored now = custody.read();
                boolean shares = now.material()
                        .filter(stored -> stored.phase() != KeyMaterial.Phase.INITIALIZING)
                        .isPresent();
                if (shares || attempt == CONFLICTS) {
                    throw e;
                }
                expected = now.version();
            }
        }
    }

    private List<EscrowedShare> escrowed(List<Sensitive> ciphertexts) {
        List<EscrowedShare> escrowed = new ArrayList<>();
        for (int i = 0; i < ciphertexts.size(); i++) {
            escrowed.add(new EscrowedShare(settings.holders().get(i).holder(), ciphertexts.get(i)));
        }
        return escrowed;
    }
}
