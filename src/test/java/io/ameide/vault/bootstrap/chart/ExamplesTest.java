package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.Chart.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** The examples for Argo CD and Helmfile are YAML of the right shape, and their values are such as the chart takes. */
class ExamplesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path EXAMPLES = Path.of("examples");
    private static final Path CHART = Path.of("chart");
    private static final String OURS = "foundation-vault-bootstrap";
    private static final String WAVE = "/metadata/annotations/argocd.argoproj.io~1sync-wave";

    @TempDir
    Path folder;

    /**
     * One way in which an example installs the chart.
     *
     * @param files values files of the chart, by name
     * @param values on top of them
     */
    private record Installation(String name, String release, List<String> files, JsonNode values) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Installation> installations() {
        List<Installation> all = new ArrayList<>();
        all.add(installation("Application", application(OURS)));
        for (JsonNode application : generated()) {
            all.add(installation(application.at("/metadata/name").asText(), application));
        }
        JsonNode release = releases().stream()
                .filter(candidate -> candidate.path("name").asText().equals(OURS))
                .findFirst()
                .orElseThrow();
        List<String> files = texts(release.path("values"));
        all.add(new Installation(
                "Helmfile",
                OURS,
                List.of(Path.of(files.getFirst()).getFileName().toString()),
                documents(Path.of("helmfile", files.getLast())).getFirst()));
        return all.stream();
    }

    private static Installation installation(String name, JsonNode application) {
        JsonNode helm = application.at("/spec/source/helm");
        assertThat(application.at("/spec/source/path").asText()).isEqualTo(CHART.toString());
        return new Installation(
                name, helm.path("releaseName").asText(OURS), texts(helm.path("valueFiles")), helm.path("valuesObject"));
    }

    @ParameterizedTest
    @MethodSource("installations")
    void valuesAreWhatTheChartTakes(Installation installation) throws IOException {
        Result result = rendered(installation, List.of());

        assertThat(result.exit()).as(result.stderr()).isZero();
        assertThat(result.stdout())
                .contains("kind: CronJob", "name: " + OURS + "\n", "kind: ClusterSecretStore", "kind: Certificate");
    }

    /** Argo CD renders whenever it likes, also while an operator's definitions are away for a moment. */
    @ParameterizedTest
    @MethodSource("installations")
    void whatIsRenderedDoesNotDependOnWhenTheClusterWasAsked(Installation installation) throws IOException {
        String without = rendered(installation, List.of()).stdout();

        String with = rendered(
                        installation,
                        List.of("--api-versions", "external-secrets.io/v1", "--api-versions", "cert-manager.io/v1"))
                .stdout();

        assertThat(with).isEqualTo(without);
    }

    /** A wave that waits for Vault to be ready would wait for ever: it is the chart that unseals it. */
    @Test
    void vaultAndTheBootstrapAreInOneWave() {
        assertThat(application("vault").at(WAVE).asText())
                .isNotEmpty()
                .isEqualTo(application(OURS).at(WAVE).asText());
        assertThat(releases())
                .filteredOn(release -> release.path("name").asText().equals("vault"))
                .singleElement()
                .satisfies(release ->
                        assertThat(release.path("wait").asBoolean(true)).isFalse());
        assertThat(releases())
                .filteredOn(release -> release.path("name").asText().equals(OURS))
                .singleElement()
                .satisfies(
                        release -> assertThat(texts(release.path("needs"))).noneMatch(need -> need.endsWith("vault")));
    }

    @Test
    void nodesMountTheCertificateThatTheChartAsksFor() throws IOException {
        for (JsonNode vault : List.of(
                application("vault").at("/spec/source/helm/valuesObject"),
                documents(Path.of("helmfile", "vault.yaml")).getFirst())) {
            JsonNode volume = vault.at("/server/volumes/0");
            String folder = vault.at("/server/volumeMounts/0/mountPath").asText();

            assertThat(vault.at("/server/volumeMounts/0/name").asText())
                    .isEqualTo(volume.path("name").asText());
            assertThat(vault.at("/server/ha/raft/config").asText())
                    .contains(folder + "/tls.crt")
                    .contains(folder + "/tls.key");
            assertThat(rendered(installations().findFirst().orElseThrow(), List.of())
                            .stdout())
                    .contains("secretName: " + volume.at("/secret/secretName").asText());
        }
    }

    @Test
    void namespacesAreThoseOfTheOtherChart() {
        assertThat(application("vault").at("/spec/destination/namespace"))
                .isEqualTo(application(OURS).at("/spec/destination/namespace"));
        assertThat(generated()).hasSizeGreaterThan(1).allSatisfy(application -> {
            assertThat(application.at("/metadata/name").asText()).startsWith(OURS + "-");
            assertThat(application.toString()).doesNotContain("{{").doesNotContain("<no value>");
        });
    }

    private Result rendered(Installation installation, List<String> more) throws IOException {
        Path values = Files.writeString(
                folder.resolve("values.json"), installation.values().toString());
        List<String> arguments =
                new ArrayList<>(List.of("template", installation.release(), CHART.toString(), "--namespace", "vault"));
        installation
                .files()
                .forEach(file ->
                        arguments.addAll(List.of("--values", CHART.resolve(file).toString())));
        arguments.addAll(List.of("--values", values.toString()));
        arguments.addAll(more);
        return Chart.helm(arguments);
    }

    private static JsonNode application(String name) {
        return documents(Path.of("argocd", "applications.yaml")).stream()
                .filter(application -> application.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** What the ApplicationSet comes to: its template with the fields of each element in their places. */
    private static List<JsonNode> generated() {
        JsonNode set = documents(Path.of("argocd", "applicationset.yaml")).getFirst();
        List<JsonNode> applications = new ArrayList<>();
        for (JsonNode element : set.at("/spec/generators/0/list/elements")) {
            String template = set.at("/spec/template").toString();
            for (Map.Entry<String, JsonNode> field : element.properties()) {
                template = template.replace(
                        "{{ ." + field.getKey() + " }}", field.getValue().asText());
            }
            applications.add(parsed(template).getFirst());
        }
        return applications;
    }

    private static List<JsonNode> releases() {
        return StreamSupport.stream(
                        documents(Path.of("helmfile", "helmfile.yaml"))
                                .getFirst()
                                .path("releases")
                                .spliterator(),
                        false)
                .toList();
    }

    private static List<JsonNode> documents(Path file) {
        try {
            return parsed(Files.readString(EXAMPLES.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> parsed(String yaml) {
        return StreamSupport.stream(new Yaml().loadAll(yaml).spliterator(), false)
                .<JsonNode>map(JSON::valueToTree)
                .toList();
    }

    private static List<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
