package io.ameide.vault.bootstrap.tick;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class WorkTest {

    private static final Change CHANGE = new Change("policy a", "create");
    private static final Problem PROBLEM = Problem.error("it broke", "");

    private final List<String> done = new ArrayList<>();

    @Test
    void nothingToDoIsUnchanged() {
        assertThat(new Work(Mode.APPLY).outcome("2 policies")).isEqualTo(new Outcome.Unchanged("2 policies"));
    }

    @Test
    void planNotesAChangeWithoutCarryingItOut() {
        Work work = new Work(Mode.PLAN);
        work.change(CHANGE, () -> done.add("written"));

        assertThat(work.outcome("")).isEqualTo(new Outcome.Changed(List.of(CHANGE)));
        assertThat(done).isEmpty();
    }

    @Test
    void changeThatFailsIsAProblemAndNoChange() {
        Work work = new Work(Mode.APPLY);
        work.part(() -> work.change(CHANGE, () -> {
            throw new ProblemException(PROBLEM);
        }));
        work.part(() -> done.add("next part"));

        assertThat(work.outcome("")).isEqualTo(new Outcome.Failed(List.of(PROBLEM), List.of()));
        assertThat(done).containsExactly("next part");
    }

    @Test
    void problemCountsMoreThanWaitingAndWaitingMoreThanChanges() {
        Work work = new Work(Mode.APPLY);
        work.change(CHANGE, () -> {});
        work.waitFor("an election");
        assertThat(work.outcome("")).isEqualTo(new Outcome.Waiting(List.of("an election"), List.of(CHANGE)));

        work.problem(PROBLEM);
        assertThat(work.outcome("")).isEqualTo(new Outcome.Failed(List.of(PROBLEM), List.of(CHANGE)));
    }

    @Test
    void whatAnotherCollectedIsTakenOverInItsOrder() {
        Work other = new Work(Mode.APPLY);
        other.change(new Change("policy b", "create"), () -> {});
        Work work = new Work(Mode.APPLY);
        work.change(CHANGE, () -> {});
        work.add(other);

        assertThat(work.outcome("").changes()).extracting(Change::subject).containsExactly("policy a", "policy b");
    }
}
