package io.ameide.vault.bootstrap.kubernetes;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Secrets of one namespace. Every method throws {@link ApiServerException}. */
public final class Secrets {

    private final KubernetesClient client;
    private final String namespace;

    public Secrets(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /**
     * What a Secret holds.
     *
     * @param data text by key; a value that is not UTF-8 is not supported
     * @param resourceVersion the server's version, opaque
     * @param deleting whether it was deleted, and is there only as long as a finalizer holds it
     */
    public record Stored(Map<String, Sensitive> data, String resourceVersion, boolean deleting) {}

    public String namespace() {
        return namespace;
    }

    public Optional<Stored> read(String name) {
        return asking(
                "read", name, () -> Optional.ofNullable(secret(name).get()).map(Secrets::stored));
    }

    /**
     * Makes a Secret without an owner, so that nothing collects it as garbage.
     *
     * @throws ApiServerException.Conflict when one of that name is there
     */
    public Stored create(String name, Map<String, Sensitive> data, Map<String, String> labels) {
        return asking(
                "create",
                name,
                () -> stored(client.secrets()
                        .inNamespace(namespace)
                        .resource(object(name, data, labels).build())
                        .create()));
    }

    /**
     * Makes a Secret of one entry that nobody can change, without an owner. It takes the permission to create Secrets and
     * no other.
     *
     * @param content need not be text
     * @return whether it was made; false when one of that name is there, which stays as it is
     */
    public boolean createOnce(String name, String entry, byte[] content, Map<String, String> labels) {
        try {
            asking(
                    "create",
                    name,
                    () -> client.secrets()
                            .inNamespace(namespace)
                            .resource(object(name, Map.of(), labels)
                                    .withData(Map.of(entry, Base64.getEncoder().encodeToString(content)))
                                    .withImmutable(true)
                                    .build())
                            .create());
            return true;
        } catch (ApiServerException.Conflict e) {
            return false;
        }
    }

    /**
     * Replaces entries and labels; other entries, annotations and whatever else somebody added stay.
     *
     * @param expectedVersion the resourceVersion that was read
     * @throws ApiServerException.Conflict when another version is there by now, or none
     */
    public Stored replace(
            String name, Map<String, Sensitive> data, Map<String, String> labels, String expectedVersion) {
        return asking("update", name, () -> {
            Secret present = secret(name).get();
            if (present == null || !present.getMetadata().getResourceVersion().equals(expectedVersion)) {
                throw new ApiServerException.Conflict(
                        "update Secret %s/%s: somebody else was faster".formatted(namespace, name), null);
            }
            Secret changed = new SecretBuilder(present)
                    .editMetadata()
                    .addToLabels(labels)
                    .endMetadata()
                    .addToData(encoded(data))
                    .build();
            // The resourceVersion in the object makes the server refuse when another write came in between.
            return stored(
                    client.secrets().inNamespace(namespace).resource(changed).update());
        });
    }

    /** @throws ApiServerException.Conflict when another version is there by now */
    public void delete(String name, String expectedVersion) {
        asking("delete", name, () -> {
            secret(name).lockResourceVersion(expectedVersion).delete();
            return null;
        });
    }

    private Resource<Secret> secret(String name) {
        return client.secrets().inNamespace(namespace).withName(name);
    }

    private <T> T asking(String verb, String name, Supplier<T> request) {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("%s Secret %s/%s".formatted(verb, namespace, name), e);
        }
    }

    private SecretBuilder object(String name, Map<String, Sensitive> data, Map<String, String> labels) {
        return new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .withLabels(labels)
                .endMetadata()
                .withType("Opaque")
                .withData(encoded(data));
    }

    private static Stored stored(Secret secret) {
        Map<String, Sensitive> data = new LinkedHashMap<>();
        Optional.ofNullable(secret.getData())
                .orElse(Map.of())
                .forEach((key, value) -> data.put(
                        key, Sensitive.of(new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8))));
        return new Stored(
                data,
                secret.getMetadata().getResourceVersion(),
                secret.getMetadata().getDeletionTimestamp() != null);
    }

    private static Map<String, String> encoded(Map<String, Sensitive> data) {
        Map<String, String> encoded = new LinkedHashMap<>();
        data.forEach((key, value) -> encoded.put(
                key, Base64.getEncoder().encodeToString(value.reveal().getBytes(StandardCharsets.UTF_8))));
        return encoded;
    }
}
