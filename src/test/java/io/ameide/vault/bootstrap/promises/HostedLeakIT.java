package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** No token that a Pod has, and nothing of custody in a Secret, shows: not even with every logger at its loudest. */
class HostedLeakIT {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    private static final Sentinels SENTINELS = new Sentinels();

    private static HostedCluster hosted;
    private static PackagedApplication application;
    private static Result first;

    @BeforeAll
    static void firstTick() throws IOException {
        hosted = HostedCluster.start(API, RaftCluster.of(1), folder);
        application = hosted.application();
        LeakIT.LOUD.forEach((variable, value) -> application = application.with(variable, value));
        SENTINELS.add("projected token", Files.readString(hosted.folder().resolve("token")));
        SENTINELS.add("reviewer's token", Files.readString(hosted.folder().resolve("reviewer")));
        SENTINELS.add(
                "token for the API server",
                Files.readString(hosted.folder().resolve("kubeconfig"))
                        .replaceAll("(?s).*token: \"([^\"]+)\".*", "$1"));
        first = application.run("run", "--output", "json");
        hosted.shares().forEach(share -> SENTINELS.add("share", share.reveal()));
    }

    @AfterAll
    static void stop() {
        hosted.close();
    }

    @Test
    void firstTickShowsNothing() {
        assertThat(first.exit()).as("exit code").isZero();
        assertThat(first.stderr()).as("loud").contains("DEBUG");
        assertThat(shown(first)).isEmpty();
    }

    @Test
    void steadyTickStatusPolicyAndProofShowNothing() {
        for (String[] command : List.of(
                new String[] {"run"},
                new String[] {"status", "--output", "json"},
                new String[] {"policy"},
                new String[] {"keys", "check", "--prove"},
                new String[] {"doctor"})) {
            Result result = application.run(command);

            assertThat(result.exit()).as(String.join(" ", command)).isZero();
            assertThat(shown(result)).as(String.join(" ", command)).isEmpty();
        }
    }

    @Test
    void tokenThatTheServersRefuseShowsNothing() throws IOException {
        Path token = hosted.folder().resolve("token");
        String good = Files.readString(token);
        try {
            Files.writeString(
                    token,
                    API.token("external-secrets", "external-secrets", "vault").reveal());
            SENTINELS.add("another's token", Files.readString(token));

            Result refused = application.run("run");

            assertThat(refused.exit()).isEqualTo(3);
            assertThat(shown(refused)).isEmpty();
        } finally {
            Files.writeString(token, good);
        }
    }

    private static List<String> shown(Result result) {
        List<String> shown = SENTINELS.shownIn("stdout", result.stdout());
        shown.addAll(SENTINELS.shownIn("stderr", result.stderr()));
        return shown;
    }
}
