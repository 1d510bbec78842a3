package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A part of configuration or documents, read before a server is asked: a value, or why it cannot be used. An invalid part
 * stops only the steps that need it, so that a typo never keeps a node sealed.
 */
final class Input<T> {

    private final Optional<T> value;
    private final Optional<RuntimeException> failure;

    private Input(Optional<T> value, Optional<RuntimeException> failure) {
        this.value = value;
        this.failure = failure;
    }

    static <T> Input<T> of(Supplier<T> read) {
        try {
            return new Input<>(Optional.of(read.get()), Optional.empty());
        } catch (RuntimeException e) {
            return new Input<>(Optional.empty(), Optional.of(e));
        }
    }

    /** @throws RuntimeException what reading it threw */
    T get() {
        failure.ifPresent(thrown -> {
            throw thrown;
        });
        return value.orElseThrow();
    }

    /** Empty when it cannot be used. */
    Optional<T> usable() {
        return value;
    }

    /** Why it cannot be used. */
    Optional<Problem> problem() {
        return failure.map(Problem::of);
    }

    /** What is wrong with several parts, each once: a part that is made of another has the other's problem. */
    static List<Problem> problems(Stream<Input<?>> inputs) {
        return inputs.flatMap(input -> input.problem().stream()).distinct().toList();
    }

    /**
     * Refuses invalid parts together.
     *
     * @throws ProblemException when a part cannot be used
     */
    static void requireAll(Input<?>... inputs) {
        List<Problem> problems = problems(Stream.of(inputs));
        if (problems.size() == 1) {
            throw new ProblemException(problems.getFirst());
        }
        if (!problems.isEmpty()) {
            throw new ProblemException(new Problem(
                    problems.getFirst().kind(),
                    problems.stream().map(Problem::message).collect(Collectors.joining("\n")),
                    problems.stream()
                            .map(Problem::hint)
                            .filter(hint -> !hint.isEmpty())
                            .distinct()
                            .collect(Collectors.joining("; "))));
        }
    }
}
