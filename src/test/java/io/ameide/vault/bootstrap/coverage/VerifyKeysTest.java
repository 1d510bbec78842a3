package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.Generated;
import io.ameide.vault.bootstrap.desired.Place;
import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.secrets.RememberingProvider;
import io.ameide.vault.bootstrap.secrets.SecretProvider;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class VerifyKeysTest {

    private static final String SENTINEL = "s3ntinel";
    private static final Place PLACE = new Place("required.yaml", 7);

    private final Map<String, SecretProvider.Stored> held = new HashMap<>();
    private final List<String> asked = new ArrayList<>();

    /** Holds what a test put there; one name cannot be read. */
    private final RememberingProvider provider = new RememberingProvider(new SecretProvider() {

        @Override
        public Optional<Problem> unfit() {
            return Optional.empty();
        }

        @Override
        public Optional<Stored> read(String name) {
            asked.add(name);
            if (name.equals("denied")) {
                throw new ProblemException(Problem.access("denied it is", ""));
            }
            return Optional.ofNullable(held.get(name));
        }

        @Override
        public void write(String name, Map<String, Object> data, long expectedVersion) {
            throw new AssertionError("verifying writes nothing");
        }
    });

    @Test
    void everythingThatIsAskedForIsThere() {
        hold("db", Map.of("user", Sensitive.of(SENTINEL), "password", Sensitive.of(SENTINEL)));
        hold("made", Map.of("value", Sensitive.of(SENTINEL)));

        assertThat(verify(required("db", "user"), required("db", "password"), required("db", null)))
                .isEqualTo(new Outcome.Unchanged("4 keys of 2 secrets"));
        assertThat(asked).as("each secret is read once").containsExactlyInAnyOrder("db", "made");
    }

    @Test
    void whatIsMissingIsNamedWithThePlaceThatAsks() {
        hold("db", Map.of("user", Sensitive.of(SENTINEL)));
        held.put("deleted", new SecretProvider.Stored(Map.of(), 2, true));

        Outcome outcome = verify(required("db", "password"), required("deleted", null), required("never", "value"));

        assertThat(problems(outcome))
                .containsExactly(
                        "MISSING secret secret/made is not there, required by desired-state.yaml:3",
                        "MISSING secret secret/db has no property password, required by deployment/api (required.yaml:7)",
                        "MISSING secret secret/deleted is not there, required by deployment/api (required.yaml:7)",
                        "MISSING secret secret/never is not there, required by deployment/api (required.yaml:7)");
        assertThat(outcome.toString()).doesNotContain(SENTINEL);
    }

    @Test
    void secretThatCannotBeReadIsNoMissingOneAndStopsNoOther() {
        hold("made", Map.of("value", Sensitive.of(SENTINEL)));

        assertThat(problems(verify(required("denied", null), required("never", null))))
                .containsExactly(
                        "ACCESS denied it is",
                        "MISSING secret secret/never is not there, required by deployment/api (required.yaml:7)");
    }

    private void hold(String name, Map<String, Object> data) {
        held.put(name, new SecretProvider.Stored(data, 1, false));
    }

    /** The desired state asks for {@code made}; what is given here besides. */
    private Outcome verify(RequiredKey... required) {
        Generated made = new Generated("made", "value", 16, "abcdefghij", "secret", new Place("desired-state.yaml", 3));
        DesiredState desired = new DesiredState(List.of(), List.of(), List.of(), List.of(), List.of(made), List.of());
        return new VerifyKeys(DesiredSecrets.of(desired), List.of(required), () -> Optional.of(mount -> provider), 1)
                .run(Mode.APPLY);
    }

    private static RequiredKey required(String key, String property) {
        return new RequiredKey("secret", key, Optional.ofNullable(property), "deployment/api", PLACE);
    }

    private static List<String> problems(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome)
                .problems().stream()
                        .map(problem -> problem.kind() + " " + problem.message())
                        .toList();
    }
}
