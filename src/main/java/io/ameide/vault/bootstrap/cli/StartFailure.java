package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;

import java.io.PrintStream;

/** Says in words why the application could not start. */
final class StartFailure {

    private StartFailure() {}

    /** @return the exit code */
    static int explain(Throwable failure, PrintStream err) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigValidationException invalid) {
                for (int i = 0; i < invalid.getProblemCount(); i++) {
                    err.println("error: configuration: " + invalid.getProblem(i).getMessage());
                }
                err.println("hint: docs/configuration.md lists every key");
                return ExitCode.USAGE.number();
            }
            if (cause instanceof QuarkusBindException taken) {
                return say(
                        Problem.error(
                                "cannot serve health and metrics: port %d is in use by another process"
                                        .formatted(taken.getPort()),
                                "end that process, or choose another port with QUARKUS_HTTP_PORT"),
                        err);
            }
            if (cause instanceof ProblemException known) {
                return say(known.problem(), err);
            }
        }
        return say(Problem.of(new IllegalStateException(failure)), err);
    }

    private static int say(Problem problem, PrintStream err) {
        err.println("error: " + problem.message());
        if (!problem.hint().isEmpty()) {
            err.println("hint: " + problem.hint());
        }
        return ExitCode.of(problem).number();
    }
}
