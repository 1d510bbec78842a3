package io.ameide.vault.bootstrap.cli;

import io.quarkus.runtime.LaunchMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import jakarta.enterprise.inject.Instance;

import java.util.List;
import java.util.concurrent.Callable;

@Command(
        name = "vault-bootstrap",
        description = {
            "Takes a HashiCorp Vault or OpenBao cluster from nothing to seeded, verified, snapshotted secrets.",
            "Without a command, one tick is run."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:converged: what was asked for holds",
            "1:failed: an error nobody planned for",
            "2:differences, or keys are missing",
            "3:unreachable or denied: a server, a login",
            "4:blocked: a person has to decide",
            "5:partial: the next tick goes on",
            "64:usage: a bad option or an invalid document"
        })
final class TopCommand implements Callable<Integer> {

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            description = "text or json (default: text)",
            defaultValue = "text",
            scope = ScopeType.INHERIT)
    OutputFormat format;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "a configuration key, for example bootstrap.keys.shares=5; ranks above environment and files; may be given again",
            scope = ScopeType.INHERIT)
    List<String> set;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "dev, local or ha: which defaults apply",
            scope = ScopeType.INHERIT)
    String profile;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "a .properties file of configuration keys; ranks below the environment",
            scope = ScopeType.INHERIT)
    String config;

    @Spec
    CommandSpec spec;

    private final Instance<RunCommand> run;
    private final Instance<ServeCommand> serve;

    TopCommand(Instance<RunCommand> run, Instance<ServeCommand> serve) {
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
        return LaunchMode.current() == LaunchMode.DEVELOPMENT
                ? serve.get().serve(output())
                : run.get().run(output());
    }
}
