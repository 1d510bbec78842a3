package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Report;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class OutputTest {

    private static final Report CHANGED = Reports.of(
            Mode.APPLY,
            Reports.step("configure", Reports.changed(new Change("policy a", "create")), 1, Reports.requests(1, 1)));

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void textReportGoesToStdout() {
        text().report(CHANGED);

        assertThat(out.toString())
                .contains("policy a: create")
                .endsWith("converged: 1 change, 1 read, 1 write, 1 ms\n");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(OutputFormat.class)
    void resultThatNobodyGetsIsNoSuccess(OutputFormat format) {
        PrintStream full = new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        });
        Output output = new Output(format, new PrintWriter(full, true), new PrintWriter(err));

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> output.report(CHANGED))
                .withMessageContaining("cannot write the result to stdout");
        assertThat(output.failed(new ProblemException(Problem.error("x", "")))).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void jsonReportIsOneDocumentWhateverElseIsSaid() throws IOException {
        Output output = json();
        output.announce("x.local.json overrides 1 and adds 0 secrets of x.json");
        output.advanced("secrets", 100, 1000);
        output.report(CHANGED);

        assertThat(documents())
                .singleElement()
                .satisfies(
                        document -> assertThat(document.path("result").asText()).isEqualTo("converged"));
        assertThat(err.toString()).isEqualTo("x.local.json overrides 1 and adds 0 secrets of x.json\n");
    }

    @Test
    void jsonFailureIsOneDocumentAndWordsOnStderr() throws IOException {
        ExitCode exit = json().failed(new ProblemException(Problem.invalid("no such file", "name another")));

        assertThat(exit).isEqualTo(ExitCode.USAGE);
        assertThat(documents())
                .singleElement()
                .satisfies(document ->
                        assertThat(document.at("/problem/message").asText()).isEqualTo("no such file"));
        assertThat(err.toString()).isEqualTo("error: no such file\nhint: name another\n");
    }

    @Test
    void textFailureLeavesStdoutEmpty() {
        text().failed(new ProblemException(Problem.error("refused", "")));

        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEqualTo("error: refused\n");
    }

    @Test
    void unexpectedFailureIsToldWithoutItsText() {
        ExitCode exit = text().failed(new IllegalStateException("hunter2"));

        assertThat(exit).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("IllegalStateException").doesNotContain("hunter2");
    }

    @Test
    void jsonStatusAndListingAreOneDocumentEach() throws IOException {
        json().status(new Status(List.of(), List.of(), "file keys.json", Optional.empty()));
        json().snapshots(
                        new SnapshotListing(List.of(new SnapshotListing.Shelf.Seen(
                                "local (folder snapshots)",
                                new SnapshotTarget.Contents(
                                        List.of(), List.of(new SnapshotTarget.Broken("a.snap", "no manifest")))))),
                        Instant.EPOCH);

        assertThat(documents()).hasSize(2).allSatisfy(document -> {
            assertThat(document.path("exitCode").asInt(-1)).isZero();
            assertThat(document.path("result").asText()).isEqualTo("converged");
        });
    }

    @Test
    void aPipeSeesNoProgress() {
        text().advanced("secrets", 1000, 1000);

        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEmpty();
    }

    private Output text() {
        return new Output(OutputFormat.TEXT, new PrintWriter(out), new PrintWriter(err));
    }

    private Output json() {
        return new Output(OutputFormat.JSON, new PrintWriter(out), new PrintWriter(err));
    }

    private List<JsonNode> documents() throws IOException {
        List<JsonNode> documents = new ArrayList<>();
        try (JsonParser parser = new ObjectMapper().createParser(out.toString())) {
            parser.<JsonNode>readValuesAs(JsonNode.class).forEachRemaining(documents::add);
        }
        return documents;
    }
}
