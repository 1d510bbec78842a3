package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.SnapshotConfig;
import io.ameide.vault.bootstrap.snapshot.SnapshotFolder;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

import java.nio.file.Path;
import java.time.Clock;

@Command(name = "snapshot", description = "Take and list snapshots.")
final class SnapshotCommand implements Runnable {

    @ParentCommand
    TopCommand top;

    @Spec
    CommandSpec spec;

    private final Ticks ticks;
    private final SnapshotConfig config;
    private final Clock clock;

    SnapshotCommand(Ticks ticks, SnapshotConfig config, Clock clock) {
        this.ticks = ticks;
        this.config = config;
        this.clock = clock;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "snapshot wants take or list");
    }

    @Command(name = "take", description = "Take one now, due or not.")
    int take() {
        folder();
        Output output = top.output();
        return ExitCode.of(ticks.run(Mode.APPLY, Ticks.Part.SNAPSHOT, output)).number();
    }

    @Command(name = "list", description = "List what the folder holds, newest first, without asking a server.")
    int list() {
        return top.output()
                .snapshots(folder(), new SnapshotFolder(folder(), clock).list(), clock.instant())
                .number();
    }

    private Path folder() {
        return config.folder()
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "bootstrap.snapshot.folder is not set",
                        "name a folder for snapshots, for example --set bootstrap.snapshot.folder=snapshots")));
    }
}
