package io.ameide.vault.bootstrap.cli;

import io.quarkus.runtime.LaunchMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import java.util.List;
import java.util.concurrent.Callable;

@Command(
        name = "vault-bootstrap",
        description =
                "Takes a HashiCorp Vault or OpenBao cluster from nothing to seeded, verified, snapshotted secrets.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        sortOptions = false,
        footer = {
            "",
            "Exit codes: 0 converged, 1 failed, 2 differences, 3 unreachable or denied, 4 blocked until a person decides,",
            "5 partial, 64 usage. Without a command, one tick is run."
        },
        subcommands = {
            RunCommand.class,
            PlanCommand.class,
            StatusCommand.class,
            VerifyCommand.class,
            SnapshotCommand.class,
            ServeCommand.class
        })
final class TopCommand implements Callable<Integer> {

    @Option(
            names = "--output",
            description = "text or json (default: text)",
            defaultValue = "text",
            scope = ScopeType.INHERIT)
    OutputFormat format;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "a configuration key, above environment and files; may be given again",
            scope = ScopeType.INHERIT)
    List<String> set;

    @Option(names = "--profile", description = "dev, local or ha: which defaults apply", scope = ScopeType.INHERIT)
    String profile;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "a file of configuration keys, below the environment",
            scope = ScopeType.INHERIT)
    String config;

    @Spec
    CommandSpec spec;

    private final RunCommand run;
    private final ServeCommand serve;

    TopCommand(RunCommand run, ServeCommand serve) {
        this.run = run;
        this.serve = serve;
    }

    Output output() {
        return new Output(
                format, spec.commandLine().getOut(), spec.commandLine().getErr());
    }

    /** One tick; while developing, a tick whenever something changes. */
    @Override
    public Integer call() {
        return LaunchMode.current() == LaunchMode.DEVELOPMENT ? serve.serve(output()) : run.run(output());
    }
}
