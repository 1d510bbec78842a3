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
     * A ClusterSecretStore.
     *
     * @param mount of a KV engine of version 2, in the namespace that clients without one work in; empty where it reads
     *     from elsewhere
     */
    public record Store(Condition condition, Optional<String> mount) {}

    /** What becomes of the Kubernetes Secret that an ExternalSecret names, {@code target.creationPolicy}. */
    public enum Making {
        /** It makes it: Owner, which is the default, Orphan and CreateOrMerge. */
        MAKES,
        /** It adds to one that somebody else makes: Merge. */
        ADDS,
        /** There need not be one: None, and whatever makes an object of another kind. */
        NOTHING
    }

    /**
     * The keys that a Secret must have, as far as an ExternalSecret tells. How they come together is read in the operator's
     * sources ({@code externalsecret_controller_secret.go} and {@code externalsecret_controller_template.go}).
     *
     * @param named one by one
     * @param extracted secrets of the store, of which it must have all properties
     * @param untold the fields that bring keys which nobody can tell from outside of the operator
     */
    public record Keys(Set<String> named, Set<String> extracted, Set<String> untold) {}

    /**
     * An ExternalSecret.
     *
     * @param interval after which it is fetched again; empty where it is not fetched regularly
     * @param refreshedAt when it was fetched last
     * @param secret the Kubernetes Secret that it is about, in the same namespace
     */
    public record Entry(
            String namespace,
            String name,
            Condition condition,
            Optional<Duration> interval,
            Optional<Instant> refreshedAt,
            Making making,
            String secret,
            Keys keys) {}

    /** Nothing where there is no ClusterSecretStore of that name, or the operator is not installed. */
    public Optional<Store> clusterStore(String name) {
        try {
            return Optional.ofNullable(client.genericKubernetesResources(STORES)
                            .withName(name)
                            .get())
                    .map(store -> new Store(condition(store), mount(store)));
        } catch (KubernetesClientException e) {
            throw ApiServerException.of("read ClusterSecretStore " + name, e);
        }
    }

    /** Those that fetch something through a ClusterSecretStore, in all namespaces. */
    public List<Entry> using(String store) {
        try {
            return client.genericKubernetesResources(ENTRIES).inAnyNamespace().list().getItems().stream()
                    .filter(resource -> uses(resource, store))
                    .map(resource -> entry(resource, store))
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
        return references.anyMatch(reference -> isStore(reference, store));
    }

    private static Optional<String> mount(GenericKubernetesResource store) {
        Map<String, Object> vault = child(child(child(store.getAdditionalProperties(), "spec"), "provider"), "vault");
        return text(vault, "version").equals(Optional.of("v1"))
                        || text(vault, "namespace").isPresent()
                ? Optional.empty()
                : text(vault, "path").map(path -> path.replaceAll("/+$", ""));
    }

    private static Entry entry(GenericKubernetesResource resource, String store) {
        Map<String, Object> spec = child(resource.getAdditionalProperties(), "spec");
        Map<String, Object> status = child(resource.getAdditionalProperties(), "status");
        Map<String, Object> target = child(spec, "target");
        String name = resource.getMetadata().getName();
        return new Entry(
                resource.getMetadata().getNamespace(),
                name,
                condition(resource),
                interval(spec),
                text(status, "refreshTime").map(Instant::parse),
                making(target),
                text(target, "name").orElse(name),
                keys(spec, store));
    }

    private static Making making(Map<String, Object> target) {
        if (!child(target, "manifest").isEmpty()) {
            return Making.NOTHING;
        }
        return switch (text(target, "creationPolicy").orElse("Owner")) {
            case "None" -> Making.NOTHING;
            case "Merge" -> Making.ADDS;
            default -> Making.MAKES;
        };
    }

    /** A template with content takes the place of what was fetched, unless it says that it is merged into it. */
    private static Keys keys(Map<String, Object> spec, String store) {
        Map<String, Object> target = child(spec, "target");
        Map<String, Object> template = child(target, "template");
        Keys keys = new Keys(new TreeSet<>(child(template, "data").keySet()), new TreeSet<>(), new TreeSet<>());
        if (!child(target, "manifest").isEmpty()) {
            keys.untold().add("target.manifest");
        }
        if (!children(template, "templateFrom").isEmpty()) {
            keys.untold().add("target.template.templateFrom");
        }
        boolean content = !keys.named().isEmpty() || !keys.untold().isEmpty();
        if (!content || text(template, "mergePolicy").equals(Optional.of("Merge"))) {
            children(spec, "data").forEach(data -> text(data, "secretKey").ifPresent(keys.named()::add));
            children(spec, "dataFrom")
                    .forEach(part -> untold(part, spec, store)
                            .ifPresentOrElse(
                                    keys.untold()::add,
                                    () -> text(child(part, "extract"), "key").ifPresent(keys.extracted()::add)));
        }
        return keys;
    }

    /** The field that stands in the way of telling which keys come of this; empty where they are those of one secret. */
    private static Optional<String> untold(Map<String, Object> part, Map<String, Object> spec, String store) {
        Map<String, Object> source = child(part, "sourceRef");
        Map<String, Object> reference = source.isEmpty() ? child(spec, "secretStoreRef") : child(source, "storeRef");
        if (!isStore(reference, store)) {
            return Optional.of("dataFrom.sourceRef");
        }
        if (child(part, "extract").isEmpty()) {
            return Optional.of("dataFrom.find");
        }
        if (!children(part, "rewrite").isEmpty()) {
            return Optional.of("dataFrom.rewrite");
        }
        Map<String, Object> extract = child(part, "extract");
        return Stream.of("property", "version")
                .filter(field -> text(extract, field).isPresent())
                .findFirst()
                .or(() -> Optional.of("metadataPolicy")
                        .filter(field -> text(extract, field).equals(Optional.of("Fetch"))))
                .map(field -> "dataFrom.extract." + field);
    }

    private static boolean isStore(Map<String, Object> reference, String store) {
        return store.equals(reference.get("name")) && "ClusterSecretStore".equals(reference.get("kind"));
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
