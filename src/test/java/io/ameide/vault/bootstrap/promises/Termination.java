package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.promises.Scene.Blow;
import io.ameide.vault.bootstrap.promises.Scene.Struck;
import io.ameide.vault.bootstrap.promises.Strikes.Fate;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;

import static org.assertj.core.api.Assertions.assertThat;

/** A first tick is asked to end (SIGTERM). It finishes what it must, so that there is no window, and no token is left. */
final class Termination {

    /** 128 and the number of SIGTERM: what the process had to say about the tick is in its report. */
    private static final int TERMINATED = 143;

    private Termination() {}

    static Fate at(Scene scene, Strike place) {
        Struck first = scene.tick(place, Blow.TERMINATE);
        if (!first.struck()) {
            return Strikes.notReached(place, first.result());
        }
        assertEndedInGoodOrder(first.result());
        Result next = scene.tick();
        assertThat(first.result().json().path("steps"))
                .as("every step is told of")
                .hasSameSizeAs(next.json().path("steps"));
        assertThat(next.exit()).as(next.stdout() + next.stderr()).isZero();
        new Aftermath(scene).holdsAfterConvergence(0);
        return Fate.SURVIVED;
    }

    private static void assertEndedInGoodOrder(Result result) {
        assertThat(result.exit()).isIn(TERMINATED, 0);
        JsonNode report = result.json();
        boolean converged = report.path("result").asText().equals("converged");
        assertThat(result.exit() != 0 || converged)
                .as("success only where all holds")
                .isTrue();
        assertThat(report.path("exitCode").asInt() == 0).isEqualTo(converged);
        assertThat(result.step("sign out").path("outcome").asText()).isEqualTo("unchanged");
    }
}
