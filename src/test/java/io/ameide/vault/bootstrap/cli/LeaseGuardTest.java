package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.kubernetes.LeaseLock;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;

class LeaseGuardTest {

    private static final Duration DURATION = Duration.ofSeconds(9);

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private final String name = "guard-" + UUID.randomUUID();
    private final List<String> said = new CopyOnWriteArrayList<>();

    @Test
    void renewalOnItsWayDoesNotTakeBackWhatIsReleased() {
        LeaseGuard guard = new LeaseGuard(lock("first"), DURATION, new Shutdown(), said::add);

        guard.run(
                () -> {
                    API.pause();
                    Thread.ofVirtual().start(() -> {
                        // Renewals come every third of the duration: by then one waits for its answer.
                        LockSupport.parkNanos(DURATION.dividedBy(2).toNanos());
                        API.resume();
                    });
                    LockSupport.parkNanos(DURATION.dividedBy(5).multipliedBy(2).toNanos());
                    return name;
                },
                Duration.ZERO);

        assertThat(lock("second").acquire()).isInstanceOf(LeaseLock.Attempt.Acquired.class);
        LockSupport.parkNanos(DURATION.dividedBy(3).toNanos());
        assertThat(lock("second").acquire()).isInstanceOf(LeaseLock.Attempt.Acquired.class);
    }

    @Test
    void tickIsAskedToEndBeforeALeaseThatCannotBeRenewedRunsOut() {
        Shutdown shutdown = new Shutdown();
        long began = System.nanoTime();

        boolean asked = new LeaseGuard(lock("first"), DURATION, shutdown, said::add)
                .run(
                        () -> {
                            API.pause();
                            try {
                                while (!shutdown.stop().requested() && System.nanoTime() - began < DURATION.toNanos()) {
                                    LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
                                }
                            } finally {
                                API.resume();
                            }
                            return shutdown.stop().requested();
                        },
                        Duration.ZERO);

        assertThat(asked).isTrue();
        assertThat(shutdown.stop().requested())
                .as("also the next tick of a process that goes on")
                .isFalse();
    }

    @Test
    void apiServerThatIsSilentForAMomentIsWaitedFor() {
        API.pause();
        Thread.ofVirtual().start(() -> {
            LockSupport.parkNanos(Duration.ofSeconds(2).toNanos());
            API.resume();
        });

        String done = new LeaseGuard(impatient("first"), DURATION, new Shutdown(), said::add).run(() -> name, DURATION);

        assertThat(done).isEqualTo(name);
    }

    @Test
    void holderThatIsWaitedForIsNamedOnce() {
        LeaseLock first = lock("first");
        first.acquire();
        Thread.ofVirtual().start(() -> {
            LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
            first.release();
        });

        new LeaseGuard(lock("second"), DURATION, new Shutdown(), said::add).run(() -> name, DURATION);

        assertThat(said).containsExactly("waiting for another tick: first holds the Lease");
    }

    /** Its requests end before the server is back, as those of one that is down do at once. */
    private LeaseLock impatient(String identity) {
        Config config = new ConfigBuilder(API.admin().getConfiguration())
                .withRequestTimeout(500)
                .build();
        return new LeaseLock(
                new KubernetesClientBuilder().withConfig(config).build(),
                "default",
                name,
                identity,
                DURATION,
                Clock.systemUTC());
    }

    private LeaseLock lock(String identity) {
        return new LeaseLock(API.admin(), "default", name, identity, DURATION, Clock.systemUTC());
    }
}
