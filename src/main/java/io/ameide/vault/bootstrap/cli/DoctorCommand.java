package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.access.AccessConfig;
import io.ameide.vault.bootstrap.access.OwnSession;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.diagnosis.Examination;
import io.ameide.vault.bootstrap.diagnosis.Examined;
import io.ameide.vault.bootstrap.diagnosis.Looked;
import io.ameide.vault.bootstrap.diagnosis.Question;
import io.ameide.vault.bootstrap.diagnosis.TokenSource;
import io.ameide.vault.bootstrap.kubernetes.Account;
import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.Reviews;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.fabric8.kubernetes.client.KubernetesClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import jakarta.enterprise.inject.Instance;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

@Command(
        name = "doctor",
        description = {
            "Tell why signing in through Kubernetes auth does not work, and what to do; exit code 3 if it does not.",
            "Without options it looks at this tool's own sign-in."
        })
final class DoctorCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    @Spec
    CommandSpec spec;

    @Option(names = "--mount", paramLabel = "PATH", description = "where the auth method is mounted")
    String mount;

    @Option(names = "--role", paramLabel = "NAME", description = "the role to sign in as")
    String role;

    @Option(names = "--token-file", paramLabel = "FILE", description = "the ServiceAccount token to sign in with")
    Path tokenFile;

    @Option(
            names = "--service-account",
            paramLabel = "NAMESPACE/NAME",
            description = "instead of a file: have a token of this ServiceAccount made; needs --audience, and create on"
                    + " serviceaccounts/token")
    String serviceAccount;

    @Option(names = "--audience", paramLabel = "NAME", description = "the audience of that token")
    String audience;

    @Option(
            names = "--reviewer",
            paramLabel = "NAMESPACE/NAME",
            description = "the ServiceAccount that the server runs as, or that its token_reviewer_jwt is of")
    String reviewer;

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "a path that the login's token is to read, for example secret/data/team/key")
    String path;

    private final Nodes nodes;
    private final Custody custody;
    private final Ticks ticks;
    private final AccessConfig access;
    private final Instance<KubernetesClient> kubernetes;
    private final Shutdown shutdown;
    private final Clock clock;

    DoctorCommand(
            Nodes nodes,
            Custody custody,
            Ticks ticks,
            AccessConfig access,
            Instance<KubernetesClient> kubernetes,
            Shutdown shutdown,
            Clock clock) {
        this.nodes = nodes;
        this.custody = custody;
        this.ticks = ticks;
        this.access = access;
        this.kubernetes = kubernetes;
        this.shutdown = shutdown;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        Question question = question();
        // Printed inside, since a process that was asked to end does not wait for what comes after.
        return shutdown.guard(() -> top.output().diagnosis(examined(question)).number());
    }

    private Examined examined(Question question) {
        Cluster cluster = nodes.find(shutdown.waiter()).cluster();
        AtomicReference<Optional<OwnSession>> own = new AtomicReference<>(Optional.empty());
        Examined examined;
        try {
            examined = new Examination(question, new Reviews(kubernetes.get()), clock)
                    .examine(cluster, node -> ownSession(node, own));
        } catch (RuntimeException e) {
            own.get().flatMap(DoctorCommand::leftOver).ifPresent(top.output()::announce);
            throw e;
        }
        return own.get()
                .flatMap(DoctorCommand::leftOver)
                .map(examined::withOwnTokenLeft)
                .orElse(examined);
    }

    /** Gives back the tool's own token, or says why that is not possible. */
    private static Optional<String> leftOver(OwnSession own) {
        try {
            own.close();
            return Optional.empty();
        } catch (NodeException e) {
            return Optional.of(Problem.of(e).toString());
        }
    }

    private Question question() {
        if (role == null && access.kubernetes().role().isEmpty()) {
            throw wrong("no role is named: say --role, or set bootstrap.access.kubernetes.role");
        }
        if (tokenFile != null && serviceAccount != null) {
            throw wrong("--token-file and --service-account are both given");
        }
        if ((serviceAccount == null) != (audience == null)) {
            throw wrong("--service-account and --audience go together");
        }
        if (role != null && tokenFile == null && serviceAccount == null) {
            throw wrong("--role needs a token: --token-file, or --service-account and --audience");
        }
        return new Question(
                Optional.ofNullable(mount).orElse(access.kubernetes().mount()),
                Optional.ofNullable(role).or(access.kubernetes()::role).orElseThrow(),
                serviceAccount == null
                        ? new TokenSource.InFile(Optional.ofNullable(tokenFile)
                                .orElse(access.kubernetes().tokenFile())
                                .toAbsolutePath())
                        : new TokenSource.Requested(account("--service-account", serviceAccount), audience),
                Optional.ofNullable(path),
                Optional.ofNullable(reviewer).map(text -> account("--reviewer", text)));
    }

    private Account account(String option, String text) {
        try {
            return Account.parse(text);
        } catch (IllegalArgumentException e) {
            throw wrong(option + ": " + e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private Looked<VaultSession> ownSession(VaultNode node, AtomicReference<Optional<OwnSession>> opened) {
        try {
            opened.set(OwnSession.open(ticks.accessSettings(), material(), node));
        } catch (NodeException e) {
            return Looked.notSeen(e.getMessage());
        }
        return opened.get()
                .<Looked<VaultSession>>map(own -> Looked.seen(own.session()))
                .orElseGet(() -> Looked.notSeen("this tool cannot sign in itself to look"));
    }

    /** Custody that cannot be read is no matter of the login. */
    private Optional<KeyMaterial> material() {
        try {
            return custody.store().read().material();
        } catch (ProblemException | ApiServerException e) {
            return Optional.empty();
        }
    }
}
