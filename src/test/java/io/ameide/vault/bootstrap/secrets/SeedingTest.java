package io.ameide.vault.bootstrap.secrets;

import com.fasterxml.jackson.databind.node.NullNode;
import io.ameide.vault.bootstrap.desired.DesiredState.SeedMode;
import io.ameide.vault.bootstrap.secrets.SecretProvider.Stored;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class SeedingTest {

    private static final String SENTINEL = "s3ntinel";
    private static final Map<String, Object> DATA = Map.of("value", Sensitive.of(SENTINEL));

    @ParameterizedTest
    @EnumSource(SeedMode.class)
    void whatIsNotThereIsCreated(SeedMode mode) {
        assertThat(decide(mode, DATA, Optional.empty())).isEqualTo(new Seeding.Create(DATA));
    }

    @ParameterizedTest
    @EnumSource(SeedMode.class)
    void metadataAloneIsNoSecretYet(SeedMode mode) {
        assertThat(decide(mode, DATA, Optional.of(new Stored(Map.of(), 0, true))))
                .isEqualTo(new Seeding.Create(DATA));
    }

    @ParameterizedTest
    @EnumSource(SeedMode.class)
    void whatIsAsItShouldBeIsKept(SeedMode mode) {
        assertThat(decide(mode, DATA, stored(DATA))).isEqualTo(new Seeding.Keep());
    }

    @Test
    void whatWasCreatedOnceIsKeptWhateverItHolds() {
        assertThat(decide(SeedMode.CREATE_ONLY, DATA, stored(Map.of("value", Sensitive.of("other")))))
                .isEqualTo(new Seeding.Keep());
    }

    @Test
    void valueOfAKeptSecretIsNeverDrawn() {
        DesiredSecret generated = new DesiredSecret(
                "secret",
                "name",
                Set.of("value"),
                () -> {
                    throw new AssertionError("drawn");
                },
                SeedMode.CREATE_ONLY,
                "test");

        assertThat(Seeding.decide(generated, stored(DATA))).isEqualTo(new Seeding.Keep());
    }

    @Test
    void whatWasDeletedIsLeftToWhoeverDeletedIt() {
        assertThat(decide(SeedMode.CREATE_ONLY, DATA, Optional.of(new Stored(Map.of(), 3, true))))
                .isEqualTo(new Seeding.LeaveDeleted(3));
    }

    @Test
    void whatIsEnforcedComesBackAfterItWasDeleted() {
        assertThat(decide(SeedMode.ENFORCE, DATA, Optional.of(new Stored(Map.of(), 3, true))))
                .isEqualTo(new Seeding.Replace(DATA, 3, "was deleted"));
    }

    static Stream<Arguments> equalValues() {
        return Stream.of(
                arguments(1.0, 1L),
                arguments(1L, 1.0),
                arguments(1e3, 1000L),
                arguments(List.of(1.0, List.of(2L)), List.of(1L, List.of(2.0))),
                arguments(Map.of("n", 1.0), Map.of("n", 1L)));
    }

    @ParameterizedTest
    @MethodSource("equalValues")
    void numbersAreEqualAsJsonHasThem(Object desired, Object there) {
        assertThat(decide(SeedMode.ENFORCE, Map.of("p", desired), stored(Map.of("p", there))))
                .isEqualTo(new Seeding.Keep());
    }

    static Stream<Arguments> differentValues() {
        return Stream.of(
                arguments(1L, 2L),
                arguments(1L, Sensitive.of("1")),
                arguments(true, Sensitive.of("true")),
                arguments(Sensitive.of("null"), NullNode.getInstance()),
                arguments((1L << 53) - 1, 1L << 53),
                arguments(List.of(1L, 2L), List.of(2L, 1L)),
                arguments(List.of(1L), List.of(1L, 2L)),
                arguments(Map.of("n", 1L), Map.of("n", 1L, "m", 1L)),
                arguments(Map.of(), List.of()));
    }

    @ParameterizedTest
    @MethodSource("differentValues")
    void whatDiffersIsReplacedAtTheVersionThatWasSeen(Object desired, Object there) {
        assertThat(decide(SeedMode.ENFORCE, Map.of("p", desired), stored(Map.of("p", there))))
                .isEqualTo(new Seeding.Replace(Map.of("p", desired), 4, "p differs"));
    }

    @Test
    void differenceNamesPropertiesAndNoValue() {
        Seeding seeding = decide(
                SeedMode.ENFORCE,
                Map.of("same", 1L, "changed", Sensitive.of(SENTINEL), "new", Sensitive.of(SENTINEL)),
                stored(Map.of("same", 1L, "changed", Sensitive.of(SENTINEL + "-old"), "gone", 2L)));

        assertThat(seeding)
                .isInstanceOfSatisfying(
                        Seeding.Replace.class,
                        replace -> assertThat(replace.difference()).isEqualTo("changed, gone, new differs"));
        assertThat(seeding.toString()).doesNotContain(SENTINEL);
    }

    private static Seeding decide(SeedMode mode, Map<String, Object> data, Optional<Stored> stored) {
        return Seeding.decide(new DesiredSecret("secret", "name", data.keySet(), () -> data, mode, "test"), stored);
    }

    private static Optional<Stored> stored(Map<String, Object> data) {
        return Optional.of(new Stored(data, 4, false));
    }
}
