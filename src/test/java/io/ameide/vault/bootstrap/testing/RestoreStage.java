package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** What restores are tried on. */
public final class RestoreStage {

    public static final String ENGINE = "team";

    /** Nodes that join vote at once instead of after ten seconds. */
    public static final String DESIRED_STATE = DesiredStates.withAnn(ENGINE) + """
            resources:
              - path: sys/storage/raft/autopilot/configuration
                data: { server_stabilization_time: 1s }
            """;

    private RestoreStage() {}

    public static JsonNode status(RealServer server) {
        return server.send("GET", "sys/seal-status", "", Optional.empty()).body();
    }

    public static PackagedApplication application(Path folder, List<URI> nodes) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DESIRED_STATE);
        return PackagedApplication.in(folder, nodes.getFirst())
                .with(
                        "BOOTSTRAP_VAULT_ADDRESSES",
                        nodes.stream().map(URI::toString).collect(Collectors.joining(",")));
    }

    public static Result converge(PackagedApplication application) {
        Result tick = application.run("run", "--output", "json");
        assertThat(tick.exit()).as(tick.stdout() + tick.stderr()).isZero();
        return tick;
    }

    /** @return the name of the newest */
    public static String take(PackagedApplication application) {
        Result taken = application.run("snapshot", "take");
        assertThat(taken.exit()).as(taken.stdout()).isZero();
        return snapshots(application).getFirst();
    }

    /** Newest first. */
    public static List<String> snapshots(PackagedApplication application) {
        JsonNode listed =
                application.run("snapshot", "list", "--output", "json").json();
        return listed.at("/targets/0/snapshots").findValuesAsText("archive");
    }

    /** The arguments that restore a lost cluster's archive into another cluster. */
    public static String[] becomeTheLostOne(Path archive, Path itsCustody, String clusterName) {
        return new String[] {
            "snapshot",
            "restore",
            archive.toString(),
            "--force",
            "--custody",
            itsCustody.toString(),
            "--confirm",
            clusterName,
            "--output",
            "json"
        };
    }
}
