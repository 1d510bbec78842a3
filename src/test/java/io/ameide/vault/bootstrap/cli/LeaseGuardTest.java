package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.kubernetes.LeaseLock;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;

class LeaseGuardTest {

    private static final Duration DURATION = Duration.ofSeconds(9);

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private final String name = "guard-" + UUID.randomUUID();

    @Test
    void renewalOnItsWayDoesNotTakeBackWhatIsReleased() {
        LeaseGuard guard = new LeaseGuard(lock("first"), DURATION, new Shutdown());

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

    private LeaseLock lock(String identity) {
        return new LeaseLock(API.admin(), "default", name, identity, DURATION, Clock.systemUTC());
    }
}
