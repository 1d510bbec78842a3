package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.time.Clock;
import java.util.List;
import java.util.Optional;

@Command(name = "snapshot", description = "Take snapshots, and look after those there are.")
final class SnapshotCommand implements Runnable {

    @ParentCommand
    TopCommand top;

    @Spec
    CommandSpec spec;

    private final Ticks ticks;
    private final SnapshotTargets targets;
    private final SnapshotInspector inspector;
    private final DrillRun drill;
    private final Clock clock;

    SnapshotCommand(Ticks ticks, SnapshotTargets targets, SnapshotInspector inspector, DrillRun drill, Clock clock) {
        this.ticks = ticks;
        this.targets = targets;
        this.inspector = inspector;
        this.drill = drill;
        this.clock = clock;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "snapshot wants take, list, inspect, drill or prune");
    }

    @Command(name = "take", description = "Take one now, due or not, and bring it to the targets.")
    int take(@Option(names = "--target", paramLabel = "NAME", description = "only this one") String target) {
        return ExitCode.of(ticks.takeSnapshot(Optional.ofNullable(target), top.output()))
                .number();
    }

    @Command(name = "list", description = "List what the targets hold, newest first, without asking a server.")
    int list(@Option(names = "--target", paramLabel = "NAME", description = "only this one") String target) {
        try (OpenTargets open = targets.required(Optional.ofNullable(target))) {
            return top.output()
                    .snapshots(
                            new SnapshotListing(open.destinations().stream()
                                    .map(destination -> SnapshotListing.look(destination.target()))
                                    .toList()),
                            clock.instant())
                    .number();
        }
    }

    @Command(
            name = "inspect",
            description =
                    "Verify a snapshot and tell what it holds and whether the shares in custody belong to it, without asking a server.")
    int inspect(
            @Parameters(paramLabel = "FILE|NAME", description = "an archive in a file, or the name of one at a target")
                    String archive,
            @Option(names = "--target", paramLabel = "NAME", description = "look only there") String target) {
        return top.output()
                .inspection(inspector.inspect(archive, Optional.ofNullable(target)), clock.instant())
                .number();
    }

    @Command(
            name = "drill",
            description =
                    "Prove that the newest snapshot of a target comes back: restore it into a server that is thrown away, open it with the shares in custody, and read what was written right before it was taken.")
    int drill(
            @Option(names = "--target", paramLabel = "NAME", description = "whose; needed where there are several")
                    String target) {
        return top.output().drill(drill.run(Optional.ofNullable(target))).number();
    }

    @Command(
            name = "prune",
            description = "Delete the snapshots of each cluster that need not stay, without asking a server.")
    int prune(
            @Option(names = "--target", paramLabel = "NAME", description = "only there") String target,
            @Option(names = "--dry-run", description = "only tell which") boolean dryRun,
            @Option(names = "--despite-flags", description = "also where a flagged snapshot holds that back")
                    boolean despiteFlags) {
        try (OpenTargets open = targets.required(Optional.ofNullable(target))) {
            List<SnapshotPruning.Part> parts = open.destinations().stream()
                    .map(destination -> SnapshotPruning.prune(destination, dryRun, despiteFlags, clock.instant()))
                    .toList();
            return top.output()
                    .snapshots(new SnapshotPruning(dryRun, parts), clock.instant())
                    .number();
        }
    }
}
