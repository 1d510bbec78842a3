package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;

import java.io.PrintStream;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Says in words why the application could not start, where there is no command yet that could. */
final class StartFailure {

    private final OutputFormat format;
    private final PrintStream out;
    private final PrintStream err;

    StartFailure(OutputFormat format, PrintStream out, PrintStream err) {
        this.format = format;
        this.out = out;
        this.err = err;
    }

    /** @return the exit code */
    int explain(Throwable failure) {
        Problem problem = problem(failure);
        problem.message().lines().forEach(line -> err.println("error: " + line));
        if (!problem.hint().isEmpty()) {
            err.println("hint: " + problem.hint());
        }
        ExitCode exit = ExitCode.of(problem);
        if (format == OutputFormat.JSON) {
            out.println(ReportJson.of(problem, exit).toPrettyString());
        }
        return exit.number();
    }

    private static Problem problem(Throwable failure) {
        Throwable last = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case ConfigValidationException invalid -> {
                    return Problem.invalid(
                            IntStream.range(0, invalid.getProblemCount())
                                    .mapToObj(i -> ConfigurationComplaint.of(
                                            invalid.getProblem(i).getMessage()))
                                    .distinct()
                                    .collect(Collectors.joining("\n")),
                            ConfigurationComplaint.HINT);
                }
                case ProblemException known -> {
                    return known.problem();
                }
                case QuarkusBindException taken -> {
                    return Problem.error(
                            "cannot serve health and metrics: port %d is in use by another process"
                                    .formatted(taken.getPort()),
                            "end that process, or choose another port with QUARKUS_HTTP_PORT");
                }
                default -> last = cause;
            }
        }
        return Problem.of(last instanceof RuntimeException known ? known : new IllegalStateException(last));
    }
}
