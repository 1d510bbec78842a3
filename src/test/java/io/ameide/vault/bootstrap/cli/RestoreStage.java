package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** What restores are tried on. */
final class RestoreStage {

    static final String ENGINE = "team";

    /** Nodes that join vote at once instead of after ten seconds. */
    static final String DESIRED_STATE = DesiredStates.withAnn(ENGINE) + """
            resources:
              - path: sys/storage/raft/autopilot/configuration
                data: { server_stabilization_time: 1s }
            """;

    private RestoreStage() {}

    static JsonNode status(RealServer server) {
        return server.send("GET", "sys/seal-status", "", Optional.empty()).body();
    }

    static PackagedApplication application(Path folder, List<URI> nodes) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        return PackagedApplication.in(folder, nodes.getFirst())
                .with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        nodes.stream().map(URI::toString).collect(Collectors.joining(",")));
    }

    static Result converge(PackagedApplication application) {
        Result tick = application.run("run", "--output", "json");
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
        return tick;
    }

    /** @return the name of the newest */
    static String take(PackagedApplication application) {
        Result taken = application.run("snapshot", "take");
        assertThat(taken.exit()).as(taken.stdout()).isZero();
        return snapshots(application).getFirst();
    }

    /** Newest first. */
    static List<String> snapshots(PackagedApplication application) {
        JsonNode listed =
                application.run("snapshot", "list", "--output", "json").json();
        return listed.at("/targets/0/snapshots").findValuesAsText("archive");
    }
}
