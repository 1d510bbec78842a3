package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Which of several values of one key counts, told from the number of shares with which an empty server would start. */
class ConfigurationPrecedenceIT {

    private static final String KEY = "bootstrap.desired-state.file";
    private static final String VARIABLE = "BOOTSTRAP_DESIRED_STATE_FILE";

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;
    private Path file;

    @BeforeEach
    void application() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), "{}");
        file = Files.writeString(folder.resolve("my.properties"), """
                bootstrap.keys.shares=7
                bootstrap.keys.threshold=2
                """);
        application = PackagedApplication.in(folder, SERVER.address())
                .without("BOOTSTRAP_KEYS_SHARES")
                .without("BOOTSTRAP_KEYS_THRESHOLD");
    }

    @Test
    void defaultCountsWhenNothingElseDoes() {
        assertThat(plan()).contains("initialize with 5 shares, threshold 3");
    }

    @Test
    void profileWinsOverDefault() {
        assertThat(plan("--profile", "local")).contains("initialize with 1 share, threshold 1");
    }

    @Test
    void fileWinsOverProfile() {
        assertThat(plan("--profile", "local", "--config", file.toString()))
                .contains("initialize with 7 shares, threshold 2");
    }

    @Test
    void environmentWinsOverFile() {
        application = application.with("BOOTSTRAP_KEYS_SHARES", "8");

        assertThat(plan("--config=" + file)).contains("initialize with 8 shares, threshold 2");
    }

    @Test
    void commandLineWinsOverEnvironment() {
        application = application.with("BOOTSTRAP_KEYS_SHARES", "8");

        assertThat(plan("--config", file.toString(), "--set", "bootstrap.keys.shares=9"))
                .contains("initialize with 9 shares, threshold 2");
    }

    /** The profile of a cluster names a document that is not there, as does who wins over it. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "profile,     /etc/vault-bootstrap/desired-state/desired-state.yaml",
        "file,        /of-file.yaml",
        "environment, /of-environment.yaml",
        "option,      /of-option.yaml"
    })
    void eachWinsOverThoseBeforeItInTheProfileOfAClusterToo(String winner, String document) throws IOException {
        List<String> all = List.of("profile", "file", "environment", "option");
        List<String> set = all.subList(0, all.indexOf(winner) + 1);
        Files.writeString(file, set.contains("file") ? KEY + "=/of-file.yaml" : "");
        application = set.contains("environment")
                ? application.with(VARIABLE, "/of-environment.yaml")
                : application.without(VARIABLE);
        List<String> options = new ArrayList<>(List.of("--profile", "ha", "--config", file.toString()));
        if (set.contains("option")) {
            options.addAll(List.of("--set", KEY + "=/of-option.yaml"));
        }

        Result result = run(options.toArray(String[]::new));

        assertThat(result.exit()).as(result.stderr()).isEqualTo(ExitCode.USAGE.number());
        assertThat(result.stdout() + result.stderr()).contains(document + ": no such file");
    }

    private String plan(String... options) {
        Result result = run(options);

        assertThat(result.exit()).as(result.stderr()).isEqualTo(ExitCode.DIFFERENCES.number());
        return result.stdout();
    }

    private Result run(String... options) {
        return application.run(
                Stream.concat(Stream.of("plan"), Arrays.stream(options)).toArray(String[]::new));
    }
}
