package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The commands by name. Only the one that is called is described to the parser: reading the annotations of all of them
 * takes longer than the rest of a start.
 */
final class Commands {

    /** In the order of the help. */
    private static final Map<String, Class<?>> BY_NAME = byName();

    /** Options of every command whose value may be the next argument. */
    private static final Set<String> WITH_VALUE = Set.of("--output", "--set", "--profile", "--config");

    private Commands() {}

    private static Map<String, Class<?>> byName() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("run", RunCommand.class);
        commands.put("plan", PlanCommand.class);
        commands.put("status", StatusCommand.class);
        commands.put("policy", PolicyCommand.class);
        commands.put("verify", VerifyCommand.class);
        commands.put("doctor", DoctorCommand.class);
        commands.put("snapshot", SnapshotCommand.class);
        commands.put("keys", KeysCommand.class);
        commands.put("serve", ServeCommand.class);
        return commands;
    }

    /** A parser for these arguments. It knows all commands where none of them is called, since help and errors list them. */
    static CommandLine parser(CommandLine.IFactory factory, String... args) {
        CommandLine parser = new CommandLine(TopCommand.class, factory);
        String called = called(args);
        BY_NAME.forEach((name, command) -> {
            if (called.equals(name) || !BY_NAME.containsKey(called)) {
                parser.addSubcommand(name, new CommandLine(command, factory));
            }
        });
        return parser.setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** The first argument that is no option and no value of one; empty where there is none. */
    private static String called(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (WITH_VALUE.contains(args[i])) {
                i++;
            } else if (!args[i].startsWith("-")) {
                return args[i];
            }
        }
        return "";
    }
}
