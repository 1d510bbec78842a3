package io.ameide.vault.bootstrap;

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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What the Dockerfiles say, as far as that can be told without a container engine. */
class ContainerImageTest {

    private static final Pattern PINNED = Pattern.compile("[a-z0-9./-]+(:[A-Za-z0-9._-]+)?@sha256:[0-9a-f]{64}");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z]+)}");
    private static final Pattern LABEL = Pattern.compile("(org\\.opencontainers\\.image\\.[a-z.]+)=\"([^\"]*)\"");
    private static final String ABOUT = "/build/target/sbom.cdx.json /build/LICENSE /usr/share/doc/vault-bootstrap/";

    @TempDir
    Path folder;

    /** One instruction, its lines joined. */
    private record Instruction(String name, String rest) {}

    /** From FROM to the next one. */
    private record Stage(String base, List<Instruction> instructions) {

        List<String> all(String name) {
            return instructions.stream()
                    .filter(instruction -> instruction.name().equals(name))
                    .map(Instruction::rest)
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jvm", "native"})
    void everyBaseIsPinnedByDigest(String kind) throws IOException {
        Map<String, String> defaults = defaults(kind);

        assertThat(stages(kind)).hasSize(2).allSatisfy(stage -> {
            String argument = VARIABLE.matcher(stage.base())
                    .results()
                    .findFirst()
                    .orElseThrow()
                    .group(1);
            assertThat(defaults.get(argument)).as(argument).matches(PINNED);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"jvm", "native"})
    void onlyWhatRunsAndWhatIsSaidOfItIsTakenFromTheBuild(String kind) throws IOException {
        List<String> program = kind.equals("native")
                ? List.of("--from=build --chmod=0555 /build/vault-bootstrap /usr/local/bin/vault-bootstrap")
                : List.of("--from=build /opt/jre /opt/jre", "--from=build /opt/vault-bootstrap /opt/vault-bootstrap");

        assertThat(stages(kind).getLast().all("COPY"))
                .startsWith(program.toArray(String[]::new))
                .hasSize(program.size() + 1)
                .endsWith("--from=build " + ABOUT);
        assertThat(stages(kind).getLast().all("ADD")).isEmpty();
    }

    @Test
    void buildsAreGivenWhatDockerignoreLetsThroughAndNothingElse() throws IOException {
        TreeSet<String> copied = Stream.concat(
                        stages("jvm").getFirst().all("COPY").stream(), stages("native").getFirst().all("COPY").stream())
                .map(copy -> List.of(copy.split(" ")))
                .flatMap(words -> words.subList(0, words.size() - 1).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        List<String> ignored = Files.readAllLines(Path.of(".dockerignore")).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();

        assertThat(ignored).first().isEqualTo("*");
        assertThat(ignored)
                .filteredOn(line -> line.startsWith("!"))
                .extracting(line -> line.substring(1))
                .containsExactlyInAnyOrderElementsOf(copied);
        assertThat(copied).allSatisfy(path -> assertThat(Path.of(path)).exists());
    }

    /** The user is the one that the chart's Pods run as, and it may be told by number that it is not root. */
    @ParameterizedTest
    @ValueSource(strings = {"jvm", "native"})
    void runsAsTheUserOfTheChartAndThroughNoShell(String kind) throws IOException {
        Stage runtime = stages(kind).getLast();
        Map<?, ?> values = new Yaml().load(Files.readString(Path.of("chart", "values.yaml")));
        Map<?, ?> context = (Map<?, ?>) values.get("podSecurityContext");

        assertThat(runtime.all("USER"))
                .containsExactly("%s:%s".formatted(context.get("runAsUser"), context.get("runAsGroup")));
        assertThat(runtime.all("ENTRYPOINT")).singleElement().asString().matches("\\[\"[^\"]+\".*]");
        assertThat(runtime.all("CMD")).isEmpty();
        assertThat(runtime.all("HEALTHCHECK")).isEmpty();
        // What comes after the user is dropped is not root's.
        assertThat(runtime.instructions()).last().extracting(Instruction::name).isEqualTo("ENTRYPOINT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jvm", "native"})
    void everyLabelIsGivenByTheToolThatBuildsIt(String kind) throws IOException {
        Stage runtime = stages(kind).getLast();
        String labels = String.join(" ", runtime.all("LABEL"));
        List<String> arguments = LABEL.matcher(labels)
                .results()
                .map(label -> VARIABLE.matcher(label.group(2)))
                .map(variable -> variable.matches() ? variable.group(1) : "none")
                .toList();

        Map<String, String> given = built(kind, "https://git.example.org/vault-bootstrap");

        assertThat(LABEL.matcher(labels).results().map(label -> label.group(1)))
                .contains(
                        "org.opencontainers.image.version",
                        "org.opencontainers.image.revision",
                        "org.opencontainers.image.source",
                        "org.opencontainers.image.licenses");
        assertThat(arguments)
                .doesNotContain("none")
                .allSatisfy(argument ->
                        assertThat(runtime.all("ARG")).anyMatch(declared -> declared.split("=")[0].equals(argument)));
        // The base is what the Dockerfile itself names.
        assertThat(arguments)
                .filteredOn(argument -> !argument.equals("RUNTIME"))
                .containsExactlyElementsOf(given.keySet());
        assertThat(given)
                .containsEntry("TITLE", "vault-bootstrap")
                .containsEntry("LICENSES", "Apache-2.0")
                .containsEntry("SOURCE", "https://git.example.org/vault-bootstrap")
                .doesNotContainValue("");
        assertThat(given.get("REVISION")).matches("[0-9a-f]{40}(-dirty)?|unknown");
        assertThat(given.get("CREATED")).matches("\\d{4}-\\d\\d-\\d\\dT.*|unknown");
        assertThat(Files.readString(Path.of("pom.xml")))
                .contains("<version>" + given.get("VERSION") + "</version>")
                .contains("<description>" + given.get("DESCRIPTION") + "</description>");
    }

    @Test
    void toolSaysThatItNeedsAnEngineWhereNoneAnswers() throws Exception {
        engine("docker", "exit 1");
        engine("podman", "exit 1");
        engine("buildah", "exit 1");

        Process process = image("jvm", Map.of());

        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("docker and podman do not answer, and buildah is not installed");
    }

    /** The Dockerfile of the JVM has one that cannot: it would start slower without saying so. */
    @Test
    void buildEndsWhereTheCacheCannotBeUsed() throws IOException {
        Stage runtime = stages("jvm").getLast();
        String started = runtime.all("ENTRYPOINT").getFirst().replaceAll("[\\[\\]]", "");

        assertThat(runtime.all("RUN"))
                .singleElement()
                .asString()
                .contains("\"-XX:AOTMode=on\"")
                .contains(started.substring(started.indexOf(", ")));
    }

    @Test
    void nativeBinaryIsTheDefault() throws IOException {
        engine("docker", """
                test "$1" = info && exit 0
                printf '%s\n' "$@"
                """);
        ProcessBuilder builder = new ProcessBuilder(Path.of("tools", "image").toString());
        builder.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);

        Process process = builder.start();

        assertThat(process.inputReader().lines()).contains("Dockerfile.native");
        assertThat(process.onExit().join().exitValue()).isZero();
    }

    @Test
    void placesInTheImageAreThoseThatTheDocumentationNames() throws IOException {
        assertThat(Documentation.page("docs/operations/vault.md").text())
                .contains("/usr/share/doc/vault-bootstrap/sbom.cdx.json");
    }

    /** What the engine would be given as build arguments, in their order. */
    private Map<String, String> built(String kind, String source) throws IOException {
        engine("docker", """
                test "$1" = info && exit 0
                printf '%s\\n' "$@"
                """);
        Process process = image(kind, Map.of("SOURCE", source));
        List<String> words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(words)
                .startsWith("build", "--file", "Dockerfile." + kind)
                .last()
                .isEqualTo(".");
        Map<String, String> arguments = new LinkedHashMap<>();
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).equals("--build-arg")) {
                String[] argument = words.get(i + 1).split("=", 2);
                arguments.put(argument[0], argument[1]);
            }
        }
        return arguments;
    }

    /** An engine in the place of a real one, which is not everywhere. */
    private void engine(String name, String script) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Process image(String kind, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Path.of("tools", "image").toString(), kind);
        builder.environment().remove("SOURCE");
        builder.environment().putAll(environment);
        builder.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);
        return builder.start();
    }

    private static Map<String, String> defaults(String kind) throws IOException {
        Map<String, String> defaults = new LinkedHashMap<>();
        for (Instruction instruction : instructions(kind)) {
            if (instruction.name().equals("FROM")) {
                break;
            }
            String[] argument = instruction.rest().split("=", 2);
            defaults.put(argument[0], argument[1]);
        }
        return defaults;
    }

    private static List<Stage> stages(String kind) throws IOException {
        List<Stage> stages = new ArrayList<>();
        for (Instruction instruction : instructions(kind)) {
            if (instruction.name().equals("FROM")) {
                stages.add(new Stage(instruction.rest(), new ArrayList<>()));
            } else if (!stages.isEmpty()) {
                stages.getLast().instructions().add(instruction);
            }
        }
        return stages;
    }

    private static List<Instruction> instructions(String kind) throws IOException {
        String text = Files.readString(Path.of("Dockerfile." + kind))
                .replaceAll("(?m)^#.*\\n", "")
                .replaceAll("\\s*\\\\\\n\\s*", " ");
        return Pattern.compile("(?m)^([A-Z]+) (.*)$")
                .matcher(text)
                .results()
                .map(ContainerImageTest::instruction)
                .toList();
    }

    private static Instruction instruction(MatchResult match) {
        return new Instruction(
                match.group(1), Optional.of(match.group(2)).map(String::strip).orElseThrow());
    }
}
