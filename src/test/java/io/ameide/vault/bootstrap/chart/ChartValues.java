package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.comments.CommentLine;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.representer.Representer;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The values of the chart, as {@code values.yaml} has them. What a value is the schema decides: an object whose
 * properties it names holds values, any other is one.
 */
final class ChartValues {

    static final Path FOLDER = Path.of("chart");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Value> values = new ArrayList<>();

    /**
     * @param path with dots
     * @param meaning its comment; empty where it has none
     */
    record Value(String path, String byDefault, String meaning) {}

    private ChartValues() {}

    static ChartValues read() {
        LoaderOptions options = new LoaderOptions();
        options.setProcessComments(true);
        Yaml yaml = new Yaml(
                new SafeConstructor(options), new Representer(new DumperOptions()), new DumperOptions(), options);
        ChartValues chart = new ChartValues();
        chart.collect("", (MappingNode) yaml.compose(new StringReader(text("values.yaml"))), schema());
        return chart;
    }

    static JsonNode schema() {
        try {
            return JSON.readTree(text("values.schema.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Paths of all values that the schema names. */
    static Set<String> schemaPaths() {
        Set<String> paths = new TreeSet<>();
        collect("", schema(), paths);
        // Helm passes it to every chart that is a part of another.
        paths.remove("global");
        return paths;
    }

    private static void collect(String path, JsonNode schema, Set<String> paths) {
        if (!isNamed(schema)) {
            paths.add(path);
            return;
        }
        schema.path("properties").properties().forEach(property -> {
            String below = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
            collect(below, property.getValue(), paths);
        });
    }

    /** The parts of a document are the application's own, not values. */
    private static boolean isNamed(JsonNode schema) {
        return schema.has("properties") && !schema.path("properties").has("policies");
    }

    private void collect(String prefix, MappingNode mapping, JsonNode schema) {
        for (NodeTuple tuple : mapping.getValue()) {
            ScalarNode key = (ScalarNode) tuple.getKeyNode();
            String path = prefix.isEmpty() ? key.getValue() : prefix + "." + key.getValue();
            JsonNode own = schema.path("properties").path(key.getValue());
            if (isNamed(own) && tuple.getValueNode() instanceof MappingNode below) {
                collect(path, below, own);
            } else {
                values.add(new Value(path, json(tuple.getValueNode()), comment(key)));
            }
        }
    }

    private static String json(Node node) {
        Object value = new Constructor().of(node);
        try {
            return JSON.writeValueAsString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes of one node what the document's reader would. */
    private static final class Constructor extends SafeConstructor {

        Constructor() {
            super(new LoaderOptions());
        }

        Object of(Node node) {
            return constructDocument(node);
        }
    }

    /** The lines right above it: what stands before an empty line is about more than this value. */
    private static String comment(Node key) {
        List<String> lines = new ArrayList<>();
        for (CommentLine line : Optional.ofNullable(key.getBlockComments()).orElse(List.of())) {
            switch (line.getCommentType()) {
                case BLANK_LINE -> lines.clear();
                case BLOCK, IN_LINE -> lines.add(line.getValue().strip());
            }
        }
        return String.join(" ", lines);
    }

    List<Value> values() {
        return List.copyOf(values);
    }

    Set<String> paths() {
        return values.stream().map(Value::path).collect(Collectors.toCollection(TreeSet::new));
    }

    /** For people, in Markdown. */
    String table() {
        StringBuilder table = new StringBuilder("| value | default | meaning |\n| --- | --- | --- |\n");
        for (Value value : values) {
            table.append("| `%s` | `%s` | %s |%n"
                    .formatted(value.path(), value.byDefault(), value.meaning().replace("|", "\\|")));
        }
        return table.toString();
    }

    private static String text(String file) {
        try {
            return Files.readString(FOLDER.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
