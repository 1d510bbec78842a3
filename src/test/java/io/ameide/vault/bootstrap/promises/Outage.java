package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.KubernetesApi;

import java.util.function.Consumer;

/** How an API server is away, for the application as for the nodes that have tokens reviewed by it. */
enum Outage {
    /** Connections are taken, nobody answers: a frozen machine, a firewall. */
    SILENT(KubernetesApi::pause, KubernetesApi::resume),
    /** Nobody listens. It comes back with what it had. */
    REFUSED(KubernetesApi::kill, KubernetesApi::restart);

    private final Consumer<KubernetesApi> begin;
    private final Consumer<KubernetesApi> end;

    Outage(Consumer<KubernetesApi> begin, Consumer<KubernetesApi> end) {
        this.begin = begin;
        this.end = end;
    }

    void begin(KubernetesApi api) {
        begin.accept(api);
    }

    void end(KubernetesApi api) {
        end.accept(api);
    }
}
