package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Mode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.time.Clock;
import java.util.List;
import java.util.Optional;

@Command(name = "snapshot", description = "Take and list snapshots.")
final class SnapshotCommand implements Runnable {

    @ParentCommand
    TopCommand top;

    @Spec
    CommandSpec spec;

    private final Ticks ticks;
    private final SnapshotTargets targets;
    private final Clock clock;

    SnapshotCommand(Ticks ticks, SnapshotTargets targets, Clock clock) {
        this.ticks = ticks;
        this.targets = targets;
        this.clock = clock;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "snapshot wants take or list");
    }

    @Command(name = "take", description = "Take one now, due or not, and bring it to every target.")
    int take() {
        targets.required(Optional.empty());
        Output output = top.output();
        return ExitCode.of(ticks.run(Mode.APPLY, Ticks.Part.SNAPSHOT, output)).number();
    }

    @Command(name = "list", description = "List what the targets hold, newest first, without asking a server.")
    int list(@Option(names = "--target", paramLabel = "NAME", description = "only this one") String target) {
        List<TakeSnapshot.Destination> destinations = targets.required(Optional.ofNullable(target));
        return top.output()
                .snapshots(
                        new SnapshotListing(destinations.stream()
                                .map(destination -> SnapshotListing.look(destination.target()))
                                .toList()),
                        clock.instant())
                .number();
    }
}
