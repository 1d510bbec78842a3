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
 * A first tick is killed (SIGKILL) at one place after the other, and those after it go on to the end. The build tries the
 * places that hurt most; the profile {@code kill-test} tries every one.
 */
class KillIT {

    private static final Strikes STRIKES = new Strikes("killed", 4);

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> killedTickIsFinishedByTheNext() {
        Supplier<Scene> scenes = () -> LoneScene.in(folder);
        List<Strike> places = Strikes.places(scenes);
        return STRIKES.tests(Strikes.chosen(places, KillIT::sample), scenes, Kill::at);
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
}
