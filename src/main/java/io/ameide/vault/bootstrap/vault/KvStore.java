package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.Exchange.Answer;
import io.ameide.vault.bootstrap.vault.Exchange.Request;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A KV engine of version 2 at a mount. */
public final class KvStore {

    private final VaultSession session;
    private final String mount;

    KvStore(VaultSession session, String mount) {
        this.session = session;
        this.mount = mount;
    }

    public String mount() {
        return mount;
    }

    /**
     * The newest version of a secret.
     *
     * @param data strings are {@link Sensitive}, a null is a {@link NullNode}; empty for a deleted or destroyed version
     * @param version counted from 1; 0 for a secret that has metadata but was never written
     * @param deleted whether the newest version was deleted or destroyed
     */
    public record Entry(Map<String, Object> data, long version, boolean deleted, Map<String, String> customMetadata) {}

    /** Nothing when the secret was never written. */
    public Optional<Entry> read(String name) {
        // A deleted version answers 404 as well, but with its metadata.
        JsonNode data = session.send(Request.read(mount + "/data/" + name).answeredAs(AnswerForm.SECRET))
                .data();
        JsonNode metadata = data.path("metadata");
        if (!metadata.isObject()) {
            return Optional.empty();
        }
        Map<String, String> custom = new LinkedHashMap<>();
        metadata.path("custom_metadata")
                .properties()
                .forEach(field -> custom.put(field.getKey(), field.getValue().asText()));
        boolean deleted = !data.path("data").isObject();
        return Optional.of(new Entry(
                deleted ? Map.of() : values(data.path("data")),
                metadata.path("version").asLong(),
                deleted,
                custom));
    }

    /**
     * Writes a new version.
     *
     * @param expectedVersion the version this one replaces, 0 for a secret without any
     * @return the number of the new version
     * @throws NodeException.CheckAndSetMismatch when another version is there by now
     */
    public long write(String name, Map<String, Object> data, long expectedVersion) {
        Map<String, Object> body = Map.of("options", Map.of("cas", expectedVersion), "data", data);
        return session.answered(Request.write(mount + "/data/" + name, body).answeredAs(AnswerForm.SECRET_WRITTEN))
                .data()
                .path("version")
                .asLong();
    }

    /** Sets custom metadata, for a secret that need not exist yet. Other entries of it are replaced. */
    public void describe(String name, Map<String, String> customMetadata) {
        session.write(mount + "/metadata/" + name, Map.of("custom_metadata", customMetadata));
    }

    /** Whether the mount answers as a version 2 engine; shortly after mounting or upgrading it does not yet. */
    public boolean ready() {
        try {
            Answer answer = session.send(Request.read(mount + "/config"));
            return !answer.notFound();
        } catch (NodeException.Refused e) {
            return false;
        }
    }

    /**
     * What is mounted here, as far as the token may know: a type such as {@code pki}, or {@code kv-v1} or {@code kv-v2}.
     */
    public Optional<String> engine() {
        try {
            return session.read("sys/internal/ui/mounts/" + mount).map(KvStore::engine);
        } catch (NodeException.Denied e) {
            return Optional.empty();
        }
    }

    private static String engine(JsonNode found) {
        String type = found.path("type").asText();
        return type.equals("kv")
                ? "kv-v" + found.path("options").path("version").asText("1")
                : type;
    }

    private static Map<String, Object> values(JsonNode object) {
        Map<String, Object> values = new LinkedHashMap<>();
        object.properties().forEach(field -> values.put(field.getKey(), value(field.getValue())));
        return values;
    }

    private static Object number(JsonNode node) {
        if (!node.isIntegralNumber()) {
            return node.doubleValue();
        }
        return node.canConvertToLong() ? (Object) node.longValue() : (Object) node.bigIntegerValue();
    }

    private static Object value(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> values(node);
            case ARRAY -> {
                List<Object> elements = new ArrayList<>();
                node.forEach(element -> elements.add(value(element)));
                yield elements;
            }
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> number(node);
            case STRING, MISSING, BINARY, POJO -> Sensitive.of(node.asText());
            case NULL -> NullNode.getInstance();
        };
    }
}
