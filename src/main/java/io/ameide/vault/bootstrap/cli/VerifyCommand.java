package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

import java.util.concurrent.Callable;

@Command(name = "verify", description = "Check that every required key can be read; exit code 2 if one is missing.")
final class VerifyCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    @Option(
            names = "--external-secrets",
            description = "look as well at what External Secrets made of the secrets; exit code 5 if it is not ready")
    boolean externalSecrets;

    private final Ticks ticks;

    VerifyCommand(Ticks ticks) {
        this.ticks = ticks;
    }

    @Override
    public Integer call() {
        Output output = top.output();
        return ExitCode.of(ticks.verify(externalSecrets, output)).number();
    }
}
