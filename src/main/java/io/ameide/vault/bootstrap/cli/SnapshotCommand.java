package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
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
    private final Restoration restoration;
    private final DrillRun drill;
    private final Clock clock;

    SnapshotCommand(
            Ticks ticks,
            SnapshotTargets targets,
            SnapshotInspector inspector,
            Restoration restoration,
            DrillRun drill,
            Clock clock) {
        this.ticks = ticks;
        this.targets = targets;
        this.inspector = inspector;
        this.restoration = restoration;
        this.drill = drill;
        this.clock = clock;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "snapshot wants take, list, inspect, restore, drill or prune");
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
            name = "restore",
            description =
                    "Put a snapshot in the place of everything a cluster holds; without --confirm, tell what that does.")
    int restore(
            @Parameters(paramLabel = "FILE|NAME", description = "an archive in a file, or the name of one at a target")
                    String archive,
            @Option(
                            names = "--target",
                            paramLabel = "NAME",
                            description = "look for it, and keep what is there now, only there")
                    String target,
            @Option(names = "--force", description = "also one of another cluster, which then opens with its shares")
                    boolean force,
            @Option(
                            names = "--custody",
                            paramLabel = "FILE",
                            description = "a copy of the custody that belongs to the snapshot, where it is another one")
                    Path otherCustody,
            @Option(
                            names = "--confirm",
                            paramLabel = "CLUSTER",
                            description = "the name of the cluster whose data is to be replaced")
                    String confirm,
            @Option(names = "--without-snapshot", description = "do not keep what is there now")
                    boolean withoutSnapshot) {
        Output output = top.output();
        Restoration.Wish wish = new Restoration.Wish(
                archive,
                Optional.ofNullable(target),
                force,
                Optional.ofNullable(otherCustody),
                Optional.ofNullable(confirm),
                withoutSnapshot);
        ExitCode exit = ExitCode.of(restoration.run(wish, output));
        if (wish.confirm().isPresent() || exit != ExitCode.DIFFERENCES) {
            return exit.number();
        }
        Optional<String> typed = output.ask("nothing was done; type the name of the cluster to restore it: ");
        if (typed.isEmpty()) {
            output.announce("nothing was done; --confirm with the name of the cluster restores it");
            return exit.number();
        }
        return ExitCode.of(restoration.run(wish.confirmed(typed.get()), output)).number();
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
