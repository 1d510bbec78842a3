package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.promises.Scene.Blow;
import io.ameide.vault.bootstrap.promises.Scene.Struck;
import io.ameide.vault.bootstrap.promises.Strikes.Fate;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static io.ameide.vault.bootstrap.promises.Strikes.first;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A first tick is asked to end (SIGTERM) at one place after the other. It finishes what it must, so that there is no
 * window, not even at init, and no token is left. The build tries a sample, the profile {@code kill-test} every place.
 */
class TerminateIT {

    private static final Strikes STRIKES = new Strikes("terminated");

    /** 128 and the number of SIGTERM: what the process had to say about the tick is in its report. */
    private static final int TERMINATED = 143;

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> terminatedTickEndsInGoodOrder() {
        List<Strike> places = Strikes.places(folder);
        return STRIKES.tests(Strikes.all() ? places : sample(places), TerminateIT::terminate);
    }

    @AfterAll
    static void tell() {
        System.out.println(STRIKES);
    }

    private static List<Strike> sample(List<Strike> places) {
        return List.of(
                first(places, Strike.INIT, Point.AFTER_RECEIVED),
                first(places, "/v1/sys/unseal", Point.AFTER_RECEIVED),
                first(places, "/v1/auth/vault-bootstrap/login", Point.AFTER_RECEIVED),
                first(places, "/v1/secret/data/generated-password", Point.BEFORE_SENT));
    }

    private static Fate terminate(Strike place) {
        try (Scene scene = Scene.in(folder)) {
            Struck first = scene.tick(place, Blow.TERMINATE);
            if (!first.struck()) {
                assertThat(place.poll())
                        .as("only polls come less often than they did")
                        .isTrue();
                assertThat(first.result().exit()).isZero();
                return Fate.NOT_REACHED;
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
