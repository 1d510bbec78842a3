package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.desired.InvalidDocumentException;
import io.ameide.vault.bootstrap.secrets.FixtureFile.LocalOverride;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class FixtureFileTest {

    private static final String SENTINEL = "s3ntinel-7f1c";

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("fixtures.json");
    }

    @Test
    void stringBecomesThePropertyValue() {
        assertThat(read("{\"b\": \"1\", \"a/c\": \"\"}").fixtures())
                .containsExactly(
                        new Fixture("b", Map.of("value", Sensitive.of("1"))),
                        new Fixture("a/c", Map.of("value", Sensitive.of(""))));
    }

    @Test
    void objectHoldsTheProperties() {
        Fixture fixture = read("""
                        {"db": {"user": "app", "port": 5432, "ratio": 0.25, "tls": true,
                                "hosts": ["a", {"zone": "b"}], "big": 9007199254740992}}
                        """).fixtures().getFirst();

        assertThat(fixture.data())
                .containsExactly(
                        Map.entry("user", Sensitive.of("app")),
                        Map.entry("port", 5432L),
                        Map.entry("ratio", 0.25),
                        Map.entry("tls", true),
                        Map.entry("hosts", List.of(Sensitive.of("a"), Map.of("zone", Sensitive.of("b")))),
                        Map.entry("big", 1L << 53));
    }

    @Test
    void arrayHoldsNamesAndValuesInAnyOrder() {
        assertThat(read("[{\"name\": \"a\", \"value\": \"1\"}, {\"value\": {\"p\": \"2\"}, \"name\": \"b\"}]")
                        .fixtures())
                .containsExactly(
                        new Fixture("a", Map.of("value", Sensitive.of("1"))),
                        new Fixture("b", Map.of("p", Sensitive.of("2"))));
    }

    @Test
    void namesThatDifferInCaseAreTwoSecrets() {
        assertThat(read("{\"a\": \"1\", \"A\": \"2\"}").fixtures())
                .extracting(Fixture::name)
                .containsExactly("a", "A");
    }

    @Test
    void printedFixtureShowsNoValueNotEvenNumbers() {
        FixtureFile read = read("{\"a\": {\"pin\": 739146, \"word\": \"" + SENTINEL + "\"}}");

        assertThat(read.toString()).contains("name=a", "pin", "word").doesNotContain("739146", SENTINEL);
    }

    @Test
    void localFileReplacesWholeSecretsAndAddsNewOnes() throws IOException {
        Path local = folder.resolve("fixtures.local.json");
        Files.writeString(local, "{\"new\": \"4\", \"b\": {\"p\": \"5\"}}");

        FixtureFile read = read("{\"a\": \"1\", \"b\": {\"p\": \"2\", \"q\": \"3\"}, \"c\": \"3\"}");

        assertThat(read.fixtures())
                .containsExactly(
                        new Fixture("a", Map.of("value", Sensitive.of("1"))),
                        new Fixture("b", Map.of("p", Sensitive.of("5"))),
                        new Fixture("c", Map.of("value", Sensitive.of("3"))),
                        new Fixture("new", Map.of("value", Sensitive.of("4"))));
        assertThat(read.override()).contains(new LocalOverride(local, List.of("b"), List.of("new")));
    }

    @Test
    void withoutLocalFileNothingIsOverridden() {
        assertThat(read("{\"a\": \"1\"}").override()).isEmpty();
    }

    @Test
    void localFileIsHeldToTheSameRules() throws IOException {
        Path local = folder.resolve("fixtures.local.json");
        Files.writeString(local, "{}");
        Files.writeString(file, "{\"a\": \"1\"}");

        assertThat(catchThrowableOfType(InvalidDocumentException.class, () -> FixtureFile.read(file)))
                .hasMessage(local + ": holds no secret");
    }

    @Test
    void localFileThatLeadsNowhereIsNotPassedOver() throws IOException {
        Path local = Files.createSymbolicLink(folder.resolve("fixtures.local.json"), folder.resolve("gone"));
        Files.writeString(file, "{\"a\": \"1\"}");

        assertThat(catchThrowableOfType(InvalidDocumentException.class, () -> FixtureFile.read(file)))
                .hasMessage(local + ": no such file");
    }

    static Stream<Arguments> invalidFiles() {
        return Stream.of(
                bad("empty", "", "f.json: holds nothing; a fixture file holds a JSON object of secrets"),
                bad("blank", " \n", "f.json: holds nothing; a fixture file holds a JSON object of secrets"),
                bad("empty object", "{}", "f.json: holds no secret"),
                bad("empty array", "[]", "f.json: holds no secret"),
                bad(
                        "single value",
                        "\"a\"",
                        "f.json:1: holds a single value; a fixture file holds a JSON object of secrets"),
                bad(
                        "not JSON",
                        "<html>",
                        "f.json:1: not valid JSON at column 1; check quotes and commas here and just before"),
                bad(
                        "missing comma",
                        "{\"a\": \"1\"\n \"b\": \"2\"}",
                        "f.json:2: not valid JSON at column 2; check quotes and commas here and just before"),
                bad(
                        "cut off",
                        "{\"a\": \"1\",\n\"b\": {\"c\": \"2\"",
                        "f.json:2: not valid JSON: the file ends in the middle of something"),
                bad("two roots", "{\"a\": \"1\"}\n{}", "f.json:2: something follows the end of the JSON"),
                bad(
                        "duplicate names",
                        "{\"a\": \"1\",\n\"b\": \"2\",\n\"a\": \"3\"}",
                        "f.json:3: a: \"a\" is already on line 1"),
                bad(
                        "duplicate name, spelt with an escape",
                        "{\"a\": \"1\",\n\"\\u0061\": \"3\"}",
                        "f.json:2: a: \"a\" is already on line 1"),
                bad(
                        "duplicate properties",
                        "{\"a\": {\"p\": \"1\",\n\"q\": {\"r\": \"2\",\n\"r\": \"3\"},\n\"p\": \"4\"}}",
                        "f.json:3: a.q.r: is already on line 2",
                        "f.json:4: a.p: is already on line 1"),
                bad(
                        "duplicate names in an array",
                        "[{\"name\": \"a\", \"value\": \"1\"},\n{\"name\": \"a\", \"value\": \"2\"}]",
                        "f.json:2: [1].name: \"a\" is already on line 1"),
                bad(
                        "values that are no strings",
                        "{\"a\": 1,\n\"b\": true,\n\"c\": null,\n\"d\": [\"x\"],\n\"e\": 1.5,\n\"f\": {}}",
                        "f.json:1: a: must be a string or an object of properties; put the value in quotes",
                        "f.json:2: b: must be a string or an object of properties; put the value in quotes",
                        "f.json:3: c: must be a string or an object of properties",
                        "f.json:4: d: must be a string or an object of properties",
                        "f.json:5: e: must be a string or an object of properties; put the value in quotes",
                        "f.json:6: f: has no properties"),
                bad(
                        "properties that cannot be kept",
                        "{\"a\": {\"p\": null,\n\"q\": 9007199254740993,\n\"r\": 0.1234567890123456789,\n"
                                + "\"s\": 1e99999999999,\n\"\": \"x\",\n\"t\": \"\\ud800\"}}",
                        "f.json:1: a.p: cannot be null; leave it out, or write an empty string",
                        "f.json:2: a.q: a number of more digits than can be kept; put the value in quotes",
                        "f.json:3: a.r: a number of more digits than can be kept; put the value in quotes",
                        "f.json:4: a.s: a number of more digits than can be kept; put the value in quotes",
                        "f.json:5: a: a property needs a name",
                        "f.json:6: a.t: holds half of a surrogate pair, which is no character"),
                bad(
                        "array of something else",
                        "[\"x\",\n{\"name\": 1, \"value\": \"x\"},\n{\"value\": \"x\"},\n{\"name\": \"a\"},\n"
                                + "{\"name\": \"b\", \"value\": 7, \"note\": [1]}]",
                        "f.json:1: [0]: must be an object of name and value",
                        "f.json:2: [1].name: must be a string",
                        "f.json:3: [2].name: is missing",
                        "f.json:4: [3].value: is missing",
                        "f.json:5: [4].value: must be a string or an object of properties; put the value in quotes",
                        "f.json:5: [4].note: unknown key; an entry has a name and a value"),
                bad(
                        "names that no secret can have",
                        """
                        {"": "1",
                         "/a": "1",
                         "a/": "1",
                         "a//b": "1",
                         "a/../b": "1",
                         " a": "1",
                         "a ": "1",
                         "a\\u0000b": "1",
                         "a\\u200bb": "1"}
                        """,
                        "f.json:1: \"\": the name of a secret cannot be empty",
                        "f.json:2: /a: the name of a secret cannot begin or end with a slash",
                        "f.json:3: a/: the name of a secret cannot begin or end with a slash",
                        "f.json:4: a//b: the name of a secret cannot hold an empty segment (//)",
                        "f.json:5: a/../b: the name of a secret cannot hold the segments . and ..",
                        "f.json:6:  a: the name of a secret cannot begin or end with whitespace",
                        "f.json:7: a : the name of a secret cannot begin or end with whitespace",
                        "f.json:8: a?b: the name of a secret cannot hold control or other characters that do not print",
                        "f.json:9: a?b: the name of a secret cannot hold control or other characters that do not print"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void invalidFiles(String name, String json, List<String> expected) {
        assertThat(complaints(json)).containsExactlyElementsOf(expected);
    }

    @Test
    void refusalIsAnInvalidProblem() {
        assertThat(refused("{}").problem().kind()).isEqualTo(Problem.Kind.INVALID);
    }

    @Test
    void nameOf512CharactersIsTheLongest() {
        assertThat(read("{\"" + "n".repeat(512) + "\": \"1\"}").fixtures()).hasSize(1);
        assertThat(complaints("{\"" + "n".repeat(513) + "\": \"1\"}"))
                .containsExactly(
                        "f.json:1: " + "n".repeat(80) + "…: the name of a secret is longer than 512 characters");
    }

    @Test
    void nestingOf32LevelsIsTheDeepest() {
        assertThat(read("{\"a\": {\"b\": " + "[".repeat(31) + "]".repeat(31) + "}}")
                        .fixtures())
                .hasSize(1);
        assertThat(complaints("{\"a\": {\"b\": " + "[".repeat(32) + "]".repeat(32) + "}}"))
                .containsExactly("f.json:1: nested deeper than 32 levels");
        assertThat(complaints("{\"a\": {\"b\": " + "[".repeat(100_000)))
                .contains("f.json:1: not JSON that can be read: nested too deeply, or a number too long");
    }

    @Test
    void secretLargerThanTheServerStoresIsNamed() {
        String half = "x".repeat(256 << 10);

        assertThat(read("{\"a\": \"" + half + "\"}").fixtures()).hasSize(1);
        assertThat(complaints("{\"a\": {\"p\": \"" + half + "\", \"q\": \"" + half + "\"},\n\"b\": \"" + half + "\"}"))
                .containsExactly(
                        "f.json:1: a: larger than 512 KiB, more than one entry of the server's storage can hold");
        assertThat(complaints("{\"a\": \"" + "\\n".repeat(90 << 10) + "\"}")).hasSize(1);
    }

    @Test
    void fileAbove8MebibytesIsRefused() {
        assertThat(complaints("{\"a\": \"" + "x".repeat(10 << 20) + "\"}"))
                .containsExactly("f.json: larger than 8 MiB; split it");
    }

    @Test
    void textThatIsNotUtf8IsRefusedWithItsLine() throws IOException {
        Files.write(file, "{\"a\":\n\"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(catchThrowableOfType(InvalidDocumentException.class, () -> FixtureFile.read(file)))
                .hasMessage(file + ":2: not UTF-8 text; save the file as UTF-8");
    }

    @Test
    void fileThatIsNotThereIsNamed() {
        assertThat(catchThrowableOfType(InvalidDocumentException.class, () -> FixtureFile.read(file)))
                .hasMessage(file + ": no such file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\": s3ntinel-7f1c}",
                "{\"a\": \"s3ntinel-7f1c}",
                "{\"a\": \"s3ntinel-7f1c\n\"}",
                "{\"a\": \"s3ntinel-7f1c\" \"b\"}",
                "{\"a\": \"\\s3ntinel-7f1c\"}",
                "{\"a\": \"x\"} s3ntinel-7f1c",
                "{\"a\": [\"s3ntinel-7f1c\"]}",
                "{\"a\": {\"b\": [\"s3ntinel-7f1c\", null]}}",
                "{\"a\": \"s3ntinel-7f1c\", \"a\": \"s3ntinel-7f1c\"}",
                "[\"s3ntinel-7f1c\"]",
                "[{\"value\": \"s3ntinel-7f1c\"}]",
                "\"s3ntinel-7f1c\"",
                "s3ntinel-7f1c"
            })
    void refusalSpillsNoValue(String json) {
        InvalidDocumentException refused = refused(json);

        assertThat(refused).hasMessageNotContaining(SENTINEL).hasNoCause();
        assertThat(refused.problem().toString()).doesNotContain(SENTINEL);
    }

    private static Arguments bad(String name, String json, String... expected) {
        return arguments(name, json, List.of(expected));
    }

    private FixtureFile read(String json) {
        write(json);
        return FixtureFile.read(file);
    }

    private InvalidDocumentException refused(String json) {
        write(json);
        InvalidDocumentException refused =
                catchThrowableOfType(InvalidDocumentException.class, () -> FixtureFile.read(file));
        assertThat(refused).as("refusal").isNotNull();
        return refused;
    }

    private List<String> complaints(String json) {
        return refused(json).lines().stream()
                .map(line -> line.replace(file.toString(), "f.json"))
                .toList();
    }

    private void write(String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
