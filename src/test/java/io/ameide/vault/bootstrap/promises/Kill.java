package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.promises.Scene.Blow;
import io.ameide.vault.bootstrap.promises.Scene.Struck;
import io.ameide.vault.bootstrap.promises.Strikes.Fate;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;

import static org.assertj.core.api.Assertions.assertThat;

/** A first tick is killed (SIGKILL), and those after it go on to the end. */
final class Kill {

    private static final int TICKS_TO_CONVERGE = 3;

    private Kill() {}

    static Fate at(Scene scene, Strike place) {
        Struck first = scene.tick(place, Blow.KILL);
        if (!first.struck()) {
            return Strikes.notReached(place, first.result());
        }
        // After the last answer of all a tick may be faster than the signal.
        assertThat(first.result().exit()).isIn(137, 0);
        boolean mayLoseShares = scene.sharesMayBeLost();
        Result last = scene.tick();
        for (int tick = 2; tick <= TICKS_TO_CONVERGE && last.exit() != 0 && last.exit() != 4; tick++) {
            last = scene.tick();
        }
        if (mayLoseShares && last.exit() == 4) {
            assertWindowIsReported(scene, last);
            return Fate.WINDOW;
        }
        assertThat(last.exit()).as(last.stdout() + last.stderr()).isZero();
        assertThat(last.json().path("result").asText()).isEqualTo("converged");
        new Aftermath(scene).holdsAfterConvergence(1);
        return Fate.SURVIVED;
    }

    private static void assertWindowIsReported(Scene scene, Result last) {
        assertThat(last.step("initialize").path("problems").toString())
                .contains("the shares it gave were never stored", "holds only the marker of the try");
        assertThat(last.json().path("result").asText()).isEqualTo("blocked");
        assertThat(scene.writes()).isEmpty();
        assertThat(scene.material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZING);
        new Aftermath(scene).custodyIsWhole();
        assertThat(scene.tick().exit()).as("the window is told again").isEqualTo(4);
    }
}
