package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.concurrent.Callable;

@Command(
        name = "policy",
        description = "Print the policy under which a tick works, as the desired state asks for it; asks no server.")
final class PolicyCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    private final Ticks ticks;

    PolicyCommand(Ticks ticks) {
        this.ticks = ticks;
    }

    @Override
    public Integer call() {
        return top.output().policy(ticks.ownPolicy()).number();
    }
}
