package io.ameide.vault.bootstrap.cli;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduler;
import org.eclipse.microprofile.config.inject.ConfigProperty;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * Has changed code noticed while developing. Quarkus looks for it when a request comes in; this application waits for
 * none, so that it sends them itself. No part of a build for any other profile.
 */
@Singleton
@IfBuildProfile("dev")
final class LiveReload {

    private static final String INTERVAL = "1s";

    private final Scheduler scheduler;
    private final HttpRequest request;
    private final HttpClient client = HttpClient.newHttpClient();

    LiveReload(Scheduler scheduler, @ConfigProperty(name = "quarkus.http.port") int port) {
        this.scheduler = scheduler;
        this.request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/live"))
                .build();
    }

    void onStart(@Observes StartupEvent event) {
        scheduler
                .newJob("live reload")
                .setInterval(INTERVAL)
                // Nobody waits for the answer: where code changed, it comes from the application after this one.
                .setTask(execution -> client.sendAsync(request, BodyHandlers.discarding()))
                .schedule();
    }

    @PreDestroy
    void end() {
        client.shutdownNow();
    }
}
