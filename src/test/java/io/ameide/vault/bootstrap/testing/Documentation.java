package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page of the documentation, as far as tests read it: its tables, its fenced blocks, its words in code style. */
public final class Documentation {

    private static final Pattern FENCE =
            Pattern.compile("^```(?<language>\\w*)\\n(?<text>.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern CODE_SPAN = Pattern.compile("`([^`\\n]+)`");

    private final Path file;
    private final String text;

    /** A fenced block, with the language its fence names. */
    public record Block(String language, String text) {}

    private Documentation(Path file) {
        this.file = file;
        try {
            this.text = Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param name relative to the root of the project */
    public static Documentation page(String name) {
        return new Documentation(Path.of(name));
    }

    /** Every page of the project, by the name it has relative to the root. */
    public static List<Documentation> pages() {
        try (Stream<Path> root = Files.list(Path.of(""));
                Stream<Path> chart = Files.list(Path.of("chart"));
                Stream<Path> docs = Files.walk(Path.of("docs"));
                Stream<Path> examples = Files.walk(Path.of("examples"))) {
            return Stream.of(root, chart, docs, examples)
                    .flatMap(files -> files)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .map(Documentation::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path file() {
        return file;
    }

    public String text() {
        return text;
    }

    public List<Block> blocks(String language) {
        return FENCE.matcher(text)
                .results()
                .map(match -> new Block(match.group(1), match.group(2)))
                .filter(block -> block.language().equals(language))
                .toList();
    }

    /** What stands in code style: the lines of shell and plain blocks, continued ones as one, and spans between backticks. */
    public List<String> code() {
        List<String> code = new ArrayList<>();
        FENCE.matcher(text)
                .results()
                .filter(match -> List.of("", "sh").contains(match.group(1)))
                .flatMap(match -> match.group(2).replaceAll("\\\\\n *", "").lines())
                .forEach(code::add);
        CODE_SPAN
                .matcher(FENCE.matcher(text).replaceAll(""))
                .results()
                .map(match -> match.group(1))
                .forEach(code::add);
        return code;
    }

    /**
     * The rows of all tables that have a column of this name first.
     *
     * @return each row by the names of its columns, backticks removed
     */
    public List<Map<String, String>> rows(String firstColumn) {
        List<Map<String, String>> rows = new ArrayList<>();
        List<String> header = List.of();
        for (String line : text.lines().toList()) {
            if (!line.startsWith("|")) {
                header = List.of();
                continue;
            }
            List<String> cells = cells(line);
            if (header.isEmpty()) {
                header = cells;
            } else if (!line.startsWith("| ---") && header.getFirst().equals(firstColumn)) {
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 0; i < header.size(); i++) {
                    row.put(header.get(i), cells.get(i));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    /** The first cell of every row of {@link #rows}. */
    public List<String> column(String firstColumn) {
        return rows(firstColumn).stream().map(row -> row.get(firstColumn)).toList();
    }

    private static List<String> cells(String line) {
        String inner = line.substring(1, line.lastIndexOf('|'));
        return Arrays.stream(inner.split("(?<!\\\\)\\|"))
                .map(cell -> cell.strip().replace("`", "").replace("\\|", "|"))
                .toList();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
