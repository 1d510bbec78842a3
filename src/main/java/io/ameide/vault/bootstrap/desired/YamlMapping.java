package io.ameide.vault.bootstrap.desired;

import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A map of a {@link YamlDocument}. An accessor that finds something wrong complains to the document and answers with a
 * stand-in (an empty text, an empty list), so that the rest can be looked at too: what was read means something only after
 * {@link YamlDocument#refuseIfInvalid()}.
 *
 * <p>Plain scalars are read as YAML 1.2 has them; what 1.1 reads differently and silently ({@code yes}, {@code 0755}) is
 * complained about. Dates and {@code 22:22} are strings. Merge keys ({@code <<}) are honoured.
 */
public final class YamlMapping {

    private static final Pattern LONG = Pattern.compile("[-+]?(0|[1-9][0-9]*)");
    private static final Pattern DOUBLE = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_./-]{1,64}");
    private static final Set<Tag> STANDARD_TAGS = Set.of(
            Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.TIMESTAMP, Tag.MERGE, Tag.SEQ, Tag.MAP, Tag.YAML);

    private final YamlDocument document;
    private final String path;
    private final int line;
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final Set<String> misspelt = new LinkedHashSet<>();

    /** @param line of the key; an alias has its value elsewhere */
    private record Field(int line, Node value) {}

    /** Turns a string of the document into what it stands for; complains in words that do not hold the string. */
    @FunctionalInterface
    public interface StringReader<T> {
        T read(String text, Consumer<String> complain);
    }

    YamlMapping(YamlDocument document, String path, int line, MappingNode node) {
        this(document, path, line);
        collect(node);
    }

    /** Stands in for a map that is not there. */
    private YamlMapping(YamlDocument document, String path, int line) {
        this.document = document;
        this.path = path;
        this.line = line;
    }

    public Place place() {
        return document.place(line);
    }

    public boolean has(String key) {
        return fields.containsKey(key);
    }

    /** Complains about a key of this map, on the key's line where it is there. */
    public void complain(String key, String matter) {
        int at = has(key) ? fields.get(key).line() : line;
        document.complaints().add(at, keyPath(key), matter);
    }

    /** Complains about every other key. */
    public void allowOnly(String... keys) {
        List<String> allowed = List.of(keys);
        for (String key : fields.keySet()) {
            if (!allowed.contains(key)) {
                Spelling.nearest(key, allowed).filter(meant -> !has(meant)).ifPresent(misspelt::add);
                complain(key, "unknown key" + Spelling.hint(key, allowed));
            }
        }
    }

    /** Complains when a key is not there, unless a misspelt one was complained about. */
    public void require(String key) {
        if (!has(key) && !misspelt.contains(key)) {
            complain(key, "is missing");
        }
    }

    /** A string that must be there and must not be blank. */
    public String text(String key) {
        require(key);
        Optional<String> text = optionalText(key);
        if (text.isPresent() && text.get().isBlank()) {
            complain(key, "cannot be blank");
        }
        return text.filter(present -> !present.isBlank()).orElse("");
    }

    /** As {@link #text}, for what cannot be a reference to a file or a variable. */
    public String literal(String key) {
        return References.refuse(text(key), matter -> complain(key, matter));
    }

    /** The path of a mount, which may be written with a slash at either end and is answered without. */
    public String mountPath(String key) {
        String written = literal(key);
        String path = VaultPath.trimmed(written);
        if (!written.isEmpty()) {
            VaultPath.mountComplaint(path).ifPresent(matter -> complain(key, matter));
        }
        return path;
    }

    /** The name of a secret, or of anything else below a mount. */
    public String name(String key) {
        String name = literal(key);
        if (!name.isEmpty()) {
            VaultPath.complaint(name).ifPresent(matter -> complain(key, matter));
        }
        return name;
    }

    /** A string, possibly blank. */
    public Optional<String> optionalText(String key) {
        return field(key).flatMap(field -> string(field.value(), field.line(), keyPath(key)));
    }

    /** A whole number within bounds that count themselves in. */
    public int number(String key, int min, int max, int otherwise) {
        return field(key)
                .map(field -> {
                    Optional<Object> value = scalar(field.value(), field.line(), keyPath(key), "a whole number");
                    if (value.isPresent() && !(value.get() instanceof Long)) {
                        complain(key, "must be a whole number");
                    } else if (value.isPresent() && ((long) value.get() < min || (long) value.get() > max)) {
                        complain(key, "must be between " + min + " and " + max);
                    } else if (value.isPresent()) {
                        return (int) (long) value.get();
                    }
                    return otherwise;
                })
                .orElse(otherwise);
    }

    /** One of a few words. */
    public <T> T choice(String key, Map<String, T> choices, T otherwise) {
        Optional<String> word = optionalText(key);
        if (word.isPresent() && !choices.containsKey(word.get())) {
            complain(
                    key,
                    "must be one of " + String.join(", ", choices.keySet())
                            + Spelling.hint(word.get(), choices.keySet()));
        }
        return word.map(choices::get).orElse(otherwise);
    }

    /** A map that must be there. */
    public YamlMapping mapping(String key) {
        require(key);
        return optionalMapping(key);
    }

    /** A map; empty where there is none. */
    public YamlMapping optionalMapping(String key) {
        return field(key)
                .flatMap(field -> mapping(field.value(), field.line(), keyPath(key)))
                .orElseGet(() -> new YamlMapping(document, keyPath(key), line));
    }

    /** A list of maps; empty where there is none. What is no map is complained about and left out. */
    public List<YamlMapping> mappings(String key) {
        List<YamlMapping> mappings = new ArrayList<>();
        List<Node> items = items(key);
        for (int i = 0; i < items.size(); i++) {
            String itemPath = keyPath(key) + "[" + i + "]";
            mapping(items.get(i), YamlDocument.line(items.get(i)), itemPath).ifPresent(mappings::add);
        }
        return Collections.unmodifiableList(mappings);
    }

    /** A list of distinct strings, none of them blank, in their order; empty where there is none. */
    public Set<String> texts(String key) {
        Set<String> texts = new LinkedHashSet<>();
        List<Node> items = items(key);
        for (int i = 0; i < items.size(); i++) {
            int at = YamlDocument.line(items.get(i));
            String itemPath = keyPath(key) + "[" + i + "]";
            Optional<String> text = string(items.get(i), at, itemPath);
            if (text.isPresent() && text.get().isBlank()) {
                document.complaints().add(at, itemPath, "cannot be blank");
            } else if (text.isPresent() && !texts.add(text.get())) {
                document.complaints().add(at, itemPath, "is in the list twice");
            }
        }
        return Collections.unmodifiableSet(texts);
    }

    /**
     * This map as free data, but for some keys: booleans, {@link Long}, {@link Double}, lists, maps, and whatever the
     * reader makes of strings.
     */
    public Map<String, Object> values(StringReader<?> strings, String... except) {
        Map<String, Object> values = new LinkedHashMap<>();
        fields.forEach((key, field) -> {
            if (!List.of(except).contains(key)) {
                value(field.value(), field.line(), keyPath(key), strings, 1).ifPresent(value -> values.put(key, value));
            }
        });
        return Collections.unmodifiableMap(values);
    }

    /** This map as one of strings: numbers and booleans are taken as they are written. */
    public <T> Map<String, T> scalars(StringReader<T> strings) {
        Map<String, T> values = new LinkedHashMap<>();
        fields.forEach((key, field) -> {
            String keyPath = keyPath(key);
            if (!(field.value() instanceof ScalarNode node)) {
                document.complaints().add(field.line(), keyPath, "must be a string, is " + kind(field.value()));
            } else if (present(node, field.line(), keyPath)) {
                values.put(
                        key,
                        strings.read(
                                node.getValue(), matter -> document.complaints().add(field.line(), keyPath, matter)));
            }
        });
        return Collections.unmodifiableMap(values);
    }

    private Optional<Field> field(String key) {
        return Optional.ofNullable(fields.get(key)).filter(field -> present(field.value(), field.line(), keyPath(key)));
    }

    private List<Node> items(String key) {
        Optional<Node> value = field(key).map(Field::value);
        if (value.isPresent() && !(value.get() instanceof SequenceNode)) {
            complain(key, "must be a list, is " + kind(value.get()));
        }
        return value.map(node -> node instanceof SequenceNode list ? list.getValue() : List.<Node>of())
                .orElse(List.of());
    }

    private Optional<YamlMapping> mapping(Node node, int at, String keyPath) {
        if (!present(node, at, keyPath)) {
            return Optional.empty();
        }
        if (!(node instanceof MappingNode mapping)) {
            document.complaints().add(at, keyPath, "must be a map, is " + kind(node));
            return Optional.empty();
        }
        return Optional.of(new YamlMapping(document, keyPath, at, mapping));
    }

    private Optional<String> string(Node node, int at, String keyPath) {
        Optional<Object> value = present(node, at, keyPath) ? scalar(node, at, keyPath, "a string") : Optional.empty();
        if (value.isPresent() && !(value.get() instanceof String)) {
            document.complaints().add(at, keyPath, "must be a string, is " + kind(node) + "; put it in quotes");
        }
        return value.filter(String.class::isInstance).map(String.class::cast);
    }

    private Optional<Object> value(Node node, int at, String keyPath, StringReader<?> strings, int depth) {
        document.visit();
        if (depth > YamlDocument.MAX_DEPTH) {
            document.complaints().add(at, keyPath, "nested too deeply, or an alias that holds itself");
            throw document.complaints().refusal();
        }
        if (!present(node, at, keyPath)) {
            return Optional.empty();
        }
        if (node instanceof SequenceNode list) {
            List<Object> values = new ArrayList<>();
            for (Node item : list.getValue()) {
                String itemPath = keyPath + "[" + values.size() + "]";
                value(item, YamlDocument.line(item), itemPath, strings, depth + 1)
                        .ifPresent(values::add);
            }
            return Optional.of(Collections.unmodifiableList(values));
        }
        if (node instanceof MappingNode mapping) {
            Map<String, Object> values = new LinkedHashMap<>();
            YamlMapping inner = new YamlMapping(document, keyPath, at, mapping);
            inner.fields.forEach(
                    (key, field) -> value(field.value(), field.line(), inner.keyPath(key), strings, depth + 1)
                            .ifPresent(value -> values.put(key, value)));
            return Optional.of(Collections.unmodifiableMap(values));
        }
        return scalar(node, at, keyPath, "a value")
                .map(value -> value instanceof String text
                        ? strings.read(text, matter -> document.complaints().add(at, keyPath, matter))
                        : value);
    }

    /** Whether there is a value of a kind YAML itself knows; complains otherwise. */
    private boolean present(Node node, int at, String keyPath) {
        if (!STANDARD_TAGS.contains(node.getTag())) {
            document.complaints().add(at, keyPath, "carries a tag; put a value that begins with ! in quotes");
            return false;
        }
        if (node.getTag().equals(Tag.NULL)) {
            document.complaints().add(at, keyPath, "has no value");
            return false;
        }
        return true;
    }

    private Optional<Object> scalar(Node node, int at, String keyPath, String wanted) {
        if (!(node instanceof ScalarNode scalar)) {
            document.complaints().add(at, keyPath, "must be " + wanted + ", is " + kind(node));
            return Optional.empty();
        }
        String text = scalar.getValue();
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.BOOL) && text.toLowerCase(Locale.ROOT).matches("true|false")) {
            return Optional.of(Boolean.valueOf(text));
        }
        if (tag.equals(Tag.BOOL)) {
            document.complaints()
                    .add(at, keyPath, "means true or false only in old YAML; write true or false, or quotes");
            return Optional.empty();
        }
        if ((tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) && text.indexOf(':') < 0) {
            Optional<Object> number = number(text);
            if (number.isEmpty()) {
                document.complaints()
                        .add(at, keyPath, "a number that JSON cannot hold; write it in decimal, or in quotes");
            }
            return number;
        }
        return Optional.of(text);
    }

    private static Optional<Object> number(String text) {
        try {
            if (LONG.matcher(text).matches()) {
                return Optional.of(Long.valueOf(text));
            }
            boolean octal = text.matches("[-+]?0[0-9]+");
            return DOUBLE.matcher(text).matches() && !octal && Double.isFinite(Double.parseDouble(text))
                    ? Optional.of(Double.valueOf(text))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private void collect(MappingNode node) {
        document.visit();
        Map<String, Field> merged = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            document.visit();
            int at = YamlDocument.line(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)
                    || key.getValue().isBlank()
                    || !STANDARD_TAGS.contains(key.getTag())) {
                document.complaints().add(at, path.isEmpty() ? "a key" : path, "a key must be a word");
            } else if (key.getTag().equals(Tag.MERGE)) {
                merge(tuple.getValueNode(), at, merged, 1);
            } else if (has(key.getValue())) {
                int first = fields.get(key.getValue()).line();
                document.complaints().add(at, keyPath(key.getValue()), "is already on line " + first);
            } else {
                fields.put(key.getValue(), new Field(at, tuple.getValueNode()));
            }
        }
        merged.forEach(fields::putIfAbsent);
    }

    private void merge(Node source, int at, Map<String, Field> merged, int depth) {
        document.visit();
        if (depth > YamlDocument.MAX_DEPTH) {
            document.complaints().add(at, keyPath("<<"), "nested too deeply, or an alias that holds itself");
            throw document.complaints().refusal();
        }
        switch (source) {
            case SequenceNode list -> list.getValue().forEach(item -> merge(item, at, merged, depth + 1));
            case MappingNode mapping -> {
                for (NodeTuple tuple : mapping.getValue()) {
                    document.visit();
                    if (tuple.getKeyNode() instanceof ScalarNode key
                            && !key.getTag().equals(Tag.MERGE)) {
                        merged.putIfAbsent(key.getValue(), new Field(at, tuple.getValueNode()));
                    }
                }
                for (NodeTuple tuple : mapping.getValue()) {
                    if (tuple.getKeyNode() instanceof ScalarNode key
                            && key.getTag().equals(Tag.MERGE)) {
                        merge(tuple.getValueNode(), at, merged, depth + 1);
                    }
                }
            }
            default -> document.complaints().add(at, keyPath("<<"), "can merge maps only");
        }
    }

    private String keyPath(String key) {
        return path.isEmpty() ? display(key) : path + "." + display(key);
    }

    /** Of {@code {password:oops}}, a key without a value to YAML, only what stands before the colon is shown. */
    private static String display(String key) {
        Matcher plain = PLAIN_KEY.matcher(key);
        if (key.equals("<<") || plain.matches()) {
            return key;
        }
        return plain.reset().lookingAt() ? plain.group() + "…" : "…";
    }

    private static String kind(Node node) {
        return switch (node) {
            case SequenceNode list -> "a list";
            case MappingNode map -> "a map";
            case ScalarNode scalar when scalar.getTag().equals(Tag.BOOL) -> "a boolean";
            case ScalarNode scalar
            when scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT) -> "a number";
            default -> "a string";
        };
    }
}
