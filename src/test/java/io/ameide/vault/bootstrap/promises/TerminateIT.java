package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import static io.ameide.vault.bootstrap.promises.Strikes.first;

/**
 * A first tick is asked to end (SIGTERM) at one place after the other. It finishes what it must, so that there is no
 * window, not even at init, and no token is left. The build tries a sample, the profile {@code kill-test} every place.
 */
class TerminateIT {

    private static final Strikes STRIKES = new Strikes("terminated", 4);

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> terminatedTickEndsInGoodOrder() {
        Supplier<Scene> scenes = () -> LoneScene.in(folder);
        List<Strike> places = Strikes.places(scenes);
        return STRIKES.tests(Strikes.chosen(places, TerminateIT::sample), scenes, Termination::at);
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
}
