package io.ameide.vault.bootstrap.kubernetes;

import io.ameide.vault.bootstrap.custody.Whereabouts;
import io.ameide.vault.bootstrap.kubernetes.LeaseLock.Attempt;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LeaseLockTest {

    private static final Duration DURATION = Duration.ofSeconds(30);

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private final String name = "lock-" + UUID.randomUUID();
    private final Clock clock = Clock.systemUTC();

    private LeaseLock lock(String identity, Clock at) {
        return new LeaseLock(API.admin(), "default", name, identity, DURATION, at);
    }

    @Test
    void secondProcessIsToldWhoHoldsTheLease() {
        assertThat(lock("pod-a", clock).acquire()).isInstanceOf(Attempt.Acquired.class);

        assertThat(lock("pod-b", clock).acquire())
                .isInstanceOfSatisfying(
                        Attempt.HeldBy.class, held -> assertThat(held.holder()).isEqualTo("pod-a"));
        assertThat(lock("pod-a", clock).acquire()).isInstanceOf(Attempt.Acquired.class);
    }

    @Test
    void processesThatAreTheSamePidOnTheSameHostDoNotTakeEachOthersLease() {
        Whereabouts both = new Whereabouts(1, "an unnamed host");
        assertThat(lock(both.marked(7), clock).acquire()).isInstanceOf(Attempt.Acquired.class);

        assertThat(lock(both.marked(-7), clock).acquire())
                .isInstanceOfSatisfying(
                        Attempt.HeldBy.class,
                        held -> assertThat(held.holder()).isEqualTo("pid 1 on an unnamed host (00000007)"));
        assertThat(lock(both.marked(7), clock).acquire()).isInstanceOf(Attempt.Acquired.class);
    }

    @Test
    void releasedLeaseIsAnybodys() {
        LeaseLock first = lock("pod-a", clock);
        first.acquire();
        first.release();

        assertThat(lock("pod-b", clock).acquire()).isInstanceOf(Attempt.Acquired.class);
        // Giving back what somebody else holds by now takes nothing from them.
        first.release();
        assertThat(lock("pod-c", clock).acquire()).isInstanceOf(Attempt.HeldBy.class);
    }

    @Test
    void leaseOfDeadHolderIsTakenOverAfterItsDuration() {
        lock("pod-dead", clock).acquire();

        assertThat(lock("pod-b", Clock.offset(clock, DURATION.minusSeconds(5))).acquire())
                .isInstanceOf(Attempt.HeldBy.class);
        assertThat(lock("pod-b", Clock.offset(clock, DURATION.plusSeconds(1))).acquire())
                .isInstanceOf(Attempt.Acquired.class);
    }

    @Test
    void ofManyThatStartAtOnceOneAcquires() throws Exception {
        List<Callable<Attempt>> attempts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            LeaseLock lock = lock("pod-" + i, clock);
            attempts.add(lock::acquire);
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int acquired = 0;
            for (Future<Attempt> attempt : threads.invokeAll(attempts)) {
                acquired += attempt.get() instanceof Attempt.Acquired ? 1 : 0;
            }
            assertThat(acquired).isEqualTo(1);
        }
    }

    @Test
    void deniedServiceAccountIsNamedAsSuch() {
        try (KubernetesClient nobody = API.client(API.apiToken("default", API.account(List.of())))) {
            LeaseLock lock = new LeaseLock(nobody, "default", name, "pod-a", DURATION, clock);

            assertThatThrownBy(lock::acquire)
                    .isInstanceOf(ApiServerException.Denied.class)
                    .hasMessageContaining("Lease default/" + name);
        }
    }
}
