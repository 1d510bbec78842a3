package io.ameide.vault.bootstrap.chart;

import io.ameide.vault.bootstrap.chart.ChartValues.Value;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The values of the chart, its schema, its templates and its documentation name the same things. */
class ChartValuesTest {

    private static final Path README = ChartValues.FOLDER.resolve("README.md");
    private static final Pattern TABLE =
            Pattern.compile("(?<=<!-- values -->\n\n).*?(?=\n<!-- /values -->)", Pattern.DOTALL);

    /** How templates refer to a value: {@code $values} is another name for all of them. */
    private static final Pattern REFERENCE = Pattern.compile("(?:\\.Values|\\$values)((?:\\.[A-Za-z]+)+)");

    private final ChartValues values = ChartValues.read();

    @Test
    void everyValueIsInTheSchemaAndTheSchemaHasNoOther() {
        assertThat(values.paths()).isEqualTo(ChartValues.schemaPaths());
    }

    @Test
    void everyValueIsUsedByATemplateAndEveryValueATemplateUsesExists() throws IOException {
        Set<String> used = new TreeSet<>();
        Set<String> checked = new TreeSet<>();
        try (Stream<Path> templates = Files.list(ChartValues.FOLDER.resolve("templates"))) {
            for (Path template : templates.toList()) {
                // A check alone makes no difference to what is installed.
                boolean check = template.endsWith("_validate.tpl");
                (check ? checked : used).addAll(references(Files.readString(template)));
            }
        }

        assertThat(used).isEqualTo(values.paths());
        assertThat(checked).isSubsetOf(values.paths());
    }

    private static Set<String> references(String template) {
        return REFERENCE
                .matcher(template)
                .results()
                .map(match -> match.group(1).substring(1))
                .collect(Collectors.toSet());
    }

    @Test
    void everyValueIsExplained() {
        assertThat(values.values())
                .filteredOn(value -> value.meaning().isEmpty())
                .isEmpty();
        assertThat(values.values())
                .extracting(Value::meaning)
                .allMatch(meaning -> meaning.endsWith("."), "ends as a sentence does");
    }

    /** With {@code -Dwrite-chart-table=true} the table is written instead. */
    @Test
    void tableInTheReadmeIsTheOneOfTheValues() throws IOException {
        String readme = Files.readString(README);
        if (Boolean.getBoolean("write-chart-table")) {
            readme = TABLE.matcher(readme).replaceFirst(Matcher.quoteReplacement(values.table()));
            Files.writeString(README, readme);
        }

        List<String> tables =
                TABLE.matcher(readme).results().map(MatchResult::group).toList();

        assertThat(tables).as("make chart-table writes it").containsExactly(values.table());
    }
}
