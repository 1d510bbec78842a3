package io.ameide.vault.bootstrap.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What the External Secrets Operator says of itself: resources of {@code external-secrets.io/v1}, of all namespaces. No value
 * of a Secret is looked at. Every method throws {@link ApiServerException}.
 */
public final class ExternalSecrets {

    /** In full, so that nobody has to ask the API server what it knows, which may be nothing of either. */
    private static final ResourceDefinitionContext STORES = definition("ClusterSecretStore", false);

    private static final ResourceDefinitionContext ENTRIES = definition("ExternalSecret", true);

    /** What the operator takes where no interval is set. */
    private static final Duration DEFAULT_INTERVAL = Duration.ofHours(1);

    private final KubernetesClient client;

    public ExternalSecrets(KubernetesClient client) {
        this.client = client;
    }

    /**
     * The operator's word on one resource, its condition {@code Ready}.
     *
     * @param message why it is not; empty where the operator has not looked yet
     */
    public record Condition(boolean ready, String message) {}

    /**
     * An ExternalSecret.
     *
     * @param interval after which it is fetched again; empty where it is not fetched regularly
     * @param refreshedAt when it was fetched last
     * @param secret the Kubernetes Secret that it makes, in the same namespace
     * @param keys those that this Secret must have; not all of them where some come from patterns or whole secrets
     */
    public record Entry(
            String namespace,
            String name,
            Condition condition,
            Optional<Duration> interval,
            Optional<Instant> refreshedAt,
            String secret,
            Set<String> keys) {}

    /** Nothing where there is no ClusterSecretStore of that name, or the operator is not installed. */
    public Optional<Condition> clusterStore(String name) {
        try {
            return Optional.ofNullable(client.genericKubernetesResources(STORES)
                            .withName(name)
                            .get())
                    .map(ExternalSecrets::condition);
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("read ClusterSecretStore " + name, e);
        }
    }

    /** Those that fetch something through a ClusterSecretStore, in all namespaces. */
    public List<Entry> using(String store) {
        try {
            return client.genericKubernetesResources(ENTRIES).inAnyNamespace().list().getItems().stream()
                    .filter(resource -> uses(resource, store))
                    .map(ExternalSecrets::entry)
                    .toList();
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("list ExternalSecrets of all namespaces", e);
        }
    }

    /** The names of the keys that a Secret has; nothing where there is none. */
    public Optional<Set<String>> keys(String namespace, String secret) {
        try {
            return Optional.ofNullable(client.secrets()
                            .inNamespace(namespace)
                            .withName(secret)
                            .get())
                    .map(found -> found.getData() == null
                            ? Set.of()
                            : new TreeSet<>(found.getData().keySet()));
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("read Secret %s/%s".formatted(namespace, secret), e);
        }
    }

    private static ResourceDefinitionContext definition(String kind, boolean namespaced) {
        return new ResourceDefinitionContext.Builder()
                .withGroup("external-secrets.io")
                .withVersion("v1")
                .withKind(kind)
                .withPlural(kind.toLowerCase(Locale.ROOT) + "s")
                .withNamespaced(namespaced)
                .build();
    }

    private static boolean uses(GenericKubernetesResource resource, String store) {
        Map<String, Object> spec = child(resource.getAdditionalProperties(), "spec");
        Stream<Map<String, Object>> references = Stream.concat(
                Stream.of(child(spec, "secretStoreRef")),
                Stream.concat(children(spec, "data").stream(), children(spec, "dataFrom").stream())
                        .map(part -> child(child(part, "sourceRef"), "storeRef")));
        return references.anyMatch(
                reference -> store.equals(reference.get("name")) && "ClusterSecretStore".equals(reference.get("kind")));
    }

    private static Entry entry(GenericKubernetesResource resource) {
        Map<String, Object> spec = child(resource.getAdditionalProperties(), "spec");
        Map<String, Object> status = child(resource.getAdditionalProperties(), "status");
        String name = resource.getMetadata().getName();
        return new Entry(
                resource.getMetadata().getNamespace(),
                name,
                condition(resource),
                interval(spec),
                text(status, "refreshTime").map(Instant::parse),
                text(child(spec, "target"), "name").orElse(name),
                keys(spec));
    }

    /** A template takes the place of what was fetched, unless it says that it is merged into it. */
    private static Set<String> keys(Map<String, Object> spec) {
        Map<String, Object> template = child(child(spec, "target"), "template");
        Set<String> templated = child(template, "data").keySet();
        if (!templated.isEmpty() && !text(template, "mergePolicy").equals(Optional.of("Merge"))) {
            return new TreeSet<>(templated);
        }
        Set<String> keys = new TreeSet<>(templated);
        if (text(template, "mergePolicy").equals(Optional.of("Merge")) || template.isEmpty()) {
            children(spec, "data").forEach(data -> text(data, "secretKey").ifPresent(keys::add));
        }
        return keys;
    }

    private static Optional<Duration> interval(Map<String, Object> spec) {
        if (text(spec, "refreshPolicy")
                .filter(policy -> !policy.equals("Periodic"))
                .isPresent()) {
            return Optional.empty();
        }
        try {
            // Go writes 1h30m where ISO 8601 has PT1H30M.
            return Optional.of(text(spec, "refreshInterval")
                            .map(text -> Duration.parse("PT" + text.toUpperCase(Locale.ROOT)))
                            .orElse(DEFAULT_INTERVAL))
                    .filter(Duration::isPositive);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static Condition condition(GenericKubernetesResource resource) {
        Map<String, Object> status = child(resource.getAdditionalProperties(), "status");
        return children(status, "conditions").stream()
                .filter(condition -> "Ready".equals(condition.get("type")))
                .findFirst()
                .map(condition -> new Condition(
                        "True".equals(condition.get("status")),
                        text(condition, "message")
                                .or(() -> text(condition, "reason"))
                                .orElse("")))
                .orElse(new Condition(false, ""));
    }

    private static Optional<String> text(Map<String, Object> map, String key) {
        return map.get(key) instanceof String text && !text.isEmpty() ? Optional.of(text) : Optional.empty();
    }

    private static Map<String, Object> child(Map<String, Object> map, String key) {
        return map.get(key) instanceof Map<?, ?> child ? keyed(child) : Collections.emptyMap();
    }

    private static List<Map<String, Object>> children(Map<String, Object> map, String key) {
        List<Map<String, Object>> children = new ArrayList<>();
        if (map.get(key) instanceof List<?> list) {
            list.forEach(element -> {
                if (element instanceof Map<?, ?> child) {
                    children.add(keyed(child));
                }
            });
        }
        return children;
    }

    private static Map<String, Object> keyed(Map<?, ?> map) {
        Map<String, Object> keyed = new LinkedHashMap<>();
        map.forEach((key, value) -> keyed.put(String.valueOf(key), value));
        return keyed;
    }
}
