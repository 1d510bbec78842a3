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
import io.ameide.vault.bootstrap.seal.NodeDirectory;
import io.ameide.vault.bootstrap.seal.Opening;
import io.ameide.vault.bootstrap.seal.Quorum;
import io.ameide.vault.bootstrap.seal.ShareSettings;
import io.ameide.vault.bootstrap.seal.Unseal;
import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.secrets.FixtureFile;
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
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** Composes ticks from configuration. */
@Singleton
final class Ticks {

    /** Stands in for settings that are invalid, where no cluster is made. */
    private static final ShareSettings LEAST_SHARES = new ShareSettings(1, 1, List.of());

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
     * What every tick works on.
     *
     * @param directory where the nodes are
     * @param opening how sealed nodes are opened
     */
    private record Site(
            RequestCounter counter, NodeDirectory directory, Cluster cluster, KeyStore store, Opening opening) {}

    /**
     * Runs one tick and writes its report. Configuration and documents are read before anything is asked of a server. What
     * is invalid stops only the steps that need it: opening a cluster that is there takes custody and the network alone.
     *
     * @throws ProblemException when nodes or custody are not configured, or another tick holds the custody
     */
    Report run(Mode mode, Output output) {
        Input<Site> found = Input.of(this::site);
        try (Inputs inputs = inputs(found)) {
            if (found.usable().isEmpty()) {
                Input.requireAll(inputs.desired(), inputs.secrets(), inputs.required(), found);
            }
            Site site = found.get();
            inputs.secrets().usable().ifPresent(secrets -> announce(secrets, output));
            return run(tick(site, steps(site, inputs, output)), mode, output);
        }
    }

    private Inputs inputs(Input<Site> site) {
        Input<DesiredStateParser.Draft> draft = Input.of(this::draft);
        Input<DesiredState> desired = Input.of(() -> draft.get().state());
        Input<List<RequiredKey>> required = Input.of(this::required);
        Input<ShareSettings> shares = Input.of(this::shares);
        return new Inputs(
                desired,
                Input.of(() -> secrets(draft.get())),
                required,
                Input.of(this::parallelism),
                shares,
                Input.of(() -> escrow(shares.get(), site.get().store())),
                Input.of(snapshots::open),
                Input.of(snapshots::settings),
                Input.of(() -> signIn(site.get().cluster(), site.get().store(), desired.get(), required.get())));
    }

    private List<Step> steps(Site site, Inputs inputs, Progress progress) {
        Supplier<Optional<VaultSession>> session =
                () -> inputs.signIn().usable().flatMap(SignIn::get);
        var providers = providers(session, site.store());
        List<Step> steps = new ArrayList<>();
        inputs.reading().ifPresent(steps::add);
        steps.add(discover(site));
        steps.add(inputs.guarded(new Initialize(
                site.cluster(),
                site.store(),
                inputs.shares().usable().orElse(LEAST_SHARES),
                shutdown.critical(),
                clock,
                Waiter.REAL)));
        inputs.escrow()
                .usable()
                .orElseGet(() -> Optional.of(
                        new Withheld("escrow", false, inputs.escrow().problem().orElseThrow())))
                .ifPresent(steps::add);
        steps.add(unseal(site));
        steps.add(new Join(site.cluster(), site.opening(), shutdown.waiter()));
        steps.add(Withheld.gateUnlessMade("sign in", inputs.signIn()::get));
        steps.add(Withheld.unlessMade(
                "configure",
                () -> new Configure(
                        inputs.desired().get(), session, new CustodyWrittenValues(site.store()), shutdown.waiter())));
        steps.add(Withheld.unlessMade(
                "seed",
                () -> new Seed(
                        inputs.secrets().get(), providers, inputs.parallelism().get(), progress, shutdown.stop())));
        steps.add(Withheld.unlessMade(
                "snapshot",
                () -> takeSnapshot(
                        site.cluster(),
                        session,
                        site.store(),
                        inputs.targets().get().destinations(),
                        inputs.snapshots().get())));
        steps.add(Withheld.unlessMade(
                "verify",
                () -> new VerifyKeys(
                        inputs.secrets().get(),
                        inputs.required().get(),
                        providers,
                        inputs.parallelism().get())));
        verifyExternalSecrets(providers).ifPresent(steps::add);
        steps.add(new Quorum(site.cluster(), session, shutdown.waiter(), nodes.activeTimeout()));
        steps.add(Withheld.unlessMade(
                "sign out", () -> signOut(site, inputs.signIn().get())));
        return steps;
    }

    /**
     * Takes a snapshot, due or not, and brings it to all targets, or to the one of that name.
     *
     * @throws ProblemException also when there is no such target, or none at all
     */
    Report takeSnapshot(Optional<String> target, Output output) {
        Site site = site();
        SignIn signIn = signIn(site.cluster(), site.store());
        TakeSnapshot.Settings settings = snapshots.settings();
        try (OpenTargets targets = snapshots.required(target)) {
            List<Step> steps = List.of(
                    discover(site),
                    unseal(site),
                    signIn,
                    takeSnapshot(site.cluster(), signIn, site.store(), targets.dueNow(), settings),
                    signOut(site, signIn));
            return run(tick(site, steps), Mode.APPLY, output);
        }
    }

    /**
     * Reads every key that somebody requires, and changes nothing.
     *
     * @param external whether to look at what External Secrets made of the secrets too
     * @throws ProblemException also when a document is invalid
     */
    Report verify(boolean external, Output output) {
        Site site = site();
        Input<DesiredStateParser.Draft> draft = Input.of(this::draft);
        Input<DesiredState> desired = Input.of(() -> draft.get().state());
        Input<DesiredSecrets> secrets = Input.of(() -> secrets(draft.get()));
        Input<List<RequiredKey>> required = Input.of(this::required);
        Input<Integer> parallelism = Input.of(this::parallelism);
        Input.requireAll(desired, secrets, required, parallelism);
        announce(secrets.get(), output);
        SignIn signIn = signIn(site.cluster(), site.store(), desired.get(), required.get());
        var providers = providers(signIn, site.store());
        List<Step> steps = new ArrayList<>(List.of(
                discover(site),
                new MustBeOpen(unseal(site)),
                signIn,
                new VerifyKeys(secrets.get(), required.get(), providers, parallelism.get())));
        if (external) {
            steps.add(verifyExternalSecrets(providers).orElseThrow(Ticks::noStore));
        }
        steps.add(signOut(site, signIn));
        return run(tick(site, steps), Mode.PLAN, output);
    }

    private static void announce(DesiredSecrets secrets, Output output) {
        secrets.announcements().forEach(output::announce);
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

    private Site site() {
        RequestCounter counter = new RequestCounter();
        Cluster cluster = nodes.cluster(counter, shutdown.waiter());
        KeyStore store = custody.store();
        return new Site(
                counter,
                nodes.directory(),
                cluster,
                store,
                new Opening(cluster, store, shutdown.waiter(), nodes.activeTimeout()));
    }

    private Tick tick(Site site, List<Step> steps) {
        return new Tick(steps, site.counter(), clock, shutdown.stop());
    }

    private Step discover(Site site) {
        return new Discover(site.cluster(), site.directory(), shutdown.waiter(), nodes.readyTimeout());
    }

    private static Step unseal(Site site) {
        return new Unseal(site.cluster(), site.store(), site.opening());
    }

    private Step signOut(Site site, SignIn signIn) {
        return new SignOut(signIn, site.cluster(), nodes.activeTimeout());
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
            Cluster cluster,
            Supplier<Optional<VaultSession>> signedIn,
            KeyStore store,
            List<TakeSnapshot.Destination> destinations,
            TakeSnapshot.Settings settings) {
        return new TakeSnapshot(
                cluster, signedIn, destinations, settings, () -> CustodyGeneration.fingerprint(store), clock);
    }

    private Optional<Step> escrow(ShareSettings shares, KeyStore store) {
        return custody.escrow(keys.escrow())
                .map(place -> new EscrowShares(store, escrowHolders(shares, store), place, clock));
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
        return draft().state();
    }

    private DesiredStateParser.Draft draft() {
        return desiredState
                .file()
                .map(file -> new DesiredStateParser(name -> Optional.ofNullable(System.getenv(name))).read(file))
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "bootstrap.desired-state.file is not set",
                        "name the desired-state document, for example --set"
                                + " bootstrap.desired-state.file=desired-state.yaml")));
    }

    /** What is wrong with fixtures is found also where the document that names them is wrong itself. */
    private static DesiredSecrets secrets(DesiredStateParser.Draft draft) {
        if (!draft.valid()) {
            FixtureFile.requireValid(draft.fixtures());
        }
        return DesiredSecrets.of(draft.state());
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
                PgpKeyFiles.read("bootstrap.keys.escrow.pgp-keys", keys.escrow().pgpKeys());
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
                keys.shares(), keys.threshold(), PgpKeyFiles.read("bootstrap.keys.pgp-keys", keys.pgpKeys()));
    }

    private int parallelism() {
        return Bounds.atLeastOne("bootstrap.secrets.parallelism", secrets.parallelism());
    }
}
