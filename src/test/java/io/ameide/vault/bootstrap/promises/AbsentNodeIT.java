package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.promises.Scene.Blow;
import io.ameide.vault.bootstrap.promises.Scene.Struck;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A machine dies that carries both a first tick and the node which that tick asks for init, when it has been answered and
 * the shares are not stored yet.
 */
class AbsentNodeIT {

    private static final String ASKED = "vault-0";
    private static final String ANOTHER_ADDRESS = "127.0.0.42";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    @Test
    void noSecondClusterIsMadeWhileTheNodeThatHoldsTheFirstIsAway() {
        try (HostedScene scene = HostedScene.on(API, folder)) {
            String namespace = scene.hosted().namespace();
            Struck first = scene.tick(new Strike(ASKED, "POST", Strike.INIT, 1, Point.AFTER_RECEIVED), Blow.KILL);
            assertThat(first.struck()).as(first.toString()).isTrue();
            String marker = scene.custodyVersion();

            API.terminatingPod(namespace, ASKED);
            Result leaving = scene.tick();
            assertThat(leaving.exit()).as(leaving.stdout()).isEqualTo(5);
            assertThat(reasons(leaving, "discover")).contains("Pod %s/vault-0 is terminating".formatted(namespace));
            assertNothingIsMade(scene, marker);

            API.removePod(namespace, ASKED);
            Result gone = scene.tick();
            assertThat(gone.exit()).as(gone.stdout()).isEqualTo(5);
            assertThat(reasons(gone, "initialize"))
                    .contains(
                            "(Pod vault-0)",
                            "that node is not among those that answer",
                            "kubectl --namespace %s delete secret ".formatted(namespace));
            assertNothingIsMade(scene, marker);

            scene.proxy()
                    .before(
                            ASKED,
                            scene.hosted().nodes().address(0),
                            ANOTHER_ADDRESS,
                            scene.proxy().address().getPort());
            API.pod(namespace, ASKED, Optional.of(ANOTHER_ADDRESS), "Running");
            Result back = scene.tick();
            assertThat(back.exit()).as(back.stdout()).isEqualTo(4);
            assertThat(back.step("initialize").path("problems").toString()).contains("were never stored");
            assertNothingIsMade(scene, marker);

            // As docs/operations/vault.md has it: the marker stays.
            scene.hosted().nodes().node(0).wipe();
            Result anew = scene.tick();
            assertThat(anew.exit()).as(anew.stdout() + anew.stderr()).isZero();
            assertThat(scene.hosted().nodes().clusterIds()).hasSize(1);
        }
    }

    private static void assertNothingIsMade(HostedScene scene, String marker) {
        assertThat(scene.hosted().nodes().health(1)).isEqualTo(501);
        assertThat(scene.hosted().nodes().health(2)).isEqualTo(501);
        assertThat(scene.custodyVersion()).isEqualTo(marker);
    }

    private static String reasons(Result result, String step) {
        return result.step(step).path("waitingFor").toString();
    }
}
