package io.ameide.vault.bootstrap.secrets;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.ameide.vault.bootstrap.desired.Complaints;
import io.ameide.vault.bootstrap.desired.VaultPath;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the fixtures of one JSON text. Jackson's messages are never passed on: they quote what they stumbled over. Nor is
 * its strict duplicate detection used, which ends at the first duplicate and does not know where the other one stands.
 */
final class FixtureReader {

    private static final int MAX_DEPTH = 32;

    /** As the JSON that is sent. An entry of the Raft log holds 1 MiB. */
    private static final int MAX_SECRET_BYTES = 512 << 10;

    /** Servers keep numbers as IEEE 754 doubles, which hold no larger whole number exactly. */
    private static final long MAX_WHOLE = 1L << 53;

    private static final int SHOWN_CHARACTERS = 80;
    private static final String QUOTE_IT = "; put the value in quotes";

    private final JsonParser json;
    private final Complaints complaints;
    private final Map<String, Fixture> fixtures = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new HashMap<>();
    private long secretBytes;

    private FixtureReader(JsonParser json, Complaints complaints) {
        this.json = json;
        this.complaints = complaints;
    }

    /** @throws io.ameide.vault.bootstrap.desired.InvalidDocumentException with everything that is the matter */
    static Map<String, Fixture> read(Path file, String text) {
        Complaints complaints = new Complaints(file);
        try (JsonParser json = new JsonFactory().createParser(text)) {
            FixtureReader reader = new FixtureReader(json, complaints);
            reader.readThrough();
            complaints.refuseIfAny();
            return reader.fixtures;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readThrough() throws IOException {
        try {
            document();
        } catch (JsonEOFException e) {
            complaints.add(e.getLocation().getLineNr(), "not valid JSON: the file ends in the middle of something");
        } catch (StreamConstraintsException e) {
            complaints.add(line(), "not JSON that can be read: nested too deeply, or a number too long");
        } catch (JsonProcessingException e) {
            complaints.add(
                    e.getLocation().getLineNr(),
                    "not valid JSON at column " + e.getLocation().getColumnNr()
                            + "; check quotes and commas here and just before");
        }
    }

    private void document() throws IOException {
        JsonToken root = json.nextToken();
        if (root == null) {
            complaints.add("holds nothing; a fixture file holds a JSON object of secrets");
            return;
        }
        if (root != JsonToken.START_OBJECT && root != JsonToken.START_ARRAY) {
            complaints.add(line(), "holds a single value; a fixture file holds a JSON object of secrets");
        } else if ((root == JsonToken.START_OBJECT ? object() : array()) == 0) {
            complaints.add("holds no secret");
        }
        if (json.nextToken() != null) {
            complaints.add(line(), "something follows the end of the JSON");
        }
    }

    private int object() throws IOException {
        int count = 0;
        for (; json.nextToken() != JsonToken.END_OBJECT; count++) {
            String name = json.currentName();
            int line = line();
            json.nextToken();
            add(name, line, shown(name), data(shown(name)));
        }
        return count;
    }

    private int array() throws IOException {
        int count = 0;
        for (; json.nextToken() != JsonToken.END_ARRAY; count++) {
            String entry = "[" + count + "]";
            if (json.currentToken() == JsonToken.START_OBJECT) {
                entry(entry);
            } else {
                complaints.add(line(), entry, "must be an object of name and value");
                json.skipChildren();
            }
        }
        return count;
    }

    private void entry(String entry) throws IOException {
        int line = line();
        Optional<String> name = Optional.empty();
        Optional<Map<String, Object>> data = Optional.empty();
        List<String> seen = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            String keyPath = entry + "." + shown(key);
            if (seen.contains(key)) {
                complaints.add(line(), keyPath, "is there twice");
            }
            seen.add(key);
            JsonToken value = json.nextToken();
            if (key.equals("value")) {
                data = data(keyPath);
            } else if (key.equals("name") && value == JsonToken.VALUE_STRING) {
                name = Optional.of(json.getText());
            } else {
                complaints.add(
                        line(),
                        keyPath,
                        key.equals("name") ? "must be a string" : "unknown key; an entry has a name and a value");
                json.skipChildren();
            }
        }
        for (String key : List.of("name", "value")) {
            if (!seen.contains(key)) {
                complaints.add(line, entry + "." + key, "is missing");
            }
        }
        if (name.isPresent()) {
            add(name.get(), line, entry + ".name", data);
        }
    }

    private void add(String name, int line, String keyPath, Optional<Map<String, Object>> data) {
        VaultPath.complaint(name).ifPresent(matter -> complaints.add(line, keyPath, "the name of a secret " + matter));
        Integer first = lines.putIfAbsent(name, line);
        if (first != null) {
            complaints.add(line, keyPath, "\"" + shown(name) + "\" is already on line " + first);
        }
        data.ifPresent(present -> fixtures.putIfAbsent(name, new Fixture(name, present)));
    }

    /** What a secret holds, from the current token on. */
    private Optional<Map<String, Object>> data(String keyPath) throws IOException {
        int line = line();
        secretBytes = 0;
        Optional<Map<String, Object>> data = switch (json.currentToken()) {
            case VALUE_STRING -> string(keyPath).map(value -> Map.of("value", value));
            case START_OBJECT -> properties(keyPath, 1);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE -> {
                complaints.add(line, keyPath, "must be a string or an object of properties" + QUOTE_IT);
                yield Optional.empty();
            }
            default -> {
                complaints.add(line, keyPath, "must be a string or an object of properties");
                json.skipChildren();
                yield Optional.empty();
            }
        };
        if (data.isPresent() && data.get().isEmpty()) {
            complaints.add(line, keyPath, "has no properties");
        }
        if (secretBytes > MAX_SECRET_BYTES) {
            complaints.add(line, keyPath, "larger than 512 KiB, more than one entry of the server's storage can hold");
        }
        return data;
    }

    private Optional<Object> value(String keyPath, int depth) throws IOException {
        return switch (json.currentToken()) {
            case VALUE_STRING -> string(keyPath).map(value -> value);
            case VALUE_TRUE -> Optional.of(true);
            case VALUE_FALSE -> Optional.of(false);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(keyPath);
            case START_OBJECT -> properties(keyPath, depth).map(value -> value);
            case START_ARRAY -> list(keyPath, depth).map(value -> value);
            default -> {
                complaints.add(line(), keyPath, "cannot be null; leave it out, or write an empty string");
                yield Optional.empty();
            }
        };
    }

    private Optional<Map<String, Object>> properties(String keyPath, int depth) throws IOException {
        if (tooDeep(keyPath, depth)) {
            return Optional.empty();
        }
        Map<String, Object> properties = new LinkedHashMap<>();
        Map<String, Integer> seen = new HashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            String inner = keyPath + "." + shown(name);
            Integer first = seen.putIfAbsent(name, line());
            if (first != null) {
                complaints.add(line(), inner, "is already on line " + first);
            }
            if (name.isEmpty()) {
                complaints.add(line(), keyPath, "a property needs a name");
            }
            weigh(name);
            json.nextToken();
            value(inner, depth + 1).ifPresent(value -> properties.put(name, value));
        }
        // A property that was complained about is there all the same: the object is not empty.
        return seen.isEmpty() || !properties.isEmpty()
                ? Optional.of(Collections.unmodifiableMap(properties))
                : Optional.empty();
    }

    private Optional<List<Object>> list(String keyPath, int depth) throws IOException {
        if (tooDeep(keyPath, depth)) {
            return Optional.empty();
        }
        List<Object> values = new ArrayList<>();
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            value(keyPath + "[" + i + "]", depth + 1).ifPresent(values::add);
        }
        return Optional.of(Collections.unmodifiableList(values));
    }

    private boolean tooDeep(String keyPath, int depth) throws IOException {
        if (depth <= MAX_DEPTH) {
            return false;
        }
        complaints.add(line(), "nested deeper than " + MAX_DEPTH + " levels");
        json.skipChildren();
        return true;
    }

    private Optional<Sensitive> string(String keyPath) throws IOException {
        String value = json.getText();
        weigh(value);
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            complaints.add(line(), keyPath, "holds half of a surrogate pair, which is no character");
            return Optional.empty();
        }
        return Optional.of(Sensitive.of(value));
    }

    /** Only numbers that come back from a server as they went there. */
    private Optional<Object> number(String keyPath) throws IOException {
        String text = json.getText();
        weigh(text);
        Optional<Object> number = json.currentToken() == JsonToken.VALUE_NUMBER_INT ? whole(text) : fraction(text);
        if (number.isEmpty()) {
            complaints.add(line(), keyPath, "a number of more digits than can be kept" + QUOTE_IT);
        }
        return number;
    }

    private static Optional<Object> whole(String text) {
        try {
            long value = Long.parseLong(text);
            return value >= -MAX_WHOLE && value <= MAX_WHOLE ? Optional.of(value) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Object> fraction(String text) {
        try {
            double value = Double.parseDouble(text);
            boolean kept = Double.isFinite(value) && BigDecimal.valueOf(value).compareTo(new BigDecimal(text)) == 0;
            return kept ? Optional.of(value) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Adds what a name or a value takes in JSON, with its quotes and a separator. */
    private void weigh(String part) {
        secretBytes += 4;
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (c < ' ') {
                secretBytes += 6;
            } else if (c == '"' || c == '\\' || c > 0x7f) {
                secretBytes += c > 0x7ff && !Character.isSurrogate(c) ? 3 : 2;
            } else {
                secretBytes++;
            }
        }
    }

    private int line() {
        return json.currentTokenLocation().getLineNr();
    }

    /** A name as it may stand in one line of text. */
    private static String shown(String name) {
        StringBuilder shown = new StringBuilder();
        name.codePoints()
                .limit(SHOWN_CHARACTERS)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .forEach(shown::appendCodePoint);
        if (name.isEmpty()) {
            return "\"\"";
        }
        return name.length() > SHOWN_CHARACTERS ? shown.append("…").toString() : shown.toString();
    }
}
