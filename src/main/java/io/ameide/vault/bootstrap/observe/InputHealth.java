package io.ameide.vault.bootstrap.observe;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

import jakarta.inject.Singleton;

/**
 * Down while the last tick ended with invalid configuration or documents. It says nothing of liveness: a restart corrects no
 * document, and would interrupt the ticks that still unseal.
 */
@Readiness
@Singleton
final class InputHealth implements HealthCheck {

    private final TickMetrics metrics;

    InputHealth(TickMetrics metrics) {
        this.metrics = metrics;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("input is valid")
                .status(!metrics.lastResult().equals("usage"))
                .build();
    }
}
