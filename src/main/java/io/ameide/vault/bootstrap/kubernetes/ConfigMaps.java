package io.ameide.vault.bootstrap.kubernetes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;

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
    public record Stored(Map<String, String> data, Map<String, String> labels, String resourceVersion) {}

    public String namespace() {
        return namespace;
    }

    public Optional<Stored> read(String name) {
        return asking(
                "read",
                name,
                () -> Optional.ofNullable(map(name).get())
                        .map(map -> new Stored(
                                Optional.ofNullable(map.getData()).orElse(Map.of()),
                                Optional.ofNullable(map.getMetadata().getLabels())
                                        .orElse(Map.of()),
                                map.getMetadata().getResourceVersion())));
    }

    /** @throws ApiServerException.Conflict when one of that name is there */
    public void create(String name, Map<String, String> data, Map<String, String> labels) {
        asking(
                "create",
                name,
                () -> client.configMaps()
                        .inNamespace(namespace)
                        .resource(new ConfigMapBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .withNamespace(namespace)
                                .withLabels(labels)
                                .endMetadata()
                                .withData(data)
                                .build())
                        .create());
    }

    /**
     * Sets entries and labels; others, annotations and whatever else somebody added stay.
     *
     * @param expectedVersion the resourceVersion that was read
     * @throws ApiServerException.Conflict when another version is there by now, or none
     */
    public void edit(String name, Map<String, String> data, Map<String, String> labels, String expectedVersion) {
        asking("update", name, () -> {
            ConfigMap present = map(name).get();
            if (present == null || !present.getMetadata().getResourceVersion().equals(expectedVersion)) {
                throw new ApiServerException.Conflict(
                        "update ConfigMap %s/%s: somebody else was faster".formatted(namespace, name), null);
            }
            ConfigMap changed = new ConfigMapBuilder(present)
                    .editMetadata()
                    .addToLabels(labels)
                    .endMetadata()
                    .addToData(data)
                    .build();
            // The resourceVersion in the object makes the server refuse when another write came in between.
            return client.configMaps().inNamespace(namespace).resource(changed).update();
        });
    }

    private Resource<ConfigMap> map(String name) {
        return client.configMaps().inNamespace(namespace).withName(name);
    }

    private <T> T asking(String verb, String name, Supplier<T> request) {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("%s ConfigMap %s/%s".formatted(verb, namespace, name), e);
        }
    }
}
