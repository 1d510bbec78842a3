package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import static io.ameide.vault.bootstrap.promises.HostedScene.CUSTODY;
import static io.ameide.vault.bootstrap.promises.HostedScene.KUBERNETES;
import static io.ameide.vault.bootstrap.promises.HostedScene.LEASES;
import static io.ameide.vault.bootstrap.promises.HostedScene.SECRETS;
import static io.ameide.vault.bootstrap.promises.Strikes.write;

/**
 * A first tick on three nodes is killed (SIGKILL) at one request after the other, those to the API server included, and
 * those after it go on to the end. The build tries the places that hurt most; the profile {@code kill-test} every one.
 */
class HostedKillIT {

    private static final Strikes STRIKES = new Strikes("killed", 4);
    private static final String LEADER = "vault-0";
    private static final String FOLLOWER = "vault-1";

    /** Which update of custody stores the shares; the one before proves that it can be updated. */
    private static final int SHARES = 2;

    /** Which one erases the root token. */
    private static final int ERASURE = 3;

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> killedTickIsFinishedByTheNext() {
        Supplier<Scene> scenes = () -> HostedScene.on(API, folder);
        List<Strike> places = Strikes.places(scenes);
        return STRIKES.tests(Strikes.chosen(places, HostedKillIT::sample), scenes, Kill::at);
    }

    @AfterAll
    static void tell() {
        System.out.println("three nodes, " + STRIKES);
    }

    private static List<Strike> sample(List<Strike> places) {
        return List.of(
                write(places, KUBERNETES, LEASES, 1, Point.AFTER_RECEIVED),
                write(places, KUBERNETES, SECRETS, 2, Point.AFTER_ANSWERED),
                write(places, LEADER, Strike.INIT, 1, Point.AFTER_ANSWERED),
                write(places, KUBERNETES, CUSTODY, SHARES, Point.AFTER_RECEIVED),
                write(places, FOLLOWER, "/v1/sys/storage/raft/join", 1, Point.AFTER_RECEIVED),
                write(places, FOLLOWER, "/v1/sys/unseal", 1, Point.AFTER_RECEIVED),
                write(places, LEADER, HostedScene.LOGIN, 1, Point.AFTER_RECEIVED),
                write(places, LEADER, "/v1/auth/token/revoke-self", 1, Point.AFTER_RECEIVED),
                write(places, KUBERNETES, CUSTODY, ERASURE, Point.BEFORE_SENT));
    }
}
