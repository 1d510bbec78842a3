package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.Documentation;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The alerts go by metrics that exist, and fire when they should. Promtool is looked for in the cache of {@code
 * tools/promtool} and on PATH; where there is none its tests are skipped with the reason, and fail where the environment
 * variable CI is set.
 */
class AlertRulesTest {

    /** Of CronJobs, those that kube-state-metrics calls stable in its documentation of them. */
    private static final Set<String> OF_KUBE_STATE_METRICS = Set.of(
            "kube_cronjob_created",
            "kube_cronjob_info",
            "kube_cronjob_next_schedule_time",
            "kube_cronjob_spec_suspend",
            "kube_cronjob_status_active",
            "kube_cronjob_status_last_schedule_time",
            "kube_cronjob_status_last_successful_time");

    private static final Pattern METRIC = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*(?=\\s*\\{)");
    private static final String CACHED = "vault-bootstrap/promtool-0.313.5/promtool";

    @TempDir
    Path folder;

    @Test
    void expressionsNameOnlyMetricsThatExist() {
        Set<String> existing = new TreeSet<>(OF_KUBE_STATE_METRICS);
        existing.addAll(Documentation.page("docs/configuration.md").column("metric"));

        Set<String> named = new TreeSet<>();
        for (JsonNode rule : groups().at("/groups/0/rules")) {
            METRIC.matcher(rule.path("expr").asText())
                    .results()
                    .map(MatchResult::group)
                    .forEach(named::add);
        }

        assertThat(named).isNotEmpty().isSubsetOf(existing);
    }

    @Test
    void everyAlertSaysWhatIsTheMatter() {
        assertThat(groups().at("/groups/0/rules")).isNotEmpty().allSatisfy(rule -> {
            assertThat(rule.at("/annotations/summary").asText()).isNotEmpty();
            assertThat(rule.at("/annotations/description").asText()).isNotEmpty();
            assertThat(rule.at("/labels/severity").asText()).isEqualTo("warning");
        });
    }

    @Test
    void prometheusTakesTheRules() throws Exception {
        promtool("check", "rules", "--lint-fatal", rules().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"alerts-test.yaml", "drill-alerts-test.yaml"})
    void alertsFireWhenTheyShouldAndNotBefore(String name) throws Exception {
        rules();
        Path tests = Files.copy(Path.of("src", "test", "resources", "chart", name), folder.resolve(name));

        promtool("test", "rules", tests.toString());
    }

    private Path rules() throws IOException {
        return Files.writeString(folder.resolve("rules.yaml"), groups().toString());
    }

    private static JsonNode groups() {
        Iterable<Object> documents = new Yaml()
                .loadAll(Chart.render(
                                "bootstrap",
                                "vault",
                                Stream.concat(
                                                Renderings.DRILL.stream(),
                                                Stream.of("--set", "prometheusRule.enabled=true"))
                                        .toList())
                        .manifests());
        return StreamSupport.stream(documents.spliterator(), false)
                .<JsonNode>map(document -> new ObjectMapper().valueToTree(document))
                .filter(document -> document.path("kind").asText().equals("PrometheusRule"))
                .findFirst()
                .orElseThrow()
                .path("spec");
    }

    private static void promtool(String... arguments) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Stream.concat(Stream.of(promtool().toString()), Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
    }

    private static Path promtool() {
        Stream<Path> cached = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .or(() -> Optional.ofNullable(System.getenv("HOME")).map(home -> Path.of(home, ".cache")))
                .map(cache -> cache.resolve(CACHED))
                .stream();
        Stream<Path> onPath =
                Stream.of(System.getenv().getOrDefault("PATH", "").split(":")).map(place -> Path.of(place, "promtool"));
        return Stream.concat(cached, onPath)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseGet(AlertRulesTest::unavailable);
    }

    private static Path unavailable() {
        String reason = "no promtool on PATH or in the cache that tools/promtool fills";
        String ci = System.getenv("CI");
        if (ci != null && !ci.isBlank()) {
            throw new AssertionError(reason);
        }
        return Assumptions.abort(reason);
    }
}
