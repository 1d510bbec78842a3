package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.AccessConfig;
import io.ameide.vault.bootstrap.access.AccessSettings;
import io.ameide.vault.bootstrap.access.OwnPolicy;
import io.ameide.vault.bootstrap.access.SignIn;
import io.ameide.vault.bootstrap.access.SignOut;
import io.ameide.vault.bootstrap.configure.Configure;
import io.ameide.vault.bootstrap.coverage.RequiredKey;
import io.ameide.vault.bootstrap.coverage.RequiredKeysFile;
import io.ameide.vault.bootstrap.coverage.VerifyConfig;
import io.ameide.vault.bootstrap.coverage.VerifyExternalSecrets;
import io.ameide.vault.bootstrap.coverage.VerifyKeys;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredStateConfig;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.seal.Discover;
import io.ameide.vault.bootstrap.seal.EscrowShares;
import io.ameide.vault.bootstrap.seal.Initialize;
import io.ameide.vault.bootstrap.seal.Join;
import io.ameide.vault.bootstrap.seal.KeysConfig;
import io.ameide.vault.bootstrap.seal.Opening;
import io.ameide.vault.bootstrap.seal.Quorum;
import io.ameide.vault.bootstrap.seal.ShareSettings;
import io.ameide.vault.bootstrap.seal.Unseal;
import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.secrets.KvSecretProvider;
import io.ameide.vault.bootstrap.secrets.RememberingProvider;
import io.ameide.vault.bootstrap.secrets.SecretsConfig;
import io.ameide.vault.bootstrap.secrets.Seed;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Progress;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Tick;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.client.KubernetesClient;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Composes ticks from configuration. */
@Singleton
final class Ticks {

    /** Which steps a tick has between signing in and signing out. */
    enum Part {
        ALL,
        /** With a snapshot whether or not one is due. */
        SNAPSHOT,
        VERIFY,
        /** What External Secrets made of the secrets too. */
        VERIFY_ALL
    }

    private final Nodes nodes;
    private final Custody custody;
    private final KeysConfig keys;
    private final AccessConfig access;
    private final DesiredStateConfig desiredState;
    private final SecretsConfig secrets;
    private final SnapshotTargets snapshots;
    private final VerifyConfig verify;
    private final Instance<KubernetesClient> kubernetes;
    private final Shutdown shutdown;
    private final TickDeadline deadline;
    private final Clock clock;
    private final Version version;

    Ticks(
            Nodes nodes,
            Custody custody,
            KeysConfig keys,
            AccessConfig access,
            DesiredStateConfig desiredState,
            SecretsConfig secrets,
            SnapshotTargets snapshots,
            VerifyConfig verify,
            Instance<KubernetesClient> kubernetes,
            Shutdown shutdown,
            TickDeadline deadline,
            Clock clock,
            Version version) {
        this.nodes = nodes;
        this.custody = custody;
        this.keys = keys;
        this.access = access;
        this.desiredState = desiredState;
        this.secrets = secrets;
        this.snapshots = snapshots;
        this.verify = verify;
        this.kubernetes = kubernetes;
        this.shutdown = shutdown;
        this.deadline = deadline;
        this.clock = clock;
        this.version = version;
    }

    /**
     * Runs one tick and writes its report. Documents are read before anything is asked of a server, so that an invalid one changes nothing.
     *
     * @throws ProblemException when documents or configuration are invalid, or another tick holds the custody
     */
    Report run(Mode mode, Part part, Output output) {
        return run(mode, part, () -> targets(part), output);
    }

    /**
     * Takes a snapshot, due or not, and brings it to all targets, or to the one of that name.
     *
     * @throws ProblemException also when there is no such target, or none at all
     */
    Report takeSnapshot(Optional<String> target, Output output) {
        return run(Mode.APPLY, Part.SNAPSHOT, () -> snapshots.required(target), output);
    }

    private Report run(Mode mode, Part part, Supplier<OpenTargets> open, Output output) {
        DesiredState desired = desired();
        DesiredSecrets desiredSecrets = DesiredSecrets.of(desired);
        desiredSecrets.announcements().forEach(output::announce);
        List<RequiredKey> required = required();
        ShareSettings shares = shares();
        KeyStore store = custody.store();
        try (OpenTargets targets = open.get()) {
            Tick tick = compose(part, desired, desiredSecrets, required, shares, store, targets, output);
            return run(tick, mode, output);
        }
    }

    /**
     * Runs a tick and writes its report, holding custody for itself where the tick may change anything.
     *
     * @throws ProblemException when another tick holds the custody
     */
    Report run(Tick tick, Mode mode, Output output) {
        Supplier<Report> run = () -> deadline.watch(tick, () -> tick.run(mode));
        return shutdown.guard(() -> {
            Report report = mode == Mode.PLAN ? run.get() : custody.locked(run, output::announce);
            // Here, since a process that was asked to end does not wait for what comes after.
            output.report(report);
            return report;
        });
    }

    private OpenTargets targets(Part part) {
        return switch (part) {
            case ALL, SNAPSHOT -> snapshots.open();
            case VERIFY, VERIFY_ALL -> OpenTargets.NONE;
        };
    }

    private Tick compose(
            Part part,
            DesiredState desired,
            DesiredSecrets desiredSecrets,
            List<RequiredKey> required,
            ShareSettings shares,
            KeyStore store,
            OpenTargets targets,
            Progress progress) {
        RequestCounter counter = new RequestCounter();
        Cluster cluster = nodes.cluster(counter, shutdown.waiter());
        SignIn signIn = signIn(cluster, store, desired, required);
        var providers = providers(signIn, store);

        int parallelism = Bounds.atLeastOne("bootstrap.secrets.parallelism", secrets.parallelism());
        Step discover = new Discover(cluster, nodes.directory(), shutdown.waiter(), nodes.readyTimeout());
        Step initialize = new Initialize(cluster, store, shares, shutdown.critical(), clock, Waiter.REAL);
        Opening opening = new Opening(cluster, store, shutdown.waiter(), nodes.activeTimeout());
        Step unseal = new Unseal(cluster, store, opening);
        Step join = new Join(cluster, opening, shutdown.waiter());
        Step configure = new Configure(desired, signIn, new CustodyWrittenValues(store), shutdown.waiter());
        Step seed = new Seed(desiredSecrets, providers, parallelism, progress, shutdown.stop());
        Step takeSnapshot =
                takeSnapshot(cluster, signIn, store, part == Part.SNAPSHOT ? targets.dueNow() : targets.destinations());
        Step verifyKeys = new VerifyKeys(desiredSecrets, required, providers, parallelism);
        Step quorum = new Quorum(cluster, signIn, shutdown.waiter(), nodes.activeTimeout());
        Step signOut = new SignOut(signIn, cluster, nodes.activeTimeout());

        List<Step> escrow = custody.escrow(keys.escrow()).stream()
                .<Step>map(place -> new EscrowShares(store, escrowHolders(shares, store), place, clock))
                .toList();

        List<Step> steps = switch (part) {
            case ALL ->
                Stream.of(
                                List.of(discover, initialize),
                                escrow,
                                List.of(unseal, join, signIn, configure, seed, takeSnapshot, verifyKeys),
                                verifyExternalSecrets(providers).stream().toList(),
                                List.of(quorum, signOut))
                        .flatMap(List::stream)
                        .toList();
            case SNAPSHOT -> List.of(discover, unseal, signIn, takeSnapshot, signOut);
            case VERIFY -> List.of(discover, unseal, signIn, verifyKeys, signOut);
            case VERIFY_ALL ->
                List.of(
                        discover,
                        unseal,
                        signIn,
                        verifyKeys,
                        verifyExternalSecrets(providers).orElseThrow(Ticks::noStore),
                        signOut);
        };
        return new Tick(steps, counter, clock, shutdown.stop());
    }

    /** Signs in as a tick does. */
    SignIn signIn(Cluster cluster, KeyStore store) {
        return signIn(cluster, store, desired(), required());
    }

    private SignIn signIn(Cluster cluster, KeyStore store, DesiredState desired, List<RequiredKey> required) {
        return SignIn.as(accessSettings(), cluster, store, desired, ownPolicy(desired, required), clock);
    }

    /** Takes a snapshot as a tick does. */
    TakeSnapshot takeSnapshot(
            Cluster cluster, SignIn signIn, KeyStore store, List<TakeSnapshot.Destination> destinations) {
        return new TakeSnapshot(
                cluster, signIn, destinations, snapshots.settings(), () -> CustodyGeneration.fingerprint(store), clock);
    }

    private Optional<Step> verifyExternalSecrets(Supplier<Optional<Function<String, RememberingProvider>>> providers) {
        VerifyConfig.ExternalSecrets settings = verify.externalSecrets();
        return settings.store()
                .map(store -> new VerifyExternalSecrets(
                        new ExternalSecrets(kubernetes.get()),
                        store,
                        Set.copyOf(settings.namespaces().orElse(List.of())),
                        providers,
                        clock));
    }

    private static ProblemException noStore() {
        return new ProblemException(Problem.invalid(
                "bootstrap.verify.external-secrets.store is not set",
                "name the ClusterSecretStore, for example --set bootstrap.verify.external-secrets.store=ameide-vault"));
    }

    private static Supplier<Optional<Function<String, RememberingProvider>>> providers(
            Supplier<Optional<VaultSession>> signedIn, KeyStore store) {
        var byMount = new ConcurrentHashMap<String, RememberingProvider>();
        return () -> signedIn.get()
                .map(session -> mount -> byMount.computeIfAbsent(
                        mount,
                        name -> new RememberingProvider(new KvSecretProvider(session.kv(name), checksum(store)))));
    }

    private static KeyedChecksum checksum(KeyStore store) {
        return new KeyedChecksum(
                store.read().material().map(KeyMaterial::checksumKey).orElseThrow());
    }

    /** @throws ProblemException when there is no valid document */
    DesiredState desired() {
        return desiredState
                .file()
                .map(file -> new DesiredStateParser(name -> Optional.ofNullable(System.getenv(name))).parse(file))
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "bootstrap.desired-state.file is not set",
                        "name the desired-state document, for example --set"
                                + " bootstrap.desired-state.file=desired-state.yaml")));
    }

    /** The policy under which a tick works, told without asking a server. */
    OwnPolicy ownPolicy() {
        return ownPolicy(desired(), required());
    }

    private OwnPolicy ownPolicy(DesiredState desired, List<RequiredKey> required) {
        return OwnPolicy.of(
                accessSettings(), desired, mounts(required), snapshots.canary().mount());
    }

    /** How the tool signs in. */
    AccessSettings accessSettings() {
        return new AccessSettings(
                new AccessSettings.AppRole(
                        access.appRole().mount(), access.appRole().role()),
                access.kubernetes()
                        .role()
                        .map(role -> new AccessSettings.Kubernetes(
                                role,
                                access.kubernetes().mount(),
                                access.kubernetes().tokenFile(),
                                access.kubernetes().host())),
                Bounds.atLeastOneSecond("bootstrap.access.token-ttl", access.tokenTtl()),
                access.generateRoot());
    }

    private List<RequiredKey> required() {
        return verify.requiredKeys().orElse(List.of()).stream()
                .map(Path::toAbsolutePath)
                .flatMap(file -> RequiredKeysFile.read(file).keys().stream())
                .toList();
    }

    private static Set<String> mounts(List<RequiredKey> required) {
        Set<String> mounts = new LinkedHashSet<>();
        required.forEach(key -> mounts.add(key.mount()));
        return mounts;
    }

    /** @throws ProblemException also when a cluster is to be made whose shares cannot be published for them */
    private List<PgpKey> escrowHolders(ShareSettings shares, KeyStore store) {
        List<PgpKey> holders =
                keys.escrow().pgpKeys().orElseThrow().stream().map(PgpKey::read).toList();
        EscrowShares.unfit(holders.size(), shares.shares(), shares.threshold())
                // Of a cluster that is there, only the numbers in custody count, and people's shares are nobody else's.
                .filter(problem ->
                        shares.holders().isEmpty() && store.read().initialized().isEmpty())
                .ifPresent(problem -> {
                    throw new ProblemException(Problem.invalid(
                            problem.message(),
                            "%s; bootstrap.keys.shares is %d and bootstrap.keys.threshold is %d"
                                    .formatted(problem.hint(), shares.shares(), shares.threshold())));
                });
        return holders;
    }

    private ShareSettings shares() {
        return new ShareSettings(
                keys.shares(),
                keys.threshold(),
                keys.pgpKeys().orElse(List.of()).stream().map(PgpKey::read).toList());
    }
}
