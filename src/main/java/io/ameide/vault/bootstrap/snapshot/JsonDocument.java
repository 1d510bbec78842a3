package io.ameide.vault.bootstrap.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A JSON object read field by field; fields nobody asks for are ignored. */
final class JsonDocument {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final JsonNode root;

    private JsonDocument(JsonNode root) {
        this.root = root;
    }

    static JsonDocument parse(byte[] bytes) throws MalformedException {
        JsonNode root;
        try {
            root = JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new MalformedException("is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new MalformedException("is not JSON: " + e.getMessage());
        }
        if (!root.isObject()) {
            throw new MalformedException("is not a JSON object");
        }
        return new JsonDocument(root);
    }

    String text(String field) throws MalformedException {
        JsonNode value = required(field);
        if (!value.isTextual()) {
            throw new MalformedException("has something else than text as " + field);
        }
        return value.textValue();
    }

    /** A whole number, 0 or more. */
    long count(String field) throws MalformedException {
        return count(field, Long.MAX_VALUE);
    }

    /** A whole number from 0 to the given one. */
    long count(String field, long most) throws MalformedException {
        JsonNode value = required(field);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new MalformedException("has something else than a whole number as " + field);
        }
        if (value.longValue() < 0 || value.longValue() > most) {
            throw new MalformedException("has a number out of range as " + field);
        }
        return value.longValue();
    }

    boolean has(String field) {
        return root.hasNonNull(field);
    }

    JsonDocument object(String field) throws MalformedException {
        JsonNode value = required(field);
        if (!value.isObject()) {
            throw new MalformedException("has something else than an object as " + field);
        }
        return new JsonDocument(value);
    }

    List<String> texts(String field) throws MalformedException {
        List<String> texts = new ArrayList<>();
        JsonNode value = required(field);
        for (JsonNode element : value) {
            texts.add(element.textValue());
        }
        if (!value.isArray() || texts.contains(null)) {
            throw new MalformedException("has something else than a list of text as " + field);
        }
        return texts;
    }

    SortedMap<String, Long> counts(String field) throws MalformedException {
        JsonDocument object = object(field);
        SortedMap<String, Long> counts = new TreeMap<>();
        for (Iterator<String> names = object.root.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            counts.put(name, object.count(name));
        }
        return counts;
    }

    private JsonNode required(String field) throws MalformedException {
        JsonNode value = root.path(field);
        if (value.isMissingNode() || value.isNull()) {
            throw new MalformedException("lacks " + field);
        }
        return value;
    }

    /** The message continues a sentence that begins with the document's name. */
    static final class MalformedException extends Exception {

        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }
}
