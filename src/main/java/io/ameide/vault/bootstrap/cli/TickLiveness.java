package io.ameide.vault.bootstrap.cli;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;

import jakarta.inject.Singleton;

/** A process whose tick hangs past its deadline ticks no more, and is of use again only once it was restarted. */
@Liveness
@Singleton
public final class TickLiveness implements HealthCheck {

    private final TickDeadline deadline;

    TickLiveness(TickDeadline deadline) {
        this.deadline = deadline;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("tick");
        deadline.overdue().ifPresent(overdue -> response.withData("step", overdue.step()));
        return response.status(deadline.overdue().isEmpty()).build();
    }
}
