package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.AccessSettings;
import io.ameide.vault.bootstrap.access.OwnPolicy;
import io.ameide.vault.bootstrap.access.SignIn;
import io.ameide.vault.bootstrap.access.SignOut;
import io.ameide.vault.bootstrap.configure.Configure;
import io.ameide.vault.bootstrap.coverage.VerifyKeys;
import io.ameide.vault.bootstrap.custody.CriticalSection;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.seal.Discover;
import io.ameide.vault.bootstrap.seal.Initialize;
import io.ameide.vault.bootstrap.seal.Join;
import io.ameide.vault.bootstrap.seal.NodeDirectory;
import io.ameide.vault.bootstrap.seal.Opening;
import io.ameide.vault.bootstrap.seal.Quorum;
import io.ameide.vault.bootstrap.seal.ShareSettings;
import io.ameide.vault.bootstrap.seal.Unseal;
import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.secrets.KvSecretProvider;
import io.ameide.vault.bootstrap.secrets.RememberingProvider;
import io.ameide.vault.bootstrap.secrets.Seed;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.snapshot.Canary;
import io.ameide.vault.bootstrap.snapshot.FolderStore;
import io.ameide.vault.bootstrap.snapshot.Retention;
import io.ameide.vault.bootstrap.snapshot.SnapshotSchedule;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.SpoolFolder;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Progress;
import io.ameide.vault.bootstrap.tick.Report;
import io.ameide.vault.bootstrap.tick.Stop;
import io.ameide.vault.bootstrap.tick.Tick;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Ticks in this process, composed as {@link Ticks} does it, for tests that look at steps one by one. What a tick reads
 * lies in one folder: the desired state, its fixtures, custody and snapshots.
 *
 * @param node for all requests, so that a proxy's address can stand for the server's
 * @param granting what becomes of the policy under which a tick works
 */
public record InProcessTick(
        URI node, Path folder, ShareSettings shares, AccessSettings access, UnaryOperator<OwnPolicy> granting) {

    /** With one share of one and an empty desired state. */
    public static InProcessTick in(Path folder, URI node) {
        InProcessTick tick = new InProcessTick(
                node,
                folder,
                new ShareSettings(1, 1, List.of()),
                new AccessSettings(
                        new AccessSettings.AppRole("vault-bootstrap", "vault-bootstrap"),
                        Optional.empty(),
                        Duration.ofMinutes(10),
                        true),
                UnaryOperator.identity());
        tick.desire("policies: []");
        return tick;
    }

    public InProcessTick at(URI node) {
        return new InProcessTick(node, folder, shares, access, granting);
    }

    public InProcessTick with(ShareSettings shares) {
        return new InProcessTick(node, folder, shares, access, granting);
    }

    public InProcessTick with(AccessSettings access) {
        return new InProcessTick(node, folder, shares, access, granting);
    }

    public InProcessTick granting(UnaryOperator<OwnPolicy> granting) {
        return new InProcessTick(node, folder, shares, access, granting);
    }

    /** Replaces the desired state. */
    public void desire(String yaml) {
        write("desired-state.yaml", yaml);
    }

    public void write(String file, String content) {
        try {
            Files.writeString(folder.resolve(file), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets the next tick find that one is due. */
    public void forgetSnapshots() {
        try (Stream<Path> files = Files.list(folder.resolve("snapshots"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public KeyStore custody() {
        return new FileKeyStore(folder.resolve("custody"));
    }

    /** What custody holds; fails the test when it holds nothing. */
    public KeyMaterial material() {
        return custody().read().material().orElseThrow(() -> new AssertionError("custody is empty"));
    }

    public Result run() {
        return run(Mode.APPLY);
    }

    public Result run(Mode mode) {
        RequestCounter counter = new RequestCounter();
        VaultNode only = Nodes.at(node, counter);
        Cluster cluster = new Cluster(List.of(only), Waiter.REAL);
        KeyStore custody = custody();
        DesiredState desired =
                new DesiredStateParser(name -> Optional.empty()).parse(folder.resolve("desired-state.yaml"));
        DesiredSecrets secrets = DesiredSecrets.of(desired);
        Canary canary = new Canary("vault-bootstrap");
        OwnPolicy ownPolicy = granting.apply(OwnPolicy.of(access, desired, List.of(), canary.mount()));
        SignIn signIn = SignIn.as(access, cluster, custody, desired, ownPolicy, Clock.systemUTC());
        var byMount = new ConcurrentHashMap<String, RememberingProvider>();
        Supplier<Optional<Function<String, RememberingProvider>>> providers = () -> signIn.get()
                .map(session -> mount -> byMount.computeIfAbsent(
                        mount,
                        name -> new RememberingProvider(new KvSecretProvider(
                                session.kv(name), new KeyedChecksum(material().checksumKey())))));
        Opening opening = new Opening(cluster, custody, Waiter.REAL, Duration.ofSeconds(30));
        Stop stop = new Stop();
        SpoolFolder spool = new SpoolFolder(folder.resolve("spool"));
        Report report = new Tick(
                        List.of(
                                new Discover(
                                        cluster,
                                        () -> new NodeDirectory.Listing(List.of(only.address()), List.of()),
                                        Waiter.REAL,
                                        Duration.ZERO),
                                new Initialize(
                                        cluster,
                                        custody,
                                        shares,
                                        new CriticalSection(),
                                        Clock.systemUTC(),
                                        Waiter.REAL),
                                new Unseal(cluster, custody, opening),
                                new Join(cluster, opening, Waiter.REAL),
                                signIn,
                                new Configure(desired, signIn, new CustodyWrittenValues(custody), Waiter.REAL),
                                new Seed(secrets, providers, 8, Progress.NONE, stop),
                                new TakeSnapshot(
                                        cluster,
                                        signIn,
                                        List.of(new TakeSnapshot.Destination(
                                                new SnapshotTarget(
                                                        "local",
                                                        new FolderStore(folder.resolve("snapshots")),
                                                        spool,
                                                        Duration.ofMinutes(1)),
                                                new SnapshotSchedule.Every(Duration.ofDays(1)),
                                                new Retention(3))),
                                        new TakeSnapshot.Settings(
                                                spool, Duration.ofMinutes(1), List.of(), canary, "test"),
                                        () -> CustodyGeneration.fingerprint(custody),
                                        Clock.systemUTC()),
                                new VerifyKeys(secrets, List.of(), providers, 8),
                                new Quorum(cluster, signIn, Waiter.REAL, Duration.ofSeconds(30)),
                                new SignOut(signIn, cluster, Duration.ofSeconds(30))),
                        counter,
                        Clock.systemUTC(),
                        stop)
                .run(mode);
        return new Result(report);
    }

    /** What a tick came to, by step. */
    public record Result(Report report) {

        public Outcome outcome(String step) {
            return report.steps().stream()
                    .filter(reported -> reported.name().equals(step))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no step " + step))
                    .outcome();
        }

        public ExitCode exit() {
            return ExitCode.of(report);
        }

        public List<String> changes(String step) {
            return outcome(step).changes().stream().map(Change::toString).toList();
        }

        /** Of a step that failed; empty for any other. */
        public List<Problem> problems(String step) {
            return outcome(step) instanceof Outcome.Failed failed ? failed.problems() : List.of();
        }

        /** Whether every step found what it was to bring about, or brought it about. */
        public boolean converged() {
            return report.steps().stream()
                    .map(Report.StepReport::outcome)
                    .allMatch(outcome -> outcome instanceof Outcome.Unchanged || outcome instanceof Outcome.Changed);
        }

        public boolean unchanged() {
            return report.requests().writes() == 0
                    && report.steps().stream().allMatch(step -> step.outcome() instanceof Outcome.Unchanged);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            report.steps()
                    .forEach(step -> text.append(step.name())
                            .append(": ")
                            .append(step.outcome())
                            .append('\n'));
            return text.toString();
        }
    }
}
