package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Mode;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.concurrent.Callable;

@Command(name = "run", description = "Run one tick: bring the cluster to its desired state.")
final class RunCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    private final Ticks ticks;

    RunCommand(Ticks ticks) {
        this.ticks = ticks;
    }

    @Override
    public Integer call() {
        return run(top.output());
    }

    int run(Output output) {
        return ExitCode.of(ticks.run(Mode.APPLY, output)).number();
    }
}
