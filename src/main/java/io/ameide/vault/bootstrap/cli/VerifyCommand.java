package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.concurrent.Callable;

@Command(name = "verify", description = "Check that every required key can be read; exit code 2 if one is missing.")
final class VerifyCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    private final Ticks ticks;

    VerifyCommand(Ticks ticks) {
        this.ticks = ticks;
    }

    @Override
    public Integer call() {
        Output output = top.output();
        return ExitCode.of(ticks.run(Mode.PLAN, Ticks.Part.VERIFY, output)).number();
    }
}
