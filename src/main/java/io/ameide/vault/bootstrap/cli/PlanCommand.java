package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.concurrent.Callable;

@Command(name = "plan", description = "Show what a tick would change; exit code 2 if anything.")
final class PlanCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    private final Ticks ticks;

    PlanCommand(Ticks ticks) {
        this.ticks = ticks;
    }

    @Override
    public Integer call() {
        Output output = top.output();
        return ExitCode.of(ticks.run(Mode.PLAN, output)).number();
    }
}
