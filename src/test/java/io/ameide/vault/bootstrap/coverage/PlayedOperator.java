package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionStatus;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The External Secrets Operator's part, played by a test: its definitions, its resources, and what it says of them. */
public final class PlayedOperator {

    private static final String GROUP_VERSION = "external-secrets.io/v1";

    private final KubernetesApi api;

    private PlayedOperator(KubernetesApi api) {
        this.api = api;
    }

    /** Makes the definitions known, and waits until the API server serves them. */
    public static PlayedOperator installed(KubernetesApi api) {
        try (InputStream definitions = PlayedOperator.class.getResourceAsStream("/crds/external-secrets.yaml")) {
            for (HasMetadata definition : api.admin().load(definitions).items()) {
                api.admin().resource(definition).create();
                api.admin()
                        .apiextensions()
                        .v1()
                        .customResourceDefinitions()
                        .withName(definition.getMetadata().getName())
                        .waitUntilCondition(PlayedOperator::established, 30, TimeUnit.SECONDS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new PlayedOperator(api);
    }

    /** The API server may be asked before it said anything of a definition. */
    private static boolean established(CustomResourceDefinition definition) {
        return Optional.ofNullable(definition)
                .map(CustomResourceDefinition::getStatus)
                .map(CustomResourceDefinitionStatus::getConditions)
                .stream()
                .flatMap(List::stream)
                .anyMatch(condition -> condition.getType().equals("Established")
                        && condition.getStatus().equals("True"));
    }

    /** Takes away what it made, in this namespace. */
    void reset(String namespace) {
        api.admin()
                .genericKubernetesResources(GROUP_VERSION, "ClusterSecretStore")
                .delete();
        api.admin()
                .genericKubernetesResources(GROUP_VERSION, "ExternalSecret")
                .inNamespace(namespace)
                .delete();
        api.admin().secrets().inNamespace(namespace).delete();
    }

    /** @param ready {@code True} or {@code False} */
    public void store(String name, String ready, String message) {
        status(
                create("""
                        apiVersion: external-secrets.io/v1
                        kind: ClusterSecretStore
                        metadata: { name: %s }
                        spec: { provider: { vault: { server: "https://vault.vault.svc:8200", path: secret, version: v2 } } }
                        """.formatted(name)),
                Map.of("conditions", List.of(Map.of("type", "Ready", "status", ready, "message", message))));
    }

    /**
     * With two keys, user and password.
     *
     * @param more a line of its specification
     */
    public void externalSecret(
            String namespace, String name, String store, String more, String ready, String refreshedAt) {
        GenericKubernetesResource resource = create("""
                apiVersion: external-secrets.io/v1
                kind: ExternalSecret
                metadata: { name: %s, namespace: %s }
                spec:
                  secretStoreRef: { name: %s, kind: ClusterSecretStore }
                  data:
                    - { secretKey: user, remoteRef: { key: db, property: value } }
                    - { secretKey: password, remoteRef: { key: db, property: password } }
                  %s
                """.formatted(name, namespace, store, more));
        status(
                resource,
                Map.of(
                        "refreshTime",
                        refreshedAt,
                        "conditions",
                        List.of(Map.of("type", "Ready", "status", ready, "message", "Secret was synced"))));
    }

    /** What it makes of one. */
    public void secret(String namespace, String name, String... keys) {
        api.admin()
                .secrets()
                .inNamespace(namespace)
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withStringData(Stream.of(keys).collect(Collectors.toMap(key -> key, key -> "v")))
                        .build())
                .create();
    }

    GenericKubernetesResource create(String yaml) {
        InputStream document = new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8));
        HasMetadata resource = api.admin().load(document).items().getFirst();
        return (GenericKubernetesResource) api.admin().resource(resource).create();
    }

    private void status(GenericKubernetesResource resource, Map<String, Object> status) {
        resource.setAdditionalProperty("status", status);
        api.admin().resource(resource).updateStatus();
    }
}
