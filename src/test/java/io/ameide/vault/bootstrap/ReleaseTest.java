package io.ameide.vault.bootstrap;

import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** Every place that names the version names that of the pom. What the application prints is in {@code CommandLineIT}. */
class ReleaseTest {

    @Test
    void chartHasTheVersionOfTheApplication() throws IOException {
        Map<String, Object> chart = new Yaml().load(Files.readString(Path.of("chart", "Chart.yaml")));

        assertThat(chart).containsEntry("version", version()).containsEntry("appVersion", version());
    }

    @Test
    void newestSectionOfTheChangelogIsThatVersion() throws IOException {
        assertThat(found("CHANGELOG.md", "(?m)^## \\[([^]]+)] - (?:Unreleased|\\d{4}-\\d\\d-\\d\\d)$"))
                .first()
                .isEqualTo(version());
    }

    @Test
    void examplesNameThatVersion() throws IOException {
        assertThat(found("docs/operations/vault.md", "vault-bootstrap:(\\d[\\w.-]*)"))
                .isNotEmpty()
                .containsOnly(version());
        assertThat(found("examples/argocd/applications.yaml", "targetRevision: v(\\S+)"))
                .containsExactly(version());
        assertThat(found("examples/argocd/applicationset.yaml", "targetRevision: v(\\S+)"))
                .containsExactly(version());
    }

    private static String version() throws IOException {
        return found("pom.xml", "(?m)^  <version>(.*)</version>$").getFirst();
    }

    private static List<String> found(String file, String pattern) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(Path.of(file)))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }
}
