package io.ameide.vault.bootstrap.configure;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class PolicyTextTest {

    private static final String POLICY = "path \"secret/data/*\" { capabilities = [\"read\"] }";

    static Stream<Arguments> sameRules() {
        return Stream.of(
                arguments("line ends", "path \"secret/data/*\" {\n  capabilities = [\"read\"]\n}\n"),
                arguments("Windows line ends", "path \"secret/data/*\" {\r\n  capabilities = [\"read\"]\r\n}"),
                arguments("no space at all", "path\"secret/data/*\"{capabilities=[\"read\"]}"),
                arguments("comment behind", POLICY + " # why"),
                arguments("comment before", "// why\n" + POLICY),
                arguments("comment inside", "path /* a \" quote */ \"secret/data/*\" { capabilities = [\"read\"] }"),
                arguments("comment glued to a word", "path#why\n\"secret/data/*\" { capabilities/**/= [\"read\"] }"),
                arguments("comment that does not end", POLICY + " /* why"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sameRules")
    void layoutAndCommentsDoNotCount(String what, String other) {
        assertThat(PolicyText.same(POLICY, other)).isTrue();
    }

    static Stream<Arguments> otherRules() {
        return Stream.of(
                arguments("another path", POLICY, POLICY.replace("data", "metadata")),
                arguments("one capability more", POLICY, POLICY.replace("[\"read\"", "[\"read\", \"list\"")),
                arguments("space in a path", "path \"a b\" {}", "path \"ab\" {}"),
                arguments("two spaces in a path", "path \"a  b\" {}", "path \"a b\" {}"),
                arguments("a number sign in a path", "path \"a#b\" {}", "path \"a#c\" {}"),
                arguments("slashes in a path", "path \"a//b\" {}", "path \"a//c\" {}"),
                arguments("an escaped quote", "path \"a\\\" # b\" {}", "path \"a\\\" # c\" {}"),
                arguments("an escaped backslash at the end", "path \"a\\\\\" {} #x", "path \"a\\\\\" { x = 1 } #x"),
                arguments("words that run together", "a b = 1", "ab = 1"),
                arguments("white space in a heredoc", "x = <<EOF\na b\nEOF\n", "x = <<EOF\na  b\nEOF\n"),
                arguments("what looks like a comment in a heredoc", "x = <<-E\n# a\n  E\n", "x = <<-E\n# b\n  E\n"),
                arguments("what follows a heredoc", "x = <<E\na\nE\ny = 1", "x = <<E\na\nE\ny = 2"),
                arguments("quotes in an interpolation", "x = \"${f(\"a  b\")} c  d\"", "x = \"${f(\"a  b\")} c d\""),
                arguments("nothing", POLICY, ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("otherRules")
    void meaningCounts(String what, String one, String other) {
        assertThat(PolicyText.same(one, other)).isFalse();
    }

    @Test
    void heredocMayEndTheText() {
        assertThat(PolicyText.same("x = <<E\na\nE", "x  =  <<E\na\nE  # why")).isFalse();
        assertThat(PolicyText.same("x = <<E\na\nE\n", "x  =  <<E\na\nE\n# why")).isTrue();
    }
}
