package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.desired.TextFile.UnreadableException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A YAML file of one document whose root is a map, read so that everything in it knows its line. Complaints are collected
 * while the {@link #root()} is read, and {@link #refuseIfInvalid()} raises them together at the end.
 *
 * <p>At most 10 MiB, 64 KiB a line, 50 levels and, with its aliases expanded, 1,000,000 values.
 */
public final class YamlDocument {

    static final int MAX_DEPTH = 50;

    private static final int MAX_BYTES = 10 << 20;
    /** What SnakeYAML spends on one line grows with the square of its length: minutes for a line of 10 MiB. */
    private static final int MAX_LINE_CHARACTERS = 64 << 10;

    private static final int MAX_ALIASED_COLLECTIONS = 1_000;
    private static final int MAX_VALUES = 1_000_000;

    private final Path file;
    private final Complaints complaints;
    private final YamlMapping root;
    private int values;

    private YamlDocument(Path file, String text) {
        this.file = file;
        this.complaints = new Complaints(file);
        this.root = new YamlMapping(this, "", 1, mapping(compose(text)));
    }

    /** @throws InvalidDocumentException when the file cannot be read, or is not one YAML document with a map as its root */
    public static YamlDocument read(Path file) {
        try {
            return new YamlDocument(file, TextFile.read(file, MAX_BYTES).text());
        } catch (UnreadableException e) {
            throw e.refusing(file);
        }
    }

    public YamlMapping root() {
        return root;
    }

    /** @throws InvalidDocumentException with all complaints, when there are any */
    public void refuseIfInvalid() {
        complaints.refuseIfAny();
    }

    Complaints complaints() {
        return complaints;
    }

    Place place(int line) {
        return new Place(file.toString(), line);
    }

    /** Counts a value that is visited, so that aliases of aliases cannot make a small document endless. */
    void visit() {
        if (++values > MAX_VALUES) {
            throw refusal("holds more than 1,000,000 values with its aliases expanded");
        }
    }

    static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    private void requireShortLines(String text) {
        int line = 1;
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            if (end < 0) {
                end = text.length();
            }
            if (end - start > MAX_LINE_CHARACTERS) {
                complaints.add(line, "a line longer than 64 KiB; break it, or put the value into a file");
                throw complaints.refusal();
            }
            line++;
            start = end + 1;
        }
    }

    private Node compose(String text) {
        requireShortLines(text);
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(MAX_BYTES);
        limits.setNestingDepthLimit(MAX_DEPTH);
        limits.setMaxAliasesForCollections(MAX_ALIASED_COLLECTIONS);
        Composer composer = new Composer(new ParserImpl(new StreamReader(text), limits), new Resolver(), limits);
        try {
            if (!composer.checkNode()) {
                throw refusal("holds nothing; write {} if that is meant");
            }
            Node first = composer.getNode();
            if (composer.checkNode()) {
                complaints.add(line(composer.getNode()), "a second YAML document begins here; keep one to a file");
                throw complaints.refusal();
            }
            return first;
        } catch (MarkedYAMLException e) {
            throw malformed(e);
        } catch (ReaderException e) {
            long newlines = text.codePoints()
                    .limit(e.getPosition())
                    .filter(c -> c == '\n')
                    .count();
            complaints.add((int) newlines + 1, "not valid YAML: a character that YAML does not allow");
            throw complaints.refusal();
        } catch (YAMLException e) {
            throw refusal("nested deeper than " + MAX_DEPTH + " levels, or more than 1,000 aliases of lists and maps");
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            // Of a text that ends in the middle of an escape, or has one that stands for no character.
            throw refusal("not valid YAML: an escape in double quotes that is cut off or is no character");
        }
    }

    private MappingNode mapping(Node node) {
        if (node instanceof MappingNode mapping) {
            return mapping;
        }
        complaints.add(line(node), "a document is a map of keys; this is not one");
        throw complaints.refusal();
    }

    private InvalidDocumentException malformed(MarkedYAMLException e) {
        String problem = Objects.requireNonNullElse(e.getProblem(), "");
        boolean unclosed = problem.startsWith("found unexpected end of stream") && e.getContextMark() != null;
        Mark mark = unclosed || e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
        String text = "not valid YAML: " + matter(problem);
        if (mark == null) {
            return refusal(text);
        }
        complaints.add(mark.getLine() + 1, text);
        return complaints.refusal();
    }

    /** SnakeYAML quotes what it stumbled over, which may be a password; these texts do not. */
    private static String matter(String problem) {
        if (problem.contains("TAB")) {
            return "a tab where only spaces may stand";
        }
        if (problem.contains("cannot start any token")) {
            return "a value cannot begin with this character; put it in quotes";
        }
        if (problem.startsWith("found undefined alias")) {
            return "an alias without an anchor before it; put a value that begins with * in quotes";
        }
        if (problem.startsWith("found undefined tag") || problem.contains("tag")) {
            return "a tag nobody defined; put a value that begins with ! in quotes";
        }
        if (problem.startsWith("mapping values are not allowed")) {
            return "a colon where none may stand; check the indentation, or put the value in quotes";
        }
        if (problem.startsWith("could not find expected ':'")) {
            return "a key without a colon; check the indentation";
        }
        if (problem.startsWith("found unexpected end of stream")) {
            return "a quote that is opened here is never closed";
        }
        if (problem.startsWith("expected <block end>")) {
            return "the indentation does not fit the lines before";
        }
        if (problem.startsWith("expected ',' or")) {
            return "a comma or the closing bracket is missing";
        }
        if (problem.startsWith("found unknown escape character")) {
            return "an unknown escape; write \\\\ for a backslash, or use single quotes";
        }
        return "check indentation, quotes and colons here";
    }

    private InvalidDocumentException refusal(String matter) {
        complaints.add(matter);
        return complaints.refusal();
    }
}
