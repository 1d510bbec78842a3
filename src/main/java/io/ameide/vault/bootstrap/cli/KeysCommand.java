package io.ameide.vault.bootstrap.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "keys",
        description = "Look after the shares in key custody, and the key of a static seal.",
        subcommands = SealKeyCommand.class)
final class KeysCommand implements Runnable {

    @ParentCommand
    TopCommand top;

    @Spec
    CommandSpec spec;

    private final KeysCheck check;

    KeysCommand(KeysCheck check) {
        this.check = check;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "keys wants check or seal-key");
    }

    @Command(
            name = "check",
            description = "Tell whether what is in custody could unseal the cluster, without unsealing it.")
    int check(
            @Option(
                            names = "--prove",
                            description =
                                    "have the server try the shares, in an attempt to rotate them that is canceled before it takes effect")
                    boolean prove) {
        Output output = top.output();
        return output.keys(check.run(prove, output::announce)).number();
    }
}
