package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.ameide.vault.bootstrap.access.OwnPolicy;
import io.ameide.vault.bootstrap.diagnosis.Examined;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Progress;
import io.ameide.vault.bootstrap.tick.Report;

import java.io.PrintWriter;
import java.time.Instant;
import java.util.Optional;

/**
 * Where a command's words go. Results go to stdout: text for people, or with {@link OutputFormat#JSON} one document.
 * Everything said besides the result, and what went wrong before there was one, goes to stderr. Color and progress are
 * for terminals only.
 */
final class Output implements Progress {

    /** Below this a step is over before anybody would look at its progress. */
    private static final int MANY = 200;

    private final OutputFormat format;
    private final PrintWriter out;
    private final PrintWriter err;
    private final Terminal terminal;

    Output(OutputFormat format, PrintWriter out, PrintWriter err) {
        this.format = format;
        this.out = out;
        this.err = err;
        this.terminal = Terminal.current();
    }

    void report(Report report) {
        ExitCode exit = ExitCode.of(report);
        switch (format) {
            case TEXT -> out.print(new ReportTable(terminal.style()).render(report, exit));
            case JSON -> print(ReportJson.of(report, exit));
        }
        requireWritten();
    }

    ExitCode status(Status status) {
        switch (format) {
            case TEXT -> out.print(status.text());
            case JSON -> print(status.json());
        }
        requireWritten();
        return status.exit();
    }

    ExitCode keys(KeysVerdict verdict) {
        switch (format) {
            case TEXT -> out.print(verdict.text());
            case JSON -> print(verdict.json());
        }
        requireWritten();
        return verdict.exit();
    }

    /** @param created false when it was there already */
    ExitCode sealKey(String secret, boolean created) {
        switch (format) {
            case TEXT -> out.println(created ? secret + ": created" : secret + ": is there already and stays as it is");
            case JSON ->
                print(JsonNodeFactory.instance
                        .objectNode()
                        .put("exitCode", ExitCode.CONVERGED.number())
                        .put("result", ExitCode.CONVERGED.word())
                        .put("secret", secret)
                        .put("created", created));
        }
        requireWritten();
        return ExitCode.CONVERGED;
    }

    ExitCode snapshots(SnapshotResult result, Instant now) {
        switch (format) {
            case TEXT -> out.print(result.text(now));
            case JSON -> print(result.json());
        }
        requireWritten();
        return result.exit();
    }

    ExitCode inspection(SnapshotInspection inspection, Instant now) {
        switch (format) {
            case TEXT -> out.print(inspection.text(now));
            case JSON -> print(inspection.json());
        }
        requireWritten();
        return inspection.exit();
    }

    ExitCode drill(DrillReport report) {
        switch (format) {
            case TEXT -> out.print(report.text());
            case JSON -> print(report.json());
        }
        requireWritten();
        return ExitCode.CONVERGED;
    }

    ExitCode policy(OwnPolicy policy) {
        switch (format) {
            case TEXT -> out.print(policy.rules());
            case JSON ->
                print(JsonNodeFactory.instance
                        .objectNode()
                        .put("exitCode", ExitCode.CONVERGED.number())
                        .put("result", ExitCode.CONVERGED.word())
                        .put("name", policy.name())
                        .put("rules", policy.rules()));
        }
        requireWritten();
        return ExitCode.CONVERGED;
    }

    ExitCode diagnosis(Examined examined) {
        switch (format) {
            case TEXT -> out.print(DiagnosisText.text(examined, terminal.style()));
            case JSON -> print(DiagnosisText.json(examined));
        }
        requireWritten();
        return DiagnosisText.exit(examined);
    }

    /** A command that came to no result. */
    ExitCode failed(RuntimeException exception) {
        Problem problem = Problem.of(exception);
        ExitCode exit = ExitCode.of(problem);
        err.println(terminal.style().failed("error:") + " " + problem.message());
        if (!problem.hint().isEmpty()) {
            err.println("hint: " + problem.hint());
        }
        err.flush();
        if (format == OutputFormat.JSON) {
            // Not checked: stdout may be what failed.
            print(ReportJson.of(problem, exit));
        }
        return exit;
    }

    /** Something worth knowing besides the result. */
    void announce(String text) {
        err.println(text);
        err.flush();
    }

    /** Asks the person at the terminal; empty where there is none, or they say nothing. */
    Optional<String> ask(String question) {
        if (!terminal.interactive() || format == OutputFormat.JSON) {
            return Optional.empty();
        }
        err.flush();
        return Optional.ofNullable(System.console().readLine("%s", question))
                .map(String::strip)
                .filter(answer -> !answer.isEmpty());
    }

    @Override
    public synchronized void advanced(String what, int done, int total) {
        if (total < MANY || !terminal.interactive() || done % (total / 100) != 0 && done != total) {
            return;
        }
        err.print("\r%s %d of %d%s".formatted(what, done, total, done == total ? "\r" + " ".repeat(40) + "\r" : ""));
        err.flush();
    }

    /**
     * A result that nobody got is no success, whatever it says.
     *
     * @throws ProblemException when stdout is full or closed
     */
    private void requireWritten() {
        // Flushes, too. What went wrong, neither PrintWriter nor PrintStream tells.
        if (out.checkError()) {
            throw new ProblemException(Problem.error(
                    "cannot write the result to stdout", "is its disk full, or the program that reads it gone?"));
        }
    }

    private void print(JsonNode document) {
        out.println(document.toPrettyString());
        out.flush();
    }
}
