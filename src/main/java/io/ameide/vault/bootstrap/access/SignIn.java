package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
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
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultNode.RootAttempt;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Gets a short-lived token for the rest of the tick. The root token is used only to make that possible: once a sign-in
 * without it has worked, it is revoked, proven dead and erased from custody.
 */
public final class SignIn implements Step, Supplier<Optional<VaultSession>> {

    /** Where custody remembers the attempt to generate a root token that a tick began last. */
    private static final String ATTEMPT = "sys/generate-root/attempt#nonce";

    private final Cluster cluster;
    private final KeyStore custody;
    private final AccessSettings settings;
    private final String ownPolicy;

    private final List<VaultSession> obtained = new ArrayList<>();
    private Optional<VaultSession> session = Optional.empty();

    /** @param ownPolicy rules of the policy under which the tool works */
    public SignIn(Cluster cluster, KeyStore custody, AccessSettings settings, String ownPolicy) {
        this.cluster = cluster;
        this.custody = custody;
        this.settings = settings;
        this.ownPolicy = ownPolicy;
    }

    @Override
    public boolean gate() {
        return true;
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
        Work work = new Work(mode);
        Optional<VaultSession> own = keys.appRole().flatMap(credential -> login(node, credential));
        if (own.isPresent()) {
            session = own;
            settleOwnPolicy(work, own.get());
            keys.rootToken().ifPresent(token -> retire(work, node.session(token)));
        } else if (keys.rootToken().filter(token -> node.session(token).alive()).isPresent()) {
            establish(work, mode, node, node.session(keys.rootToken().orElseThrow()));
            if (mode == Mode.APPLY) {
                retire(work, node.session(keys.rootToken().orElseThrow()));
            }
        } else {
            regain(work, mode, node, keys);
        }
        if (mode == Mode.APPLY) {
            noteCluster(node);
        }
        return work.outcome("AppRole " + settings.role());
    }

    /** That the server honoured what custody holds proves that the two belong together. */
    private void noteCluster(VaultNode node) {
        if (custody.read().material().flatMap(KeyMaterial::clusterId).isEmpty()) {
            node.sealStatus().clusterId().ifPresent(id -> custody.update(keys -> keys.withClusterId(id)));
        }
    }

    private Optional<VaultSession> login(VaultNode node, AppRoleCredential credential) {
        try {
            VaultSession signedIn =
                    node.session(node.loginWithAppRole(credential.mount(), credential.roleId(), credential.secretId())
                            .token());
            obtained.add(signedIn);
            return Optional.of(signedIn);
        } catch (NodeException.Refused | NodeException.Denied e) {
            // Not set up yet, or taken away: both show as a wrong role or secret id, or as nothing mounted there.
            return Optional.empty();
        }
    }

    private void settleOwnPolicy(Work work, VaultSession with) {
        String path = "sys/policies/acl/" + settings.role();
        Optional<String> observed =
                with.read(path).map(data -> data.path("policy").asText());
        if (!observed.equals(Optional.of(ownPolicy))) {
            work.change(
                    new Change("policy " + settings.role(), observed.isEmpty() ? "create" : "follow the desired state"),
                    () -> with.write(path, Map.of("policy", ownPolicy)));
        }
    }

    /** Sets up the tool's own AppRole with a root token, and signs in with it. */
    private void establish(Work work, Mode mode, VaultNode node, VaultSession root) {
        if (mode == Mode.PLAN) {
            session = Optional.of(root);
        }
        settleOwnPolicy(work, root);
        work.change(new Change("AppRole " + settings.role(), "set up at auth/" + settings.mount()), () -> {
            AppRoleCredential credential = storedCredential();
            boolean mounted = root.read("sys/auth")
                    .map(data -> data.has(settings.mount() + "/"))
                    .orElse(false);
            if (!mounted) {
                root.write(
                        "sys/auth/" + settings.mount(),
                        Map.of("type", "approle", "description", "vault-bootstrap signs in here"));
            }
            String role = "auth/%s/role/%s".formatted(settings.mount(), settings.role());
            root.write(
                    role,
                    Map.of(
                            "token_policies", List.of(settings.role()),
                            "token_ttl", settings.tokenTtl().toSeconds(),
                            "token_max_ttl", settings.tokenTtl().toSeconds(),
                            "token_no_default_policy", true));
            root.write(role + "/role-id", Map.of("role_id", credential.roleId()));
            Optional<VaultSession> own = login(node, credential);
            if (own.isEmpty()) {
                root.write(role + "/custom-secret-id", Map.of("secret_id", credential.secretId()));
                own = login(node, credential);
            }
            session = Optional.of(own.filter(VaultSession::alive)
                    .orElseThrow(() -> new ProblemException(Problem.access(
                            "AppRole %s was set up, but signing in with it does not work".formatted(settings.role()),
                            "the root token stays in custody; see the server's log for why the login failed"))));
        });
    }

    /** Stored before the server learns it, so that a tick that dies in between leaves no credential nobody knows. */
    private AppRoleCredential storedCredential() {
        KeyMaterial updated = custody.update(keys -> keys.appRole().isPresent()
                ? keys
                : keys.withAppRole(Optional.of(new AppRoleCredential(
                        settings.mount(),
                        settings.role(),
                        Sensitive.of(UUID.randomUUID().toString()),
                        Sensitive.of(UUID.randomUUID().toString())))));
        return updated.appRole().orElseThrow();
    }

    private void retire(Work work, VaultSession root) {
        work.change(new Change("root token", "revoke, prove dead, erase from custody"), () -> {
            if (root.alive()) {
                root.revoke();
            }
            if (root.alive()) {
                throw new ProblemException(Problem.error(
                        "the root token still works after it was revoked", "it stays in custody; try again"));
            }
            custody.update(keys -> keys.withRootToken(Optional.empty()));
        });
    }

    /** The stored credential is refused and no root token is left: only the shares can open a way in. */
    private void regain(Work work, Mode mode, VaultNode node, KeyMaterial keys) {
        if (keys.rootToken().isPresent()) {
            work.change(
                    new Change("root token", "erase from custody, it is dead"),
                    () -> custody.update(stored -> stored.withRootToken(Optional.empty())));
        }
        if (!settings.generateRoot() || keys.shares().isEmpty()) {
            throw noWayIn(
                    settings.generateRoot() ? "custody holds no shares" : "bootstrap.access.generate-root is off",
                    null);
        }
        if (mode == Mode.PLAN) {
            work.change(new Change("root token", "generate from the shares, to set up the AppRole anew"), () -> {});
            return;
        }
        Sensitive token;
        try {
            node.rootAttempt().ifPresent(attempt -> clear(node, keys, attempt));
            token = node.generateRoot(keys.shares(), nonce -> noteAttempt(keys, nonce));
        } catch (NodeException.Unsupported e) {
            throw noWayIn("this server does not let a root token be generated without a login", e);
        }
        VaultSession root = node.session(token);
        obtained.add(root);
        // A tick that is killed from here on leaves it to the next one to revoke.
        custody.update(stored -> stored.withRootToken(Optional.of(token)));
        establish(work, mode, node, root);
        retire(work, root);
        obtained.remove(root);
    }

    /** Cancels an attempt that a tick left behind when it was killed. One in which people give shares is theirs. */
    private static void clear(VaultNode node, KeyMaterial keys, RootAttempt attempt) {
        boolean ours =
                checksum(keys, attempt.nonce()).equals(keys.fingerprints().get(ATTEMPT));
        if (attempt.progress() > 0 && !ours) {
            throw new ProblemException(Problem.access(
                    "cannot sign in: the AppRole is refused, and somebody is generating a root token at %s"
                            .formatted(node.address()),
                    "let them finish, or cancel their attempt: sys/generate-root/attempt"));
        }
        node.cancelRootAttempt();
    }

    private void noteAttempt(KeyMaterial keys, String nonce) {
        custody.update(stored -> {
            Map<String, String> fingerprints = new HashMap<>(stored.fingerprints());
            fingerprints.put(ATTEMPT, checksum(keys, nonce));
            return stored.withFingerprints(fingerprints);
        });
    }

    private static String checksum(KeyMaterial keys, String nonce) {
        return new KeyedChecksum(keys.checksumKey()).of(nonce);
    }

    private ProblemException noWayIn(String why, Throwable cause) {
        return new ProblemException(
                Problem.access(
                        "cannot sign in: the AppRole in %s is refused, no root token is left, and %s"
                                .formatted(custody.description(), why),
                        "start a node with a listener on loopback that has disable_unauthed_generate_root_endpoints = "
                                + "false, and run again; or put a root token into custody for one tick"),
                cause);
    }
}
