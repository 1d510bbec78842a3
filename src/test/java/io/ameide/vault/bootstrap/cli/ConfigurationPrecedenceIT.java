package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Which of several values of one key counts, told from the number of shares with which an empty server would start. */
class ConfigurationPrecedenceIT {

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
