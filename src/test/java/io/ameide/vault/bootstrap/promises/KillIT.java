package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
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
 * A first tick is killed (SIGKILL) at one place after the other, and those after it go on to the end. The build tries the
 * places that hurt most; the profile {@code kill-test} tries every one.
 */
class KillIT {

    private static final Strikes STRIKES = new Strikes("killed");
    private static final int TICKS_TO_CONVERGE = 3;

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> killedTickIsFinishedByTheNext() {
        List<Strike> places = Strikes.places(folder);
        return STRIKES.tests(Strikes.all() ? places : sample(places), KillIT::kill);
    }

    @AfterAll
    static void tell() {
        System.out.println(STRIKES);
    }

    private static List<Strike> sample(List<Strike> places) {
        return List.of(
                first(places, Strike.INIT, Point.BEFORE_SENT),
                first(places, Strike.INIT, Point.AFTER_RECEIVED),
                first(places, Strike.INIT, Point.AFTER_ANSWERED),
                first(places, "/v1/sys/unseal", Point.BEFORE_SENT),
                first(places, "/v1/sys/auth/vault-bootstrap", Point.AFTER_RECEIVED),
                first(places, "/v1/auth/vault-bootstrap/role/vault-bootstrap/custom-secret-id", Point.AFTER_RECEIVED),
                first(places, "/v1/auth/token/revoke-self", Point.BEFORE_SENT),
                first(places, "/v1/auth/token/revoke-self", Point.AFTER_RECEIVED),
                first(places, "/v1/secret/data/generated-password", Point.AFTER_RECEIVED),
                first(places, "/v1/sys/storage/raft/snapshot", Point.AFTER_RECEIVED));
    }

    private static Fate kill(Strike place) {
        try (Scene scene = Scene.in(folder)) {
            Struck first = scene.tick(place, Blow.KILL);
            if (!first.struck()) {
                assertThat(place.poll())
                        .as("only polls come less often than they did")
                        .isTrue();
                assertThat(first.result().exit()).isZero();
                return Fate.NOT_REACHED;
            }
            // After the last answer of all a tick may be faster than the signal.
            assertThat(first.result().exit()).isIn(137, 0);
            Result last = scene.tick();
            for (int tick = 2; tick <= TICKS_TO_CONVERGE && last.exit() != 0 && last.exit() != 4; tick++) {
                last = scene.tick();
            }
            if (mayLoseShares(place) && last.exit() == 4) {
                assertWindowIsReported(scene, last);
                return Fate.WINDOW;
            }
            assertThat(last.exit()).as(last.stdout() + last.stderr()).isZero();
            assertThat(last.json().path("result").asText()).isEqualTo("converged");
            new Aftermath(scene).holdsAfterConvergence(1);
            return Fate.SURVIVED;
        }
    }

    /** The server has told the shares, and nobody can be sure that they were stored. */
    private static boolean mayLoseShares(Strike place) {
        return place.method().equals("POST") && place.at(Strike.INIT) && place.point() != Point.BEFORE_SENT;
    }

    private static void assertWindowIsReported(Scene scene, Result last) {
        assertThat(last.step("initialize").path("problems").toString())
                .contains("the shares it gave were never stored", "holds only the marker of the try");
        assertThat(last.json().path("result").asText()).isEqualTo("blocked");
        assertThat(scene.writes()).isEmpty();
        assertThat(scene.custodian().material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZING);
        new Aftermath(scene).custodyIsWhole();
        assertThat(scene.tick().exit()).as("the window is told again").isEqualTo(4);
    }
}
