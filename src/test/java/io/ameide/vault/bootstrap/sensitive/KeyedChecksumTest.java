package io.ameide.vault.bootstrap.sensitive;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class KeyedChecksumTest {

    private final KeyedChecksum checksum = new KeyedChecksum(key(1));

    static Stream<Arguments> same() {
        Map<String, Object> forth = new LinkedHashMap<>();
        forth.put("a", "1");
        forth.put("b", "2");
        Map<String, Object> back = new LinkedHashMap<>();
        back.put("b", "2");
        back.put("a", "1");
        return Stream.of(
                arguments(forth, back),
                arguments("x", Sensitive.of("x")),
                arguments(1L, 1),
                arguments(1L, 1.0),
                arguments(100.0, 1e2));
    }

    @ParameterizedTest
    @MethodSource("same")
    void whatMeansTheSameHasTheSameChecksum(Object one, Object other) {
        assertThat(checksum.of(one)).isEqualTo(checksum.of(other));
    }

    static Stream<Arguments> other() {
        return Stream.of(
                arguments("a", "b"),
                arguments("", List.of()),
                arguments(List.of(), Map.of()),
                arguments(List.of("ab", "c"), List.of("a", "bc")),
                arguments(List.of("a", "b"), List.of("b", "a")),
                arguments(List.of(List.of("a"), "b"), List.of(List.of("a", "b"))),
                arguments(Map.of("a", "bc"), Map.of("ab", "c")),
                arguments(Map.of("a", "1"), Map.of("a", "1", "b", "")),
                arguments(List.of("1:a"), List.of("1", "a")),
                arguments(1L, "1"),
                arguments(1L, 2L),
                arguments(true, "yes"));
    }

    @ParameterizedTest
    @MethodSource("other")
    void whatDiffersHasAnother(Object one, Object other) {
        assertThat(checksum.of(one)).isNotEqualTo(checksum.of(other));
    }

    @Test
    void withoutTheKeyAGuessCannotBeTried() {
        assertThat(new KeyedChecksum(key(2)).of("guess")).isNotEqualTo(checksum.of("guess"));
        assertThat(checksum.of("guess")).matches("hmac-sha256:[0-9a-f]{64}");
    }

    private static Sensitive key(int fill) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) fill);
        return Sensitive.of(Base64.getEncoder().encodeToString(bytes));
    }
}
