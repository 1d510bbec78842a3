package io.ameide.vault.bootstrap.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class CommandsTest {

    @ParameterizedTest
    @ValueSource(strings = {"plan", "plan --output json", "--output json plan", "--output=json plan", "plan snapshot"})
    void onlyTheCalledCommandIsDescribed(String arguments) {
        assertThat(commands(arguments.split(" "))).containsExactly("plan");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--output json", "stauts"})
    void helpAndErrorsListAllCommands(String arguments) {
        assertThat(commands(arguments.split(" "))).contains("run", "plan", "snapshot", "keys", "serve");
    }

    /** Else the value of one that is added later would be taken for a command. */
    @Test
    void valueOfEveryOptionIsPassedOver() {
        CommandLine all = Commands.parser(new WithoutDependencies());

        assertThat(all.getCommandSpec().options())
                .filteredOn(option -> option.arity().max() > 0)
                .extracting(OptionSpec::longestName)
                .allSatisfy(
                        option -> assertThat(commands(option, "run", "plan")).containsExactly("plan"))
                .isNotEmpty();
    }

    private static Set<String> commands(String... arguments) {
        return Commands.parser(new WithoutDependencies(), arguments)
                .getSubcommands()
                .keySet();
    }
}
