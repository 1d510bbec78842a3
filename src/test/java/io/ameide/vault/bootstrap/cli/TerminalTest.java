package io.ameide.vault.bootstrap.cli;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class TerminalTest {

    @ParameterizedTest(name = "{0}")
    @MethodSource("surroundings")
    void colorAndProgressFollowTheSurroundings(
            String name, boolean attached, Map<String, String> environment, Terminal expected) {
        assertThat(Terminal.of(attached, environment)).isEqualTo(expected);
    }

    static Stream<Arguments> surroundings() {
        return Stream.of(
                arguments("a terminal", true, Map.of("TERM", "xterm-256color"), new Terminal(true, true)),
                arguments("a terminal of unknown kind", true, Map.of(), new Terminal(true, true)),
                arguments("NO_COLOR", true, Map.of("NO_COLOR", "1"), new Terminal(true, false)),
                arguments("NO_COLOR with any value", true, Map.of("NO_COLOR", "false"), new Terminal(true, false)),
                arguments(
                        "NO_COLOR empty, which no-color.org has mean nothing",
                        true,
                        Map.of("NO_COLOR", ""),
                        new Terminal(true, true)),
                arguments("a dumb terminal", true, Map.of("TERM", "dumb"), new Terminal(false, false)),
                arguments("a pipe", false, Map.of("TERM", "xterm-256color"), new Terminal(false, false)));
    }
}
