package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ConfigurationKeysTest {

    @Test
    void everyMappingOfTheApplicationIsKnown() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            assertThat(sources.filter(Files::isRegularFile).filter(ConfigurationKeysTest::isMapping))
                    .extracting(file -> file.getFileName().toString().replace(".java", ""))
                    .containsExactlyInAnyOrderElementsOf(ConfigurationKeys.MAPPINGS.stream()
                            .map(Class::getSimpleName)
                            .toList());
        }
    }

    private static boolean isMapping(Path source) {
        try {
            return Files.readString(source).contains("\n@ConfigMapping(");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void keysAreThoseAPersonWrites() {
        assertThat(ConfigurationKeys.known())
                .contains(
                        "bootstrap.keys.shares",
                        "bootstrap.keys.pgp-keys",
                        "bootstrap.vault.addresses",
                        "bootstrap.vault.tls.ca-file",
                        "bootstrap.access.app-role.mount",
                        "bootstrap.custody.file.folder",
                        "bootstrap.snapshot.targets.NAME.folder",
                        "bootstrap.snapshot.targets.NAME.keep.newest")
                .allSatisfy(key -> assertThat(key).matches("bootstrap(\\.([a-z0-9]+(-[a-z]+)*|NAME)){2,6}"));
    }

    @Test
    void everyKeyHasItsVariable() {
        List<String> variables = ConfigurationKeys.known().stream()
                .map(ConfigurationKeys::variable)
                .toList();

        assertThat(variables).contains("BOOTSTRAP_KEYS_PGP_KEYS");
        assertThatCode(() -> ConfigurationKeys.requireKnownVariables(variables)).doesNotThrowAnyException();
    }

    @Test
    void unknownVariablesAreRefusedWithWhatWasProbablyMeant() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> ConfigurationKeys.requireKnownVariables(
                        List.of("PATH", "BOOTSTRAP_KEYS_SHARS", "BOOTSTRAP_WHATEVER", "BOOTSTRAP_KEYS_SHARES")))
                .satisfies(refused -> assertThat(refused.problem().message()).isEqualTo("""
                        environment variable BOOTSTRAP_KEYS_SHARS sets no configuration key; did you mean "BOOTSTRAP_KEYS_SHARES"?
                        environment variable BOOTSTRAP_WHATEVER sets no configuration key"""));
    }

    @Test
    void namesThatAPersonChoosesAreNoMistakes() {
        assertThatCode(() -> ConfigurationKeys.requireKnownKeys(
                        Map.of("bootstrap.snapshot.targets.off-site.keep.daily", "line 1")))
                .doesNotThrowAnyException();
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() ->
                        ConfigurationKeys.requireKnownKeys(Map.of("bootstrap.snapshot.targets.local.foldr", "line 1")))
                .withMessageContaining("bootstrap.snapshot.targets.local.foldr, line 1, is not known");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BOOTSTRAP_SERVICE_HOST",
                "BOOTSTRAP_SERVICE_PORT",
                "BOOTSTRAP_SERVICE_PORT_HTTP",
                "BOOTSTRAP_PORT",
                "BOOTSTRAP_PORT_8080_TCP",
                "BOOTSTRAP_PORT_8080_TCP_ADDR",
                "BOOTSTRAP_METRICS_SERVICE_HOST",
                "BOOTSTRAP_VAULT_ADDRESSES_0_",
                "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_KEEP_NEWEST",
                "BOOTSTRAP_SNAPSHOT_TARGETS_TWO_WORDS_FOLDER"
            })
    void serviceLinksAndElementsOfListsAreNoMistakes(String variable) {
        assertThatCode(() -> ConfigurationKeys.requireKnownVariables(List.of(variable)))
                .doesNotThrowAnyException();
    }
}
