package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

class LaunchOptionsTest {

    @TempDir
    Path folder;

    @Test
    void setsKeysInEitherSpelling() {
        Map<String, String> properties = LaunchOptions.of(
                        "run", "--set", "bootstrap.keys.shares=3", "--set=bootstrap.vault.addresses=http://a?b=c")
                .properties();

        assertThat(properties)
                .containsOnly(entry("bootstrap.keys.shares", "3"), entry("bootstrap.vault.addresses", "http://a?b=c"));
    }

    @Test
    void laterValueOfAKeyWins() {
        assertThat(LaunchOptions.of("--set", "a=1", "--set", "a=2").properties())
                .containsOnly(entry("a", "2"));
    }

    @Test
    void emptyValueIsAValue() {
        assertThat(LaunchOptions.of("--set", "a=").properties()).containsOnly(entry("a", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hunter2", "=hunter2", ""})
    void pairWithoutKeyIsRefusedAndNotQuoted(String pair) {
        assertThat(refusal("status", "--set", pair).toString())
                .startsWith("--set wants KEY=VALUE")
                .doesNotContain("hunter2");
    }

    @Test
    void configurationFileIsNamedAbsolutely() throws IOException {
        Path file = Files.writeString(folder.resolve("mounted.properties"), "");

        assertThat(LaunchOptions.of("--config", file.toString()).properties())
                .containsOnly(entry("vault-bootstrap.config", file.toString()));
    }

    @Test
    void configurationFileThatIsNotThereIsRefused() {
        Path file = folder.resolve("absent.properties");

        assertThat(refusal("--config", file.toString()).message()).isEqualTo("cannot read configuration file " + file);
        assertThat(refusal("--config=" + folder).message()).isEqualTo("cannot read configuration file " + folder);
    }

    @Test
    void yamlIsRefusedSinceNobodyWouldReadIt() throws IOException {
        Path file = Files.writeString(folder.resolve("mounted.yaml"), "");

        assertThat(refusal("--config", file.toString()).message()).endsWith("mounted.yaml is YAML");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "local"})
    void knownProfilesAreChosen(String profile) {
        assertThat(LaunchOptions.of("--profile", profile).properties()).containsOnly(entry("quarkus.profile", profile));
    }

    @ParameterizedTest
    @ValueSource(strings = {"loacl", "", "local,loacl", "prod"})
    void unknownProfilesAreRefused(String profile) {
        assertThat(refusal("run", "--profile", profile).hint()).isEqualTo("choose dev, local or ha");
    }

    @Test
    void profileOfTheEnvironmentIsKnownToo() {
        LaunchOptions.requireKnownProfile(Optional.empty());
        LaunchOptions.requireKnownProfile(Optional.of("ha"));
        LaunchOptions.requireKnownProfile(Optional.of("prod"));

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> LaunchOptions.requireKnownProfile(Optional.of("hs")))
                .withMessageContaining("QUARKUS_PROFILE: profile \"hs\" is not known");
    }

    @Test
    void onlyServeOpensAPort() {
        assertThat(LaunchOptions.of("run").properties()).isEmpty();
        assertThat(LaunchOptions.of("--profile", "local", "serve").properties())
                .containsEntry("quarkus.http.host-enabled", "true")
                .containsEntry("quarkus.scheduler.start-mode", "forced");
    }

    @Test
    void formatIsToldFromACommandLineThatCannotBeParsed() {
        assertThat(LaunchOptions.format("bogus", "--output", "json")).isEqualTo(OutputFormat.JSON);
        assertThat(LaunchOptions.format("--output=JSON", "--bogus")).isEqualTo(OutputFormat.JSON);
        assertThat(LaunchOptions.format("--output", "xml")).isEqualTo(OutputFormat.TEXT);
        assertThat(LaunchOptions.format("--output")).isEqualTo(OutputFormat.TEXT);
        assertThat(LaunchOptions.format()).isEqualTo(OutputFormat.TEXT);
    }

    private static Problem refusal(String... args) {
        ProblemException refused = assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> LaunchOptions.of(args))
                .actual();
        assertThat(refused.problem().kind()).isEqualTo(Problem.Kind.INVALID);
        return refused.problem();
    }
}
