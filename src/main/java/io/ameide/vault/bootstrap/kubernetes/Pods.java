package io.ameide.vault.bootstrap.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Pods of one namespace. */
public final class Pods {

    private final KubernetesClient client;
    private final String namespace;

    public Pods(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    public String namespace() {
        return namespace;
    }

    /**
     * A Pod as discovery sees it. Readiness does not count: a sealed node is not ready.
     *
     * @param ip once it has one
     * @param subdomain the headless service through which it has a name of its own, if any
     */
    public record Found(String name, Optional<String> ip, Optional<String> subdomain, State state) {}

    /** How far a Pod is in its life. */
    public enum State {
        PENDING,
        RUNNING,
        TERMINATING,
        ENDED
    }

    /**
     * Those that a label selector picks, by name.
     *
     * @param selector for example {@code app.kubernetes.io/name=vault,component=server}
     * @throws ApiServerException when the API server does not list them
     */
    public List<Found> list(String selector) {
        try {
            return client.pods().inNamespace(namespace).withLabelSelector(selector).list().getItems().stream()
                    .map(Pods::found)
                    .sorted(Comparator.comparing(Found::name))
                    .toList();
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("list Pods %s in %s".formatted(selector, namespace), e);
        }
    }

    private static Found found(Pod pod) {
        return new Found(
                pod.getMetadata().getName(),
                Optional.ofNullable(pod.getStatus().getPodIP()),
                Optional.ofNullable(pod.getSpec().getSubdomain()),
                state(pod));
    }

    private static State state(Pod pod) {
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return State.TERMINATING;
        }
        return switch (Optional.ofNullable(pod.getStatus().getPhase()).orElse("Pending")) {
            case "Running" -> State.RUNNING;
            case "Succeeded", "Failed" -> State.ENDED;
            default -> State.PENDING;
        };
    }
}
