package io.ameide.vault.bootstrap.custody;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The JSON document in which key material is stored, the same in every key store. A field that is not known is refused
 * rather than dropped, since the next write would lose it. Nothing of a document is ever quoted: a broken one may show a
 * share anywhere, so that the parser's own exceptions, which quote it, are not passed on either.
 */
public final class KeyMaterialJson {

    static final int VERSION = 1;

    /** Far above any real one: so many PGP shares and fingerprints do not exist. */
    static final int MAX_BYTES = 16 * 1024 * 1024;

    private static final Set<String> FIELDS = Set.of(
            "version",
            "phase",
            "kind",
            "shareCount",
            "threshold",
            "shares",
            "escrowed",
            "rootToken",
            "appRole",
            "clusterId",
            "address",
            "pod",
            "startedAt",
            "startedBy",
            "checksumKey",
            "fingerprints",
            "initAnswer",
            "aside");
    private static final Set<String> ESCROWED_FIELDS = Set.of("holder", "ciphertext");
    private static final Set<String> APP_ROLE_FIELDS = Set.of("mount", "role", "roleId", "secretId");
    private static final Set<String> STARTED_BY_FIELDS = Set.of("pid", "host");

    private final JsonMapper mapper = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** UTF-8, indented, the same bytes for the same material. */
    public byte[] write(KeyMaterial material) {
        var bytes = new ByteArrayOutputStream();
        try (var json = mapper.createGenerator(bytes).useDefaultPrettyPrinter()) {
            write(json, material);
            json.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void write(JsonGenerator json, KeyMaterial material) throws IOException {
        json.writeStartObject();
        json.writeNumberField("version", VERSION);
        json.writeStringField("phase", material.phase().name());
        json.writeStringField("kind", material.kind().name());
        json.writeNumberField("shareCount", material.shareCount());
        json.writeNumberField("threshold", material.threshold());
        json.writeStringField("address", material.address());
        if (material.pod().isPresent()) {
            json.writeStringField("pod", material.pod().get());
        }
        json.writeStringField("startedAt", material.startedAt().toString());
        json.writeObjectFieldStart("startedBy");
        json.writeNumberField("pid", material.startedBy().pid());
        json.writeStringField("host", material.startedBy().host());
        json.writeEndObject();
        json.writeStringField("checksumKey", material.checksumKey().reveal());
        if (material.clusterId().isPresent()) {
            json.writeStringField("clusterId", material.clusterId().get());
        }
        json.writeArrayFieldStart("shares");
        for (Sensitive share : material.shares()) {
            json.writeString(share.reveal());
        }
        json.writeEndArray();
        writeEscrowed(json, material.escrowed());
        if (material.rootToken().isPresent()) {
            json.writeStringField("rootToken", material.rootToken().get().reveal());
        }
        if (material.appRole().isPresent()) {
            writeAppRole(json, material.appRole().get());
        }
        json.writeObjectFieldStart("fingerprints");
        for (var entry : new TreeMap<>(material.fingerprints()).entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
        if (material.initAnswer().isPresent()) {
            json.writeStringField("initAnswer", material.initAnswer().get().reveal());
        }
        if (!material.aside().isEmpty()) {
            json.writeArrayFieldStart("aside");
            for (KeyMaterial other : material.aside()) {
                write(json, other);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void writeEscrowed(JsonGenerator json, List<EscrowedShare> escrowed) throws IOException {
        json.writeArrayFieldStart("escrowed");
        for (EscrowedShare share : escrowed) {
            json.writeStartObject();
            json.writeStringField("holder", share.holder());
            json.writeStringField("ciphertext", share.ciphertext().reveal());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeAppRole(JsonGenerator json, AppRoleCredential credential) throws IOException {
        json.writeObjectFieldStart("appRole");
        json.writeStringField("mount", credential.mount());
        json.writeStringField("role", credential.role());
        json.writeStringField("roleId", credential.roleId().reveal());
        json.writeStringField("secretId", credential.secretId().reveal());
        json.writeEndObject();
    }

    /**
     * @param description the store it comes from, for error texts
     * @throws ProblemException of kind BLOCKED if it is not a whole document of a version known here
     */
    public KeyMaterial read(byte[] document, String description) {
        try {
            return material(tree(document));
        } catch (UnknownVersionException e) {
            throw new ProblemException(Problem.blocked(
                    "read custody from " + description + ": " + e.getMessage(),
                    "nothing was changed; use a release of vault-bootstrap that knows it"));
        } catch (MalformedException e) {
            throw new ProblemException(Problem.blocked(
                    "read custody from " + description + ": " + e.getMessage(),
                    "nothing was changed; restore it from its backup"));
        }
    }

    private JsonNode tree(byte[] document) throws MalformedException {
        if (document.length == 0) {
            throw new MalformedException("it is empty");
        }
        JsonNode root;
        try {
            root = mapper.readTree(document);
        } catch (JsonEOFException e) {
            throw new MalformedException("it is truncated: it ends in the middle of its JSON document");
        } catch (JsonProcessingException e) {
            throw new MalformedException("it is not one JSON document: trouble "
                    + Optional.ofNullable(e.getLocation())
                            .map(at -> "in line " + at.getLineNr() + ", column " + at.getColumnNr())
                            .orElse("at an unknown place"));
        } catch (IOException e) {
            throw new MalformedException("it is not text in UTF-8");
        }
        if (!root.isObject()) {
            throw new MalformedException("it is not a JSON object");
        }
        return root;
    }

    private static KeyMaterial material(JsonNode root) throws MalformedException {
        int version = number(root, "version");
        if (version != VERSION) {
            throw new UnknownVersionException(version);
        }
        onlyKnown(root, FIELDS);
        var startedBy = object(root, "startedBy", STARTED_BY_FIELDS)
                .orElseThrow(() -> new MalformedException("field startedBy is missing"));
        try {
            return new KeyMaterial(
                    constant(KeyMaterial.Phase.values(), root, "phase"),
                    constant(KeyMaterial.ShareKind.values(), root, "kind"),
                    number(root, "shareCount"),
                    number(root, "threshold"),
                    shares(root),
                    escrowed(root),
                    optionalText(root, "rootToken").map(Sensitive::of),
                    appRole(root),
                    optionalText(root, "clusterId"),
                    text(root, "address"),
                    optionalText(root, "pod"),
                    instant(root, "startedAt"),
                    new Whereabouts(number(startedBy, "pid"), text(startedBy, "host")),
                    Sensitive.of(text(root, "checksumKey")),
                    fingerprints(root),
                    optionalText(root, "initAnswer").map(Sensitive::of),
                    aside(root));
        } catch (IllegalArgumentException e) {
            throw new MalformedException(e.getMessage());
        }
    }

    private static List<Sensitive> shares(JsonNode root) throws MalformedException {
        var shares = new ArrayList<Sensitive>();
        for (JsonNode share : list(root, "shares")) {
            if (!share.isTextual() || share.textValue().isEmpty()) {
                throw new MalformedException("field shares holds something that is not a share");
            }
            shares.add(Sensitive.of(share.textValue()));
        }
        return shares;
    }

    private static List<EscrowedShare> escrowed(JsonNode root) throws MalformedException {
        var escrowed = new ArrayList<EscrowedShare>();
        for (JsonNode share : list(root, "escrowed")) {
            if (!share.isObject()) {
                throw new MalformedException("field escrowed holds something that is not an object");
            }
            onlyKnown(share, ESCROWED_FIELDS);
            escrowed.add(new EscrowedShare(text(share, "holder"), Sensitive.of(text(share, "ciphertext"))));
        }
        return escrowed;
    }

    private static Optional<AppRoleCredential> appRole(JsonNode root) throws MalformedException {
        Optional<JsonNode> found = object(root, "appRole", APP_ROLE_FIELDS);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        JsonNode credential = found.get();
        return Optional.of(new AppRoleCredential(
                text(credential, "mount"),
                text(credential, "role"),
                Sensitive.of(text(credential, "roleId")),
                Sensitive.of(text(credential, "secretId"))));
    }

    private static Map<String, String> fingerprints(JsonNode root) throws MalformedException {
        var fingerprints = new HashMap<String, String>();
        JsonNode node = root.path("fingerprints");
        if (!node.isObject() && !node.isMissingNode()) {
            throw new MalformedException("field fingerprints is not an object");
        }
        for (var entry : node.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new MalformedException("field fingerprints holds something that is not text");
            }
            fingerprints.put(entry.getKey(), entry.getValue().textValue());
        }
        return fingerprints;
    }

    private static List<KeyMaterial> aside(JsonNode root) throws MalformedException {
        var aside = new ArrayList<KeyMaterial>();
        for (JsonNode other : list(root, "aside")) {
            if (!other.isObject()) {
                throw new MalformedException("field aside holds something that is not an object");
            }
            aside.add(material(other));
        }
        return aside;
    }

    private static JsonNode list(JsonNode object, String field) throws MalformedException {
        JsonNode node = object.path(field);
        if (!node.isArray() && !node.isMissingNode()) {
            throw new MalformedException("field " + field + " is not a list");
        }
        return node;
    }

    private static Optional<JsonNode> object(JsonNode parent, String field, Set<String> known)
            throws MalformedException {
        JsonNode node = parent.path(field);
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        if (!node.isObject()) {
            throw new MalformedException("field " + field + " is not an object");
        }
        onlyKnown(node, known);
        return Optional.of(node);
    }

    private static String text(JsonNode object, String field) throws MalformedException {
        return optionalText(object, field).orElseThrow(() -> new MalformedException("field " + field + " is missing"));
    }

    private static Optional<String> optionalText(JsonNode object, String field) throws MalformedException {
        JsonNode node = object.path(field);
        if (node.isMissingNode()) {
            return Optional.empty();
        }
        if (!node.isTextual() || node.textValue().isEmpty()) {
            throw new MalformedException("field " + field + " is not text, or is empty");
        }
        return Optional.of(node.textValue());
    }

    private static int number(JsonNode object, String field) throws MalformedException {
        JsonNode node = object.path(field);
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw new MalformedException("field " + field + " is missing or is not a whole number");
        }
        return node.intValue();
    }

    private static Instant instant(JsonNode object, String field) throws MalformedException {
        try {
            return Instant.parse(text(object, field));
        } catch (DateTimeParseException e) {
            throw new MalformedException("field " + field + " is not a time such as 2026-11-01T10:00:00Z");
        }
    }

    private static <E extends Enum<E>> E constant(E[] constants, JsonNode object, String field)
            throws MalformedException {
        String name = text(object, field);
        for (E constant : constants) {
            if (constant.name().equals(name)) {
                return constant;
            }
        }
        throw new MalformedException("field " + field + " is none of " + List.of(constants));
    }

    private static void onlyKnown(JsonNode object, Set<String> known) throws MalformedException {
        for (var entry : object.properties()) {
            if (!known.contains(entry.getKey())) {
                throw new MalformedException("it holds a field that this release does not know");
            }
        }
    }

    private static class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    private static final class UnknownVersionException extends MalformedException {
        private static final long serialVersionUID = 1L;

        UnknownVersionException(int version) {
            super("its version is " + version + ", this release knows version " + VERSION);
        }
    }
}
