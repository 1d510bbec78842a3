package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.observe.TickMetrics;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Report;
import io.quarkus.runtime.Quarkus;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import io.quarkus.scheduler.Scheduler;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.time.Duration;
import java.util.concurrent.Callable;

@Command(
        name = "serve",
        description = "Run ticks on a schedule, and whenever a document changes; serve health and metrics over HTTP.")
final class ServeCommand implements Callable<Integer> {

    private static final String WATCH_INTERVAL = "1s";

    @ParentCommand
    TopCommand top;

    private final Ticks ticks;
    private final Documents documents;
    private final Scheduler scheduler;
    private final ScheduleConfig config;
    private final TickMetrics metrics;
    private final Greeting greeting;

    ServeCommand(
            Ticks ticks,
            Documents documents,
            Scheduler scheduler,
            ScheduleConfig config,
            TickMetrics metrics,
            Greeting greeting) {
        this.ticks = ticks;
        this.documents = documents;
        this.scheduler = scheduler;
        this.config = config;
        this.metrics = metrics;
        this.greeting = greeting;
    }

    @Override
    public Integer call() {
        return serve(top.output());
    }

    int serve(Output output) {
        Duration every = Bounds.atLeastOneSecond("bootstrap.schedule.every", config.every());
        documents.changed();
        tick(output);
        greeting.lines().forEach(output::announce);
        // Programmatic, since annotated methods would also be scheduled while a one-shot command runs.
        scheduler
                .newJob("tick")
                .setInterval(every.toString())
                .setDelayed(every.toString())
                .setConcurrentExecution(ConcurrentExecution.SKIP)
                .setTask(execution -> tick(output))
                .schedule();
        scheduler
                .newJob("watch")
                .setInterval(WATCH_INTERVAL)
                .setConcurrentExecution(ConcurrentExecution.SKIP)
                .setTask(execution -> {
                    if (documents.changed()) {
                        output.announce("a document changed");
                        tick(output);
                    }
                })
                .schedule();
        Quarkus.waitForExit();
        return ExitCode.CONVERGED.number();
    }

    /** One tick at a time: the schedule and a changed document may meet. */
    private synchronized void tick(Output output) {
        try {
            Report report = ticks.run(Mode.APPLY, output);
            metrics.ticked(report, ExitCode.of(report).name());
        } catch (RuntimeException e) {
            metrics.failed(output.failed(e).name());
        }
    }
}
