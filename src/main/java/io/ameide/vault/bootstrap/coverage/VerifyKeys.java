package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.secrets.DesiredSecrets;
import io.ameide.vault.bootstrap.secrets.PropertyNames;
import io.ameide.vault.bootstrap.secrets.RememberingProvider;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Looks whether every key that the desired state or a workload asks for can be read. */
public final class VerifyKeys implements Step {

    private final DesiredSecrets desired;
    private final List<RequiredKey> required;
    private final Supplier<Optional<Function<String, RememberingProvider>>> providers;
    private final int parallelism;

    public VerifyKeys(
            DesiredSecrets desired,
            List<RequiredKey> required,
            Supplier<Optional<Function<String, RememberingProvider>>> providers,
            int parallelism) {
        this.desired = desired;
        this.required = List.copyOf(required);
        this.providers = providers;
        this.parallelism = parallelism;
    }

    @Override
    public String name() {
        return "verify";
    }

    @Override
    public Optional<String> unmet() {
        return providers.get().isEmpty() ? Optional.of("a sign-in") : Optional.empty();
    }

    /** A secret, and what is asked of it by whom. */
    private record Demand(String mount, String name, List<Asked> asked) {}

    private record Asked(Optional<String> property, String by) {}

    @Override
    public Outcome run(Mode mode) {
        Function<String, RememberingProvider> provider = providers.get().orElseThrow();
        List<Demand> demands = demands();
        List<Work> works = Parallel.map(demands, parallelism, demand -> {
            Work work = new Work(mode);
            work.part(() -> verify(work, demand, provider.apply(demand.mount())));
            return work;
        });
        Work all = new Work(mode);
        works.forEach(all::add);
        int keys = demands.stream().mapToInt(demand -> demand.asked().size()).sum();
        return all.outcome(Count.of(keys, "key") + " of " + Count.of(demands.size(), "secret"));
    }

    private List<Demand> demands() {
        Map<String, Demand> byPath = new LinkedHashMap<>();
        for (DesiredSecrets.Expected secret : desired.expected()) {
            for (String property : secret.properties()) {
                demand(byPath, secret.mount(), secret.name()).add(new Asked(Optional.of(property), secret.source()));
            }
        }
        for (RequiredKey key : required) {
            demand(byPath, key.mount(), key.key())
                    .add(new Asked(key.property(), "%s (%s)".formatted(key.requiredBy(), key.place())));
        }
        return List.copyOf(byPath.values());
    }

    private static List<Asked> demand(Map<String, Demand> byPath, String mount, String name) {
        return byPath.computeIfAbsent(mount + "/" + name, path -> new Demand(mount, name, new ArrayList<>()))
                .asked();
    }

    private static void verify(Work work, Demand demand, RememberingProvider provider) {
        String path = demand.mount() + "/" + demand.name();
        Optional<PropertyNames> found = provider.properties(demand.name());
        for (Asked asked : demand.asked()) {
            if (found.isEmpty()) {
                work.problem(Problem.missing(
                        "secret %s is not there, required by %s".formatted(path, asked.by()),
                        "add it to a fixture, or create it"));
            } else if (asked.property()
                    .filter(property -> !found.get().has(property))
                    .isPresent()) {
                work.problem(Problem.missing(
                        "secret %s has no property %s, required by %s"
                                .formatted(path, asked.property().get(), asked.by()),
                        ""));
            }
        }
    }
}
