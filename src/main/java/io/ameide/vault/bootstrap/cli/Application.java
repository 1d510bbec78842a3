package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.quarkus.runtime.QuarkusApplication;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Parses the command line, runs the command, and turns what it throws into words and an exit code. */
public final class Application implements QuarkusApplication {

    private final CommandLine.IFactory commands;

    Application(CommandLine.IFactory commands) {
        this.commands = commands;
    }

    @Override
    public int run(String... args) {
        CommandLine line = Commands.parser(commands, args);
        line.setParameterExceptionHandler(Application::usage);
        line.setExecutionExceptionHandler(Application::failure);
        return line.execute(args);
    }

    private static int usage(ParameterException exception, String[] args) {
        CommandLine command = exception.getCommandLine();
        command.getErr().println("error: " + exception.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(exception, command.getErr());
        command.getErr()
                .println("hint: %s --help".formatted(command.getCommandSpec().qualifiedName()));
        if (LaunchOptions.format(args) == OutputFormat.JSON) {
            Problem problem = Problem.invalid(
                    exception.getMessage(),
                    "%s --help".formatted(command.getCommandSpec().qualifiedName()));
            command.getOut().println(ReportJson.of(problem, ExitCode.USAGE).toPrettyString());
        }
        return ExitCode.USAGE.number();
    }

    private static int failure(Exception exception, CommandLine command, ParseResult parsed) {
        if (!(exception instanceof RuntimeException failure)) {
            throw new IllegalStateException("commands throw no checked exceptions", exception);
        }
        CommandLine root = command;
        while (root.getParent() != null) {
            root = root.getParent();
        }
        return root.<TopCommand>getCommand().output().failed(failure).number();
    }
}
