package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.drill.Drill;
import io.ameide.vault.bootstrap.drill.DrillConfig;
import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import jakarta.inject.Singleton;

import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** A drill as it is configured. Takes no lock, since it only reads, and asks no node of the cluster. */
@Singleton
final class DrillRun {

    private final DrillConfig config;
    private final SandboxConfig sandbox;
    private final SnapshotTargets targets;
    private final Custody custody;
    private final Shutdown shutdown;
    private final Clock clock;

    DrillRun(
            DrillConfig config,
            SandboxConfig sandbox,
            SnapshotTargets targets,
            Custody custody,
            Shutdown shutdown,
            Clock clock) {
        this.config = config;
        this.sandbox = sandbox;
        this.targets = targets;
        this.custody = custody;
        this.shutdown = shutdown;
        this.clock = clock;
    }

    /** @param target may be left out where there is one only */
    DrillReport run(Optional<String> target) {
        try (OpenTargets open = targets.required(target)) {
            if (open.destinations().size() > 1) {
                List<String> names = open.destinations().stream()
                        .map(destination -> destination.target().name())
                        .toList();
                throw new ProblemException(Problem.invalid(
                        "a drill is of one target, and there are " + String.join(", ", names),
                        "name one with --target"));
            }
            Drill drill = new Drill(settings(), binary(), clock, shutdown.waiter());
            Drill.Custody opener = opener();
            return shutdown.guard(() ->
                    new DrillReport(drill.run(open.destinations().getFirst().target(), opener)));
        }
    }

    private Drill.Settings settings() {
        return new Drill.Settings(
                Bounds.positive("bootstrap.snapshot.drill.max-age", config.maxAge()),
                config.isolated(),
                config.sealFile(),
                targets.silence(),
                targets.canary(),
                System.getenv());
    }

    private ServerBinary binary() {
        ServerBinary.Search search = ServerBinary.find(sandbox.serverBinary(), System.getenv());
        return search.found()
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        search.looked(),
                        "name a bao or vault of the release that the cluster runs, in"
                                + " bootstrap.sandbox.server-binary")));
    }

    private Drill.Custody opener() {
        KeyStore store = custody.store();
        KeyMaterial keys = store.read()
                .initialized()
                .orElseThrow(() -> new ProblemException(Problem.blocked(
                        "custody, %s, has no shares to open a snapshot with".formatted(store.description()),
                        "is it the custody of the cluster?")));
        return new Drill.Custody(keys, CustodyGeneration.of(keys), targets.identity());
    }
}
