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

    /** From one look at a node that says it is empty to the next: as long as a volume or a gateway may take to come. */
    private static final Duration SECOND_LOOK = Duration.ofSeconds(5);

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
        return switch (InitJournal.decide(node.address(), cluster.initialized(), stored, custody.description())) {
            case InitJournal.Known known -> known(known.material());
            case InitJournal.Fresh fresh -> initialize(mode, node, stored);
            case InitJournal.MarkerOnly before ->
                before.marker().asked(node.address())
                        ? initialize(mode, node, stored)
                        : new Outcome.Waiting(InitJournal.nodeAwaited(before.marker(), custody)
                                .toString());
            case InitJournal.SharesLost lost -> new Outcome.Failed(lost.problem());
            case InitJournal.ForeignServer foreign -> new Outcome.Failed(foreign.problem());
            case InitJournal.OtherServer other -> new Outcome.Failed(other.problem());
            case InitJournal.StorageLost lost -> storageLost(node, lost);
        };
    }

    /** Custody of an odd answer is said in every tick, since a person has to complete it. */
    private Outcome known(KeyMaterial keys) {
        return keys.initAnswer().isPresent()
                ? new Outcome.Failed(Problem.blocked(
                        "%s holds an answer of init that was not what was asked for".formatted(custody.description()),
                        "see whether its fields shares and rootToken are whole, by the field initAnswer; once they are,"
                                + " remove that field"))
                : new Outcome.Unchanged("shares in " + custody.description());
    }

    /** The way out leaves shares behind, so that it is named only where the node still says the same a while later. */
    private Outcome storageLost(VaultNode node, InitJournal.StorageLost lost) {
        try {
            waiter.pause(SECOND_LOOK);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome.Waiting("asked to stop before %s was looked at again".formatted(node.address()));
        }
        return cluster.look(node).initialized()
                ? new Outcome.Waiting(
                        "%s said that it is empty, and a moment later that it is not".formatted(node.address()))
                : new Outcome.Failed(lost.problem());
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
        before.endangered().ifPresent(reason -> {
            throw new ProblemException(Problem.blocked(
                    "%s will not stay: %s".formatted(custody.description(), reason),
                    "let the deletion finish, and run again"));
        });
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
        Initialization answer = critical.run(() -> {
            Initialization told = ask(node, recovery, markerVersion, before);
            store(told, marker, markerVersion);
            return told;
        });
        cluster.look();
        return answer.lacks().isEmpty()
                ? new Outcome.Changed(List.of(change))
                : new Outcome.Failed(List.of(odd(node, answer)), answer.holdsSecrets() ? List.of(change) : List.of());
    }

    private Problem odd(VaultNode node, Initialization answer) {
        return Problem.blocked(
                "%s answered init, and not as it was asked: %s; all of the answer is in %s, field initAnswer"
                        .formatted(node.address(), String.join("; ", answer.lacks()), custody.description()),
                "look at the server's log; if it is empty of use, wipe its storage, take the document in custody away, and"
                        + " run again");
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
        return switch (InitJournal.decide(node.address(), initialized, custody.read(), custody.description())) {
            case InitJournal.ForeignServer foreign -> Optional.of(foreign.problem());
            case InitJournal.SharesLost lost -> Optional.of(lost.problem());
            default -> Optional.empty();
        };
    }

    private void store(Initialization answer, KeyMaterial marker, String markerVersion) {
        KeyMaterial material = material(answer, marker);
        var last = new ArrayList<RuntimeException>();
        Optional<String> version = waiter.until(
                () -> {
                    try {
                        return Optional.of(replaceMarker(material, markerVersion));
                    } catch (TakenException e) {
                        // Time does not mend that, and what is there is not to be lost either.
                        throw keptBeside(material, e);
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
            throw lost(material, last.getLast());
        }
    }

    /** What there is of it, in a form that can be read again; judged only once it is stored. */
    private KeyMaterial material(Initialization answer, KeyMaterial marker) {
        KeyMaterial noted = answer.lacks().isEmpty() ? marker : marker.withInitAnswer(answer.original());
        if (!answer.holdsSecrets()) {
            return noted;
        }
        return settings.holders().isEmpty()
                ? noted.initialized(answer.shares(), List.of(), answer.rootToken())
                : noted.initialized(List.of(), escrowed(answer.shares()), answer.rootToken());
    }

    /** Something that is not the marker has taken its place. */
    private static final class TakenException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private TakenException(RuntimeException cause) {
            super(cause);
        }
    }

    private RuntimeException keptBeside(KeyMaterial material, TakenException taken) {
        RuntimeException cause = (RuntimeException) taken.getCause();
        try {
            String place = custody.keepBeside(material);
            return new ProblemException(
                    Problem.blocked(
                            "the server is initialized, and its shares are kept in %s, since %s was changed meanwhile: %s"
                                    .formatted(
                                            place,
                                            custody.description(),
                                            Problem.of(cause).message()),
                            "find out who wrote there, put what is in %s in its place, and run again".formatted(place)),
                    cause);
        } catch (RuntimeException e) {
            e.addSuppressed(cause);
            return lost(material, e);
        }
    }

    private ProblemException lost(KeyMaterial material, RuntimeException last) {
        try {
            String place = custody.keepBeside(material);
            return new ProblemException(
                    Problem.blocked(
                            "the server is initialized, and its shares are kept in %s, since they could not be stored in %s: %s"
                                    .formatted(
                                            place,
                                            custody.description(),
                                            Problem.of(last).message()),
                            "mend custody, put what is in %s in its place, and run again".formatted(place)),
                    last);
        } catch (RuntimeException e) {
            last.addSuppressed(e);
            return new ProblemException(
                    Problem.blocked(
                            "the server is initialized, but its shares could not be stored in %s: %s"
                                    .formatted(
                                            custody.description(),
                                            Problem.of(last).message()),
                            "the shares are lost; the server holds nothing yet, so mend custody, wipe the server's"
                                    + " storage and run again"),
                    last);
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
                Stored now = readOver();
                boolean shares = now.material()
                        .filter(stored -> stored.phase() != KeyMaterial.Phase.INITIALIZING)
                        .isPresent();
                if (shares) {
                    throw new TakenException(e);
                }
                if (attempt == CONFLICTS) {
                    throw e;
                }
                expected = now.version();
            }
        }
    }

    /** What is there instead of the marker. */
    private Stored readOver() {
        try {
            return custody.read();
        } catch (ProblemException e) {
            if (e.problem().kind() == Problem.Kind.BLOCKED) {
                throw new TakenException(e);
            }
            throw e;
        }
    }

    private List<EscrowedShare> escrowed(List<Sensitive> ciphertexts) {
        List<EscrowedShare> escrowed = new ArrayList<>();
        for (int i = 0; i < ciphertexts.size(); i++) {
            String holder =
                    i < settings.holders().size() ? settings.holders().get(i).holder() : "nobody that was named";
            escrowed.add(new EscrowedShare(holder, ciphertexts.get(i)));
        }
        return escrowed;
    }
}
