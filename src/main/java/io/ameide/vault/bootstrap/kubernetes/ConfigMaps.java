package io.ameide.vault.bootstrap.kubernetes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** ConfigMaps of one namespace. Every method throws {@link ApiServerException}. */
public final class ConfigMaps {

    private final KubernetesClient client;
    private final String namespace;

    public ConfigMaps(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /** @param resourceVersion the server's version, opaque */
    public record Stored(Map<String, String> data, String resourceVersion) {}

    public String namespace() {
        return namespace;
    }

    public Optional<Stored> read(String name) {
        return asking(
                "read",
                name,
                () -> Optional.ofNullable(client.configMaps()
                                .inNamespace(namespace)
                                .withName(name)
                                .get())
                        .map(map -> new Stored(
                                Optional.ofNullable(map.getData()).orElse(Map.of()),
                                map.getMetadata().getResourceVersion())));
    }

    /** @throws ApiServerException.Conflict when one of that name is there */
    public void create(String name, Map<String, String> data, Map<String, String> labels) {
        asking(
                "create",
                name,
                () -> client.configMaps()
                        .inNamespace(namespace)
                        .resource(map(name, data, labels, ""))
                        .create());
    }

    /**
     * Replaces data and labels.
     *
     * @param expectedVersion the resourceVersion that was read
     * @throws ApiServerException.Conflict when another version is there by now
     */
    public void replace(String name, Map<String, String> data, Map<String, String> labels, String expectedVersion) {
        asking(
                "update",
                name,
                () -> client.configMaps()
                        .inNamespace(namespace)
                        .resource(map(name, data, labels, expectedVersion))
                        .update());
    }

    private ConfigMap map(String name, Map<String, String> data, Map<String, String> labels, String version) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .withLabels(labels)
                .withResourceVersion(version.isEmpty() ? null : version)
                .endMetadata()
                .withData(data)
                .build();
    }

    private <T> T asking(String verb, String name, Supplier<T> request) {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("%s ConfigMap %s/%s".formatted(verb, namespace, name), e);
        }
    }
}
