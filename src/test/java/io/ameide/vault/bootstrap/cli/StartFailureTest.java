package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.seal.KeysConfig;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class StartFailureTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void unknownKeyIsNamedWithItsPlaceAndWhatWasProbablyMeant() {
        assertThat(explain(invalid(Map.of("bootstrap.keys.shars", "3")))).isEqualTo(64);
        assertThat(err()).isEqualTo("""
                error: configuration key bootstrap.keys.shars, from PropertiesConfigSource[source=keys.properties], is not known; did you mean "bootstrap.keys.shares"?
                hint: docs/configuration.md lists every key
                """);
        assertThat(out()).isEmpty();
    }

    @Test
    void valueThatDoesNotFitIsNotQuoted() {
        assertThat(explain(invalid(Map.of("bootstrap.keys.shares", "hunter2")))).isEqualTo(64);
        assertThat(err())
                .startsWith("error: configuration key bootstrap.keys.shares is no whole number\n")
                .doesNotContain("hunter2");
    }

    @Test
    void nameThatTheLocaleCannotHoldSaysHowToChooseAnother() {
        assertThat(ConfigurationComplaint.of(
                        "SRCFG00039: The config property bootstrap.desired-state.file with the config value \"/h?\" threw an"
                                + " Exception whilst being converted Malformed input or input contains unmappable"
                                + " characters: /h?"))
                .isEqualTo("configuration key bootstrap.desired-state.file names a file in characters that this process"
                        + " cannot use; set LC_ALL=C.UTF-8 for names that are not ASCII");
    }

    @Test
    void everyComplaintIsTold() {
        explain(invalid(Map.of("bootstrap.keys.shares", "many", "bootstrap.keys.threshold", "")));

        assertThat(err())
                .contains("error: configuration key bootstrap.keys.shares is no whole number\n")
                .contains(
                        "error: configuration key bootstrap.keys.threshold is empty; give it a value or leave it out\n");
    }

    @Test
    void jsonIsOneDocumentOnStdout() throws JsonProcessingException {
        int exit = new StartFailure(OutputFormat.JSON, stream(out), stream(err))
                .explain(new ProblemException(Problem.blocked("custody is lost", "restore it")));

        assertThat(exit).isEqualTo(4);
        assertThat(new ObjectMapper().readTree(out()).at("/problem/message").asText())
                .isEqualTo("custody is lost");
        assertThat(err()).isEqualTo("error: custody is lost\nhint: restore it\n");
    }

    @Test
    void takenPortIsTold() {
        assertThat(explain(new RuntimeException(
                        "wrapped",
                        new QuarkusBindException("0.0.0.0", 8080, new BindException("Address already in use")))))
                .isEqualTo(1);
        assertThat(err()).startsWith("error: cannot serve health and metrics: port 8080 is in use");
    }

    @Test
    void failureNobodyPlannedForTellsItsKindAndNotItsText() {
        assertThat(explain(new RuntimeException("outer hunter2", new IllegalStateException("hunter2"))))
                .isEqualTo(1);
        assertThat(err())
                .startsWith("error: unexpected IllegalStateException")
                .contains("defect")
                .doesNotContain("hunter2");
    }

    private int explain(Throwable failure) {
        return new StartFailure(OutputFormat.TEXT, stream(out), stream(err)).explain(failure);
    }

    private static Throwable invalid(Map<String, String> properties) {
        return new IllegalStateException(assertThatExceptionOfType(ConfigValidationException.class)
                .isThrownBy(() -> new SmallRyeConfigBuilder()
                        .withMapping(KeysConfig.class)
                        .withSources(new PropertiesConfigSource(properties, "keys.properties", 100))
                        .build())
                .actual());
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
