package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.access.WayIn.Attempt;
import io.ameide.vault.bootstrap.access.WayIn.Attempt.Refused;
import io.ameide.vault.bootstrap.access.WayIn.Attempt.SignedIn;
import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.ClusterBond;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultNode.RootAttempt;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Gets a short-lived token for the rest of the tick. The root token is used only to make that possible: once a sign-in
 * without it has worked, it is revoked, proven dead and erased from custody.
 */
public final class SignIn implements Step, Supplier<Optional<VaultSession>> {

    /** Where custody remembers the attempt to generate a root token that a tick began last. */
    private static final String ATTEMPT = "sys/generate-root/attempt#nonce";

    /** Where custody remembers which root token a tick was about to revoke. */
    private static final String RETIRING = "auth/token/revoke-self#root-token";

    private final Cluster cluster;
    private final KeyStore custody;
    private final AccessSettings settings;
    private final OwnPolicy ownPolicy;
    private final WayIn way;

    private final List<VaultSession> obtained = new ArrayList<>();
    private Optional<VaultSession> session = Optional.empty();

    private SignIn(Cluster cluster, KeyStore custody, AccessSettings settings, OwnPolicy ownPolicy, WayIn way) {
        this.cluster = cluster;
        this.custody = custody;
        this.settings = settings;
        this.ownPolicy = ownPolicy;
        this.way = way;
    }

    /**
     * Signs in as the settings say.
     *
     * @throws ProblemException when they need a token that is not to be had, or do not go with the desired state
     */
    public static SignIn as(
            AccessSettings settings,
            Cluster cluster,
            KeyStore custody,
            DesiredState desired,
            OwnPolicy ownPolicy,
            Clock clock) {
        WayIn way = settings.kubernetes()
                .<WayIn>map(kubernetes -> KubernetesWay.of(kubernetes, settings.tokenTtl(), desired, clock))
                .orElseGet(() -> new AppRoleWay(custody, settings.appRole(), settings.tokenTtl()));
        return new SignIn(cluster, custody, settings, ownPolicy, way);
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public boolean open() {
        return session.isPresent();
    }

    @Override
    public String name() {
        return "sign in";
    }

    @Override
    public Optional<String> unmet() {
        return cluster.active().isEmpty() ? Optional.of("a node that serves") : Optional.empty();
    }

    /** The session of this tick, once signed in. */
    @Override
    public Optional<VaultSession> get() {
        return session;
    }

    /** Sessions whose tokens this tick obtained and has to give back. */
    List<VaultSession> obtained() {
        return List.copyOf(obtained);
    }

    @Override
    public Outcome run(Mode mode) {
        VaultNode node = cluster.active().orElseThrow();
        KeyMaterial keys = custody.read()
                .material()
                .orElseThrow(() -> new ProblemException(Problem.blocked(
                        "%s holds no way to sign in".formatted(custody.description()),
                        "restore custody, or put a root token there for one tick")));
        requireOurs(mode, node, keys);
        Work work = new Work(mode);
        switch (signIn(work, node, keys)) {
            case SignedIn own -> {
                session = Optional.of(own.session());
                keys.rootToken().ifPresent(token -> work.part(() -> retire(work, node, keys, token)));
            }
            case Refused refused -> openAnew(work, mode, node, keys, refused);
        }
        dropFormerCredential(work, keys);
        return work.outcome(way.name());
    }

    /**
     * Does something for which the server has to try the shares, and lets the own policy grant that no longer than it
     * takes. Where the process is killed before, the next tick takes it back.
     *
     * @throws ProblemException of kind ACCESS when there is no session
     */
    public <T> T proving(Function<VaultSession, T> proof) {
        VaultSession own = session.orElseThrow(() -> new ProblemException(Problem.access(
                "have the server try the shares: that needs a credential that the server takes",
                "see what a tick says")));
        Map<String, Object> before = Map.of("policy", ownPolicy.rules());
        own.write(ownPolicy.path(), Map.of("policy", ownPolicy.proving().rules()));
        try {
            return proof.apply(own);
        } finally {
            own.write(ownPolicy.path(), before);
        }
    }

    /**
     * Does something for which everything the server holds becomes what it was once, own policy and token included, and
     * lets the own policy grant that. Where it fails, the grant is taken back, by the next tick at the latest.
     *
     * @param force also what another cluster held
     * @throws ProblemException of kind ACCESS when there is no session
     */
    public void restoring(boolean force, Consumer<VaultSession> restore) {
        VaultSession own = session.orElseThrow(() -> new ProblemException(
                Problem.access("restoring needs a credential that the server takes", "see what a tick says")));
        own.write(ownPolicy.path(), Map.of("policy", ownPolicy.restoring(force).rules()));
        try {
            restore.accept(own);
        } catch (RuntimeException e) {
            try {
                own.write(ownPolicy.path(), Map.of("policy", ownPolicy.rules()));
            } catch (NodeException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
    }

    /** Before any credential is sent: unseal has noted the cluster's id, which a plan only does in thought. */
    private void requireOurs(Mode mode, VaultNode node, KeyMaterial keys) {
        SealStatus status = cluster.status(node).clusterId().isPresent() ? cluster.status(node) : cluster.look(node);
        switch (ClusterBond.of(keys, node.address(), status)) {
            case PROVEN -> {}
            case FOREIGN ->
                throw new ProblemException(ClusterBond.foreign(keys, custody.description(), node.address(), status));
            case NAMED -> {
                if (mode == Mode.APPLY) {
                    throw new ProblemException(
                            ClusterBond.unknown(keys, custody.description(), node.address(), status));
                }
            }
            case UNKNOWN, SILENT ->
                throw new ProblemException(ClusterBond.unknown(keys, custody.description(), node.address(), status));
        }
    }

    /** Signs in without a root token, and lets the own policy and the way in follow. */
    private Attempt signIn(Work work, VaultNode node, KeyMaterial keys) {
        Attempt attempt = way.signIn(node, keys);
        if (attempt instanceof SignedIn own) {
            obtained.add(own.session());
            try {
                settle(work, ownPolicy, own.session(), "follow the desired state");
            } catch (NodeException.Denied e) {
                return new Refused("%s gives a token that has lost its own policy".formatted(way.name()));
            }
            work.part(() -> way.follow(work, own.session()));
        }
        return attempt;
    }

    private static void settle(Work work, OwnPolicy policy, VaultSession with, String reason) {
        Optional<String> observed =
                with.read(policy.path()).map(data -> data.path("policy").asText());
        if (!observed.equals(Optional.of(policy.rules()))) {
            work.change(
                    new Change("policy " + policy.name(), observed.isEmpty() ? "create" : reason),
                    () -> with.write(policy.path(), Map.of("policy", policy.rules())));
        }
    }

    /** Opens a way in with whatever may do so: a root token, what the tool signed in with before, the shares. */
    private void openAnew(Work work, Mode mode, VaultNode node, KeyMaterial keys, Refused refused) {
        Optional<VaultSession> root = keys.rootToken().map(node::session).filter(VaultSession::alive);
        if (root.isPresent()) {
            establish(work, mode, node, root.get());
            retire(work, node, keys, keys.rootToken().orElseThrow());
            return;
        }
        Optional<VaultSession> former = formerSession(node, keys);
        if (former.isPresent()) {
            comeFrom(work, mode, node, former.get(), keys.appRole().orElseThrow());
        } else {
            regain(work, mode, node, keys, refused);
        }
    }

    /** Sets up the way in with a session that may do so, and goes through it. */
    private void establish(Work work, Mode mode, VaultNode node, VaultSession with) {
        if (mode == Mode.PLAN) {
            session = Optional.of(with);
        }
        settle(work, ownPolicy, with, "follow the desired state");
        work.change(way.setUpChange(), () -> session = Optional.of(proven(way.setUp(node, with))));
    }

    private VaultSession proven(Attempt attempt) {
        return switch (attempt) {
            case SignedIn own -> {
                obtained.add(own.session());
                if (!own.session().alive()) {
                    throw notWorking("its token may not even look itself up");
                }
                yield own.session();
            }
            case Refused refused -> throw notWorking(refused.said());
        };
    }

    private ProblemException notWorking(String matter) {
        return new ProblemException(Problem.access(
                "%s was set up, but signing in with it does not work: %s".formatted(way.name(), matter), way.advice()));
    }

    /** Where the tool signed in with an AppRole until now and is to sign in otherwise. */
    private Optional<VaultSession> formerSession(VaultNode node, KeyMaterial keys) {
        if (settings.kubernetes().isEmpty()) {
            return Optional.empty();
        }
        Attempt attempt = new AppRoleWay(custody, settings.appRole(), settings.tokenTtl()).signIn(node, keys);
        if (attempt instanceof SignedIn former) {
            obtained.add(former.session());
            return Optional.of(former.session());
        }
        return Optional.empty();
    }

    /** The former policy may be the own one, which then gets its least form back once it is no longer needed. */
    private void comeFrom(Work work, Mode mode, VaultNode node, VaultSession former, AppRoleCredential credential) {
        OwnPolicy widened =
                ownPolicy.settingUp(credential.role(), settings.kubernetes().orElseThrow());
        settle(work, widened, former, "let it set up " + way.name());
        if (mode == Mode.PLAN) {
            session = Optional.of(former);
            work.change(way.setUpChange(), () -> {});
            return;
        }
        if (!credential.role().equals(ownPolicy.name())) {
            settle(work, ownPolicy, former, "follow the desired state");
        }
        work.change(way.setUpChange(), () -> session = Optional.of(proven(way.setUp(node, former))));
        settle(work, ownPolicy, session.orElseThrow(), "let it do no more than is needed");
    }

    /** Only once the tool signed in otherwise. What the server has of it is left to people. */
    private void dropFormerCredential(Work work, KeyMaterial keys) {
        if (settings.kubernetes().isPresent() && keys.appRole().isPresent()) {
            work.change(
                    new Change("AppRole " + keys.appRole().get().role(), "erase its credential from custody"),
                    () -> custody.update(stored -> stored.withAppRole(Optional.empty())));
        }
    }

    /**
     * Ends a root token that works, and erases it from custody. That a server refuses it proves nothing, as a gateway may do
     * so too: it goes only where this tick revoked it, or where a tick that died noted that it was about to.
     */
    private void retire(Work work, VaultNode node, KeyMaterial keys, Sensitive token) {
        work.change(new Change("root token", "revoke, prove dead, erase from custody"), () -> {
            VaultSession root = node.session(token);
            boolean begun =
                    checksum(keys, token.reveal()).equals(keys.fingerprints().get(RETIRING));
            if (!begun) {
                noteFingerprint(RETIRING, token.reveal());
            }
            boolean ended = end(root);
            if (root.alive()) {
                throw new ProblemException(Problem.error(
                        "the root token still works after it was revoked", "it stays in custody; try again"));
            }
            if (!ended && !begun) {
                forgetFingerprint(RETIRING);
                throw new ProblemException(refusedRootToken(node));
            }
            custody.update(stored -> without(stored.withRootToken(Optional.empty()), RETIRING));
        });
    }

    private boolean end(VaultSession root) {
        try {
            return root.end();
        } catch (NodeException.Denied e) {
            // It works, as another request has shown: whoever refuses this one has not revoked it.
            forgetFingerprint(RETIRING);
            throw e;
        }
    }

    private Problem refusedRootToken(VaultNode node) {
        return Problem.access(
                "%s refuses the root token in %s, which stays there: a refusal is no proof that it is dead"
                        .formatted(node.address(), custody.description()),
                "look it up at the node itself; once you know that it is dead, remove the field rootToken from custody");
    }

    /** No other way in is left: only the shares can open one. */
    private void regain(Work work, Mode mode, VaultNode node, KeyMaterial keys, Refused refused) {
        if (!settings.generateRoot() || keys.shares().isEmpty()) {
            throw noWayIn(
                    node,
                    keys,
                    refused,
                    settings.generateRoot() ? "custody holds no shares" : "bootstrap.access.generate-root is off",
                    null);
        }
        if (mode == Mode.PLAN) {
            work.change(
                    new Change("root token", "generate from the shares, to set up %s anew".formatted(way.name())),
                    () -> {});
            return;
        }
        Sensitive token;
        try {
            node.rootAttempt().ifPresent(attempt -> clear(node, keys, attempt, refused));
            token = node.generateRoot(keys.shares(), nonce -> noteFingerprint(ATTEMPT, nonce));
        } catch (NodeException.Unsupported e) {
            throw noWayIn(node, keys, refused, "this server does not let a root token be generated without a login", e);
        }
        VaultSession root = node.session(token);
        obtained.add(root);
        keys.rootToken().ifPresent(former -> endFormer(work, node, root, former));
        // A tick that is killed from here on leaves it to the next one to revoke; one that fails gives it back as it
        // ends.
        work.change(
                new Change("root token", "generate from the shares, keep in custody until it is revoked"),
                () -> custody.update(
                        stored -> noting(stored.withRootToken(Optional.of(token)), RETIRING, token.reveal())));
        establish(work, mode, node, root);
        retire(work, node, keys, token);
        obtained.remove(root);
    }

    /** One that was refused makes room in custody only once it is revoked with the right to do so. */
    private void endFormer(Work work, VaultNode node, VaultSession root, Sensitive former) {
        work.change(new Change("former root token", "revoke, prove dead, erase from custody"), () -> {
            root.revoke(former);
            if (node.session(former).alive()) {
                throw new ProblemException(Problem.error(
                        "the former root token still works after it was revoked", "it stays in custody; try again"));
            }
            custody.update(stored -> stored.withRootToken(Optional.empty()));
        });
    }

    /** Cancels an attempt that a tick left behind when it was killed. One in which people give shares is theirs. */
    private static void clear(VaultNode node, KeyMaterial keys, RootAttempt attempt, Refused refused) {
        boolean ours =
                checksum(keys, attempt.nonce()).equals(keys.fingerprints().get(ATTEMPT));
        if (attempt.progress() > 0 && !ours) {
            throw new ProblemException(Problem.access(
                    "cannot sign in: %s, and somebody is generating a root token at %s"
                            .formatted(refused.said(), node.address()),
                    "let them finish, or cancel their attempt: sys/generate-root/attempt"));
        }
        node.cancelRootAttempt();
    }

    private void noteFingerprint(String name, String value) {
        custody.update(stored -> noting(stored, name, value));
    }

    private static KeyMaterial noting(KeyMaterial stored, String name, String value) {
        Map<String, String> fingerprints = new HashMap<>(stored.fingerprints());
        fingerprints.put(name, checksum(stored, value));
        return stored.withFingerprints(fingerprints);
    }

    private void forgetFingerprint(String name) {
        custody.update(stored -> without(stored, name));
    }

    private static KeyMaterial without(KeyMaterial stored, String name) {
        Map<String, String> fingerprints = new HashMap<>(stored.fingerprints());
        fingerprints.remove(name);
        return stored.withFingerprints(fingerprints);
    }

    private static String checksum(KeyMaterial keys, String value) {
        return new KeyedChecksum(keys.checksumKey()).of(value);
    }

    private ProblemException noWayIn(VaultNode node, KeyMaterial keys, Refused refused, String why, Throwable cause) {
        String opening = "start a node with a listener on loopback that has disable_unauthed_generate_root_endpoints = "
                + "false, and run there with bootstrap.access.generate-root=true; or put a root token into custody for one tick";
        return new ProblemException(
                Problem.access(
                        "cannot sign in: %s, %s, and %s"
                                .formatted(
                                        refused.said(),
                                        keys.rootToken().isPresent()
                                                ? refusedRootToken(node).message()
                                                : "no root token is left",
                                        why),
                        settings.kubernetes().isEmpty() ? opening : way.advice() + "; if all that holds, " + opening),
                cause);
    }
}
