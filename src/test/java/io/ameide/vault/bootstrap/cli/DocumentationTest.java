package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.coverage.RequiredKeysFile;
import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.Fixtures;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.desired.InvalidDocumentException;
import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.secrets.FixtureFile;
import io.ameide.vault.bootstrap.testing.Documentation;
import io.ameide.vault.bootstrap.testing.Documentation.Block;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.common.utils.StringUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** What the documentation names exists, and what exists is in the documentation. Metrics are in {@link ServeIT}. */
class DocumentationTest {

    private static final Documentation README = Documentation.page("README.md");
    private static final Documentation CONFIGURATION = Documentation.page("docs/configuration.md");
    private static final Path EXAMPLE = Path.of("examples", "local", "desired-state.yaml");

    @TempDir
    Path folder;

    @Test
    void everyConfigurationKeyIsDocumentedWithTypeDefaultAndVariable() {
        Map<String, String> documented = new TreeMap<>();
        for (Map<String, String> row : CONFIGURATION.rows("configuration key")) {
            documented.put(
                    row.get("configuration key"),
                    row("type " + row.get("type"), row.get("default"), row.get("environment variable")));
        }

        assertThat(documented).containsExactlyEntriesOf(configurationKeys());
    }

    private static Map<String, String> configurationKeys() {
        Map<String, String> keys = new TreeMap<>();
        for (Class<?> type : applicationClasses()) {
            ConfigMapping mapping = type.getAnnotation(ConfigMapping.class);
            if (mapping != null) {
                collect(keys, mapping.prefix(), type);
            }
        }
        return keys;
    }

    private static List<Class<?>> applicationClasses() {
        Path root = Path.of("target", "classes");
        try (Stream<Path> files = Files.walk(root.resolve("io").resolve("ameide"))) {
            return files.map(file -> root.relativize(file).toString())
                    .filter(file -> file.endsWith(".class"))
                    .<Class<?>>map(file -> load(file.replace(".class", "").replace('/', '.')))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, DocumentationTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void collect(Map<String, String> keys, String prefix, Class<?> mapping) {
        for (Method method : mapping.getDeclaredMethods()) {
            String key = prefix + "." + StringUtil.skewer(method.getName());
            if (method.getGenericReturnType() instanceof ParameterizedType named
                    && named.getRawType() == Map.class
                    && named.getActualTypeArguments()[1] instanceof Class<?> group) {
                collect(keys, key + ".NAME", group);
                continue;
            }
            if (method.getReturnType().isInterface()
                    && Arrays.asList(mapping.getDeclaredClasses()).contains(method.getReturnType())) {
                collect(keys, key, method.getReturnType());
                continue;
            }
            if (method.getGenericReturnType() instanceof ParameterizedType optional
                    && optional.getActualTypeArguments()[0] instanceof Class<?> group
                    && group.isInterface()
                    && group.getEnclosingClass() != null
                    && mapping.getNestHost() == group.getNestHost()) {
                collect(keys, key, group);
                continue;
            }
            WithDefault byDefault = method.getAnnotation(WithDefault.class);
            keys.put(
                    key,
                    row(
                            "type " + words(method.getGenericReturnType()),
                            byDefault == null ? "" : byDefault.value(),
                            StringUtil.replaceNonAlphanumericByUnderscores(key).toUpperCase(Locale.ROOT)));
        }
    }

    private static String words(Type type) {
        if (type instanceof ParameterizedType generic) {
            String argument = words(generic.getActualTypeArguments()[0]);
            return generic.getRawType() == List.class ? "list of " + argument : argument;
        }
        if (type instanceof Class<?> choices && choices.isEnum()) {
            return Stream.of(choices.getEnumConstants())
                    .map(choice -> choice.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(" or "));
        }
        Map<Type, String> words = Map.of(
                int.class, "number",
                boolean.class, "boolean",
                Boolean.class, "boolean",
                String.class, "text",
                Path.class, "path",
                URI.class, "address",
                Duration.class, "duration");
        return words.getOrDefault(type, "unknown: " + type.getTypeName());
    }

    @Test
    void everyProfileIsDocumentedWithWhatItSets() throws IOException {
        Set<String> documented = new TreeSet<>();
        for (Map<String, String> row : CONFIGURATION.rows("set by profile")) {
            documented.add(row(row.get("set by profile"), row.get("key"), row.get("value")));
        }
        Set<String> set = new TreeSet<>();
        Set<String> profiles = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("src", "main", "resources"))) {
            for (Path file : files.toList()) {
                MatchResult name = Pattern.compile("application-(.+)\\.properties")
                        .matcher(file.getFileName().toString())
                        .results()
                        .findFirst()
                        .orElse(null);
                if (name == null) {
                    continue;
                }
                profiles.add(name.group(1));
                properties(file).forEach((key, value) -> {
                    if (key.startsWith("bootstrap.")) {
                        set.add(row(name.group(1), key, value));
                    }
                });
            }
        }

        assertThat(documented).containsExactlyElementsOf(set);
        assertThat(README.column("profile")).containsExactlyInAnyOrderElementsOf(profiles);
    }

    private static Map<String, String> properties(Path file) throws IOException {
        Properties properties = new Properties();
        properties.load(new StringReader(Files.readString(file)));
        return properties.stringPropertyNames().stream().collect(Collectors.toMap(key -> key, properties::getProperty));
    }

    @Test
    void everyConfigurationKeyNamedAnywhereExists() {
        Set<String> keys = configurationKeys().keySet();
        Set<String> variables = keys.stream()
                .map(key -> StringUtil.replaceNonAlphanumericByUnderscores(key).toUpperCase(Locale.ROOT))
                .collect(Collectors.toSet());
        for (Documentation page : Documentation.pages()) {
            assertThat(matches("\\bbootstrap\\.[a-z][A-Za-z0-9.-]*[a-z]", page.text()).stream()
                            .map(key -> key.replaceFirst("(?<=^bootstrap\\.snapshot\\.targets\\.)[A-Za-z-]+", "NAME")))
                    .as("configuration keys in %s", page)
                    .isSubsetOf(keys);
            assertThat(matches("\\bBOOTSTRAP_[A-Z0-9_]*[A-Z]", page.text()).stream()
                            .map(name -> name.replaceFirst("(?<=^BOOTSTRAP_SNAPSHOT_TARGETS_)[A-Z]+", "NAME")))
                    .as("environment variables in %s", page)
                    .isSubsetOf(variables);
        }
    }

    @Test
    void everyCommandAndOptionIsDocumented() {
        CommandSpec top = commandLine().getCommandSpec();

        assertThat(README.column("command")).containsExactlyInAnyOrderElementsOf(commands("", top));
        assertThat(README.column("option"))
                .containsExactlyInAnyOrderElementsOf(top.options().stream()
                        .map(option -> option.longestName())
                        .toList());
    }

    /** The commands that do something by themselves, by the words that lead to them. */
    private static List<String> commands(String before, CommandSpec spec) {
        return spec.subcommands().entrySet().stream()
                .flatMap(entry -> {
                    CommandSpec command = entry.getValue().getCommandSpec();
                    return command.subcommands().isEmpty()
                            ? Stream.of(before + entry.getKey())
                            : commands(before + entry.getKey() + " ", command).stream();
                })
                .toList();
    }

    @Test
    void everyCommandLineShownCanBeParsed() {
        for (Documentation page : Documentation.pages()) {
            page.code().stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith("vault-bootstrap "))
                    .map(line -> line.split("\\s+"))
                    .forEach(words -> assertThatCode(
                                    () -> commandLine().parseArgs(Arrays.copyOfRange(words, 1, words.length)))
                            .as("%s: %s", page, String.join(" ", words))
                            .doesNotThrowAnyException());
        }
    }

    private static CommandLine commandLine() {
        return Commands.parser(new WithoutDependencies());
    }

    @Test
    void everyExitCodeIsDocumentedByNumberAndName() {
        List<String> documented = README.rows("exit code").stream()
                .map(row -> row(row.get("exit code"), row.get("name")))
                .toList();

        assertThat(documented)
                .containsExactlyElementsOf(Arrays.stream(ExitCode.values())
                        .map(code ->
                                row(Integer.toString(code.number()), code.name().toLowerCase(Locale.ROOT)))
                        .toList());
        assertThat(Documentation.page("docs/operations/vault.md").column("exit code"))
                .containsExactlyElementsOf(Arrays.stream(ExitCode.values())
                        .map(code -> Integer.toString(code.number()))
                        .toList());
    }

    @Test
    void everyKeyOfTheDesiredStateIsDocumentedAndShown() throws IOException {
        Block example = documents("policies:").getFirst();
        DesiredState desired = parsed(example.text());

        assertThat(shownKeys(example.text())).containsExactlyInAnyOrderElementsOf(CONFIGURATION.column("document key"));
        assertThat(acceptedKeys("desired", "DesiredStateParser"))
                .isEqualTo(segments(CONFIGURATION.column("document key")));
        assertThat(desired.policies()).isNotEmpty();
        assertThat(desired.resources()).isNotEmpty();
    }

    @Test
    void everyKeyOfAListOfRequiredKeysIsDocumentedAndShown() throws IOException {
        Block example = documents("requiredKeys:").getFirst();
        Path file = Files.writeString(folder.resolve("required.yaml"), example.text());

        assertThat(RequiredKeysFile.read(file).keys()).hasSize(2);
        assertThat(shownKeys(example.text())).containsExactlyInAnyOrderElementsOf(CONFIGURATION.column("list key"));
        assertThat(acceptedKeys("coverage", "RequiredKeysFile")).isEqualTo(segments(CONFIGURATION.column("list key")));
    }

    private static List<Block> documents(String firstKey) {
        return CONFIGURATION.blocks("yaml").stream()
                .filter(block -> block.text().startsWith(firstKey))
                .toList();
    }

    /** Reads the document as the application would, with every file and variable it refers to in place. */
    private DesiredState parsed(String document) throws IOException {
        Path file = Files.writeString(folder.resolve("desired-state.yaml"), document);
        for (String name : matches("(?<=\\$\\{file:)[^}]+|(?<= file: )\\S+", document)) {
            Path referenced = folder.resolve(name);
            Files.createDirectories(referenced.getParent());
            Files.writeString(referenced, "path \"a\" { capabilities = [\"read\"] }");
        }
        return new DesiredStateParser(name -> Optional.of("value")).parse(file);
    }

    /** Every key of a document by its path, down to where the server's own names begin. */
    private static Set<String> shownKeys(String document) {
        Set<String> keys = new TreeSet<>();
        walk(keys, "", new Yaml().load(document));
        return keys;
    }

    private static void walk(Set<String> keys, String path, Object node) {
        switch (node) {
            case Map<?, ?> map
            when !isFree(path) ->
                map.forEach((key, value) -> walk(
                        keys, path.isEmpty() ? key.toString() : path + "." + ofTheTool(path, key.toString()), value));
            case List<?> list
            when path.chars().allMatch(Character::isLetter) || path.endsWith(".roles") ->
                list.forEach(item -> walk(keys, path + "[]", item));
            default -> keys.add(path);
        }
    }

    private static boolean isFree(String path) {
        return Set.of("options", "config", "tune", "data").contains(path.substring(path.lastIndexOf('.') + 1));
    }

    private static String ofTheTool(String path, String key) {
        return path.endsWith(".roles[]") && !key.equals("name") ? "*" : key;
    }

    /** The names of keys that a parser's source allows; there is no other place that has them all. */
    private static Set<String> acceptedKeys(String packageName, String className) throws IOException {
        String source =
                Files.readString(Path.of("src/main/java/io/ameide/vault/bootstrap", packageName, className + ".java"));
        Set<String> keys = new TreeSet<>();
        for (String allowed : matches("allowOnly\\([^)]*\\)", source)) {
            keys.addAll(matches("(?<=\")\\w+(?=\")", allowed));
        }
        return keys;
    }

    /** All words on the way to keys, without those that the parser leaves to the server. */
    private static Set<String> segments(List<String> keys) {
        Set<String> segments = new TreeSet<>();
        keys.forEach(key -> segments.addAll(Arrays.asList(key.replace("[]", "").split("\\."))));
        segments.remove("*");
        return segments;
    }

    @Test
    void everyFixtureShownCanBeRead() throws IOException {
        int number = 0;
        for (Documentation page : Documentation.pages()) {
            for (Block block : page.blocks("json")) {
                Path file = Files.writeString(folder.resolve("fixture-" + number++ + ".json"), block.text());

                assertThat(FixtureFile.read(file).fixtures()).as(block.text()).isNotEmpty();
            }
        }
        assertThat(number).isGreaterThan(3);
    }

    @Test
    void charsetsShownAreThoseThatAreAccepted() throws IOException {
        for (String charset : CONFIGURATION.column("charset")) {
            String name = charset.replace("custom:…", "custom:abcdefghij");
            parsed("secrets: [{ name: a, generate: { charset: \"" + name + "\" } }]");
        }
        assertThat(catchInvalid("secrets: [{ name: a, generate: { charset: nosuch } }]"))
                .contains(CONFIGURATION.column("charset").stream()
                        .filter(charset -> !charset.startsWith("custom:"))
                        .collect(Collectors.joining(", ")));
    }

    private String catchInvalid(String document) throws IOException {
        try {
            parsed(document);
            return "accepted";
        } catch (InvalidDocumentException e) {
            return e.getMessage();
        }
    }

    @Test
    void exampleIsADesiredStateWithFixturesThatCanBeRead() {
        DesiredState desired = new DesiredStateParser(name -> Optional.empty()).parse(EXAMPLE);

        assertThat(DesiredSecrets.of(desired).size()).isGreaterThan(20);
        assertThat(desired.secrets())
                .filteredOn(Fixtures.class::isInstance)
                .allSatisfy(source -> assertThat(((Fixtures) source).file()).isRegularFile());
    }

    @Test
    void everyMakeTargetIsDocumentedAndExists() throws IOException {
        Set<String> targets = matches("(?m)^[a-z-]+(?=:)", Files.readString(Path.of("Makefile")));
        Set<String> named = new TreeSet<>();
        for (Documentation page : Documentation.pages()) {
            page.code().forEach(code -> named.addAll(matches("(?<=\\bmake )[a-z][a-z-]*", code)));
        }

        assertThat(named).containsExactlyElementsOf(targets);
    }

    @Test
    void everyTestAndScriptNamedExists() throws IOException {
        Set<String> tests;
        try (Stream<Path> sources = Files.walk(Path.of("src", "test", "java"))) {
            tests = sources.map(file -> file.getFileName().toString().replace(".java", ""))
                    .collect(Collectors.toSet());
        }
        for (Documentation page : Documentation.pages()) {
            page.code().forEach(code -> {
                assertThat(matches("(?<=test=)(?!NoSuch)\\w+", code))
                        .as("tests in %s", page)
                        .isSubsetOf(tests);
                assertThat(matches("\\btools/\\w+", code))
                        .as("scripts in %s", page)
                        .allSatisfy(script -> assertThat(Path.of(script)).isExecutable());
            });
        }
    }

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        for (Documentation page : Documentation.pages()) {
            for (String link : matches("(?<=\\]\\()[^)\\s]+(?=\\))", page.text())) {
                if (link.startsWith("http")) {
                    continue;
                }
                String[] parts = link.split("#", 2);
                Path target = parts[0].isEmpty()
                        ? page.file()
                        : page.file().toAbsolutePath().resolveSibling(parts[0]).normalize();
                assertThat(target).as("%s links to %s", page, link).exists();
                if (parts.length == 2) {
                    assertThat(anchors(Files.readString(target)))
                            .as("%s links to %s", page, link)
                            .contains(parts[1]);
                }
            }
        }
    }

    /** Anchors of headings as GitHub makes them. */
    private static Set<String> anchors(String text) {
        return matches("(?m)(?<=^#{1,4} ).+$", text).stream()
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String row(String... cells) {
        return String.join(" | ", cells);
    }
}
