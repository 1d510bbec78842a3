package io.ameide.vault.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.Documentation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** What the example pipelines say, as far as that can be told without GitHub and GitLab. */
class PipelinesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path CI = Path.of("examples", "ci");
    private static final Path GITLAB = CI.resolve("gitlab-ci.yml");
    private static final List<Path> GITHUB = List.of(
            CI.resolve("github-actions").resolve("ci.yaml"),
            CI.resolve("github-actions").resolve("release.yaml"));
    private static final Pattern PINNED = Pattern.compile("([\\w.-]+/[\\w.-]+)@([0-9a-f]{40}) # (v\\d+\\.\\d+\\.\\d+)");
    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    @TempDir
    Path folder;

    @Test
    void everyMakeTargetExists() throws IOException {
        Set<String> targets = matches("(?m)^[a-z-]+(?=:)", Files.readString(Path.of("Makefile")));
        for (Path pipeline : pipelines()) {
            assertThat(matches("(?m)(?<=^make )[a-z][a-z-]*", String.join("\n", commands(pipeline))))
                    .as(pipeline.toString())
                    .isSubsetOf(targets);
        }
        assertThat(commands(GITHUB.getFirst())).contains("make test", "make native", "make test-native");
        assertThat(commands(GITLAB)).contains("make test", "make native", "make test-native");
    }

    @Test
    void everyFileNamedExists() throws IOException {
        for (Path pipeline : pipelines()) {
            Set<String> named = matches(
                    "Dockerfile\\.\\w+|\\b(?:tools|examples/ci)/[\\w-]+(?![\\w*-])",
                    Files.readString(pipeline).replaceAll("(?m)^ *#.*$", ""));

            assertThat(named)
                    .as(pipeline.toString())
                    .allSatisfy(file -> assertThat(Path.of(file)).exists());
        }
    }

    /** A tag can be moved to other code; a commit cannot. */
    @Test
    void everyActionIsPinnedByItsCommitAndNamesItsRelease() throws IOException {
        Map<String, Set<String>> pins = new TreeMap<>();
        for (Path workflow : GITHUB) {
            for (String action : matches("(?m)(?<=uses: ).+$", Files.readString(workflow))) {
                if (action.startsWith("./.github/workflows/")) {
                    assertThat(workflow.resolveSibling(Path.of(action).getFileName()))
                            .exists();
                    continue;
                }
                assertThat(action).matches(PINNED);
                MatchResult pin = PINNED.matcher(action).results().findFirst().orElseThrow();
                pins.computeIfAbsent(pin.group(1), name -> new TreeSet<>()).add(pin.group(2) + " " + pin.group(3));
            }
        }

        assertThat(pins).hasSizeGreaterThan(5);
        assertThat(pins).allSatisfy((action, commits) -> assertThat(commits).hasSize(1));
    }

    @Test
    void everyJobOfGitHubHasTheLeastPermissionsAndATimeLimit() throws IOException {
        for (Path workflow : GITHUB) {
            JsonNode document = parsed(workflow);
            assertThat(document.path("permissions").isObject()).isTrue();
            assertThat(document.path("permissions")).isEmpty();
            assertThat(document.at("/concurrency/group").asText()).isNotEmpty();
            for (Map.Entry<String, JsonNode> job : document.path("jobs").properties()) {
                JsonNode permissions = job.getValue().path("permissions");
                assertThat(permissions).as(job.getKey()).isNotEmpty();
                if (List.of("version", "test", "native").contains(job.getKey())) {
                    assertThat(permissions.toString()).as(job.getKey()).isEqualTo("{\"contents\":\"read\"}");
                }
                assertThat(job.getValue().has("uses")
                                || job.getValue().path("timeout-minutes").asInt() > 0)
                        .as("time limit of %s", job.getKey())
                        .isTrue();
                assertThat(permissions.path("contents").asText("read"))
                        .as(job.getKey())
                        .isEqualTo("read");
            }
        }
    }

    /** An expression would be put into the script before a shell reads it, whoever chose its value. */
    @Test
    void noCommandHoldsASecretOrAnExpression() throws IOException {
        for (Path workflow : GITHUB) {
            assertThat(commands(workflow))
                    .allSatisfy(command ->
                            assertThat(command).doesNotContain("${{").doesNotContainIgnoringCase("password"));
        }
        assertThat(commands(GITLAB))
                .filteredOn(command -> command.toLowerCase(Locale.ROOT).contains("password"))
                .isNotEmpty()
                .allSatisfy(command -> assertThat(command)
                        .startsWith("printenv CI_REGISTRY_PASSWORD | docker login ")
                        .contains("--password-stdin")
                        .doesNotContain("$CI_REGISTRY_PASSWORD"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "image"})
    void bothArchitecturesAreBuiltOnRunnersOfTheirOwn(String job) throws IOException {
        JsonNode github = Stream.of(parsed(GITHUB.getFirst()), parsed(GITHUB.getLast()))
                .map(workflow -> workflow.path("jobs").path(job))
                .filter(found -> !found.isMissingNode())
                .findFirst()
                .orElseThrow();
        JsonNode gitlab = parsed(GITLAB).path(job);

        assertThat(github.at("/strategy/matrix/include").findValuesAsText("arch"))
                .containsExactly("amd64", "arm64");
        assertThat(github.at("/strategy/matrix/include").findValuesAsText("runner"))
                .doesNotHaveDuplicates();
        assertThat(github.path("runs-on").asText()).isEqualTo("${{ matrix.runner }}");
        assertThat(gitlab.at("/parallel/matrix").findValuesAsText("ARCH")).containsExactly("amd64", "arm64");
        assertThat(gitlab.at("/parallel/matrix").findValuesAsText("RUNNER")).doesNotHaveDuplicates();
        assertThat(gitlab.at("/tags/0").asText()).isEqualTo("$RUNNER");
        for (Path pipeline : pipelines()) {
            assertThat(Files.readString(pipeline).toLowerCase(Locale.ROOT)).doesNotContain("qemu");
        }
    }

    @Test
    void imagesAreGivenEveryLabelOfTheirDockerfile() throws IOException {
        Set<String> labels =
                matches("(?m)(?<=^ARG )[A-Z]+(?==unknown$)", Files.readString(Path.of("Dockerfile.native")));
        String github = parsed(GITHUB.getLast())
                .at("/jobs/image/steps")
                .findValue("build-args")
                .asText();
        String gitlab = String.join("\n", commands(GITLAB));

        assertThat(labels).isNotEmpty();
        assertThat(matches("(?m)^[A-Z]+(?==)", github)).isEqualTo(labels);
        assertThat(matches("(?<=--build-arg \"?)[A-Z]+(?==)", gitlab)).isEqualTo(labels);
    }

    /** Others are named where a person is told to pin them: this project has no digest of its own for them. */
    @Test
    void imagesOfGitLabJobsAreThoseThatDockerfilesPinOrAreNamedAsUnpinned() throws IOException {
        JsonNode variables = parsed(GITLAB).path("variables");
        List<String> unpinned = new ArrayList<>();
        for (Map.Entry<String, JsonNode> variable : variables.properties()) {
            if (variable.getKey().endsWith("_IMAGE")
                    && !variable.getValue().asText().contains("@sha256:")) {
                unpinned.add(variable.getKey());
            }
        }

        assertThat(variables.path("JDK_IMAGE").asText()).isEqualTo(builder("jvm"));
        assertThat(variables.path("MANDREL_IMAGE").asText()).isEqualTo(builder("native"));
        assertThat(unpinned).containsExactly("DOCKER_IMAGE", "DIND_IMAGE");
        assertThat(Documentation.page("examples/ci/README.md").text())
                .contains("Pin `DOCKER_IMAGE` and `DIND_IMAGE` by digest");
        assertThat(matches("(?m)(?<=image: |name: )\\S+/\\S+$", Files.readString(GITLAB)))
                .isEmpty();
    }

    @Test
    void packagedChartNamesTheImageByDigest() throws Exception {
        // Aborts where there is no helm.
        assertThat(Chart.helm(List.of("version")).exit()).isZero();

        Process process = packageChart("registry.example.org/platform/vault-bootstrap", DIGEST);
        String stdout = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        String stderr = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(stderr).isZero();
        assertThat(Chart.helm(List.of("template", "any", stdout)).stdout())
                .contains("image: \"registry.example.org/platform/vault-bootstrap@" + DIGEST + "\"");
        // The drill's server is another program; its image stays the choice of whoever installs.
        Map<String, Object> values =
                new Yaml().load(Chart.helm(List.of("show", "values", stdout)).stdout());
        assertThat(JSON.valueToTree(values).at("/drill/server/image/repository").asText())
                .isEmpty();
        assertThat(JSON.valueToTree(values).at("/drill/server/image/digest").asText())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1.0", "sha256:abc", ""})
    void chartIsNotPackagedWithAnythingButADigest(String digest) throws Exception {
        Process process = packageChart("registry.example.org/vault-bootstrap", digest);

        assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("package-chart: not a digest of the form sha256:HEX: " + digest + "\n");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    private Process packageChart(String repository, String digest) throws IOException {
        return new ProcessBuilder(CI.resolve("package-chart").toString(), repository, digest, folder.toString())
                .start();
    }

    private static List<Path> pipelines() {
        return Stream.concat(GITHUB.stream(), Stream.of(GITLAB)).toList();
    }

    /** The scripts of all steps and jobs, one entry each. */
    private static List<String> commands(Path pipeline) throws IOException {
        JsonNode document = parsed(pipeline);
        List<String> commands = new ArrayList<>(document.findValuesAsText("run"));
        for (String list : List.of("before_script", "script")) {
            document.findValues(list).forEach(lines -> commands.addAll(texts(lines)));
        }
        return commands;
    }

    private static String builder(String kind) throws IOException {
        return matches("(?m)(?<=^ARG BUILDER=).*$", Files.readString(Path.of("Dockerfile." + kind))).stream()
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode parsed(Path file) throws IOException {
        return JSON.valueToTree(new Yaml().load(Files.readString(file)));
    }

    private static List<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
