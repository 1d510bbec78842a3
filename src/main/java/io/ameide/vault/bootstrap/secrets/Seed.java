package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.secrets.Seeding.Create;
import io.ameide.vault.bootstrap.secrets.Seeding.Keep;
import io.ameide.vault.bootstrap.secrets.Seeding.LeaveDeleted;
import io.ameide.vault.bootstrap.secrets.Seeding.Replace;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Progress;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Stop;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.NodeException;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

/** Creates the secrets that are missing, and brings those back that are enforced. */
public final class Seed implements Step {

    private final DesiredSecrets desired;
    private final Supplier<Optional<Function<String, RememberingProvider>>> providers;
    private final int parallelism;
    private final Progress progress;
    private final Stop stop;

    /**
     * @param providers the provider of each mount, once signed in
     * @param parallelism how many secrets are under way at once
     */
    public Seed(
            DesiredSecrets desired,
            Supplier<Optional<Function<String, RememberingProvider>>> providers,
            int parallelism,
            Progress progress,
            Stop stop) {
        this.desired = desired;
        this.providers = providers;
        this.parallelism = parallelism;
        this.progress = progress;
        this.stop = stop;
    }

    @Override
    public String name() {
        return "seed";
    }

    @Override
    public Optional<String> unmet() {
        return providers.get().isEmpty() ? Optional.of("a sign-in") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        Function<String, RememberingProvider> provider = providers.get().orElseThrow();
        Work all = new Work(mode);
        Set<String> fit = fitMounts(all, provider);
        List<DesiredSecret> secrets = desired.all().stream()
                .filter(secret -> fit.contains(secret.mount()))
                .toList();
        var left = new AtomicInteger();
        var done = new AtomicInteger();
        // One collector a secret, so that the report keeps the order of the documents.
        List<Work> works = Parallel.map(secrets, parallelism, secret -> {
            Work work = new Work(mode);
            if (stop.requested()) {
                left.incrementAndGet();
            } else {
                work.part(() -> settle(work, secret, provider.apply(secret.mount())));
            }
            progress.advanced("secrets", done.incrementAndGet(), secrets.size());
            return work;
        });
        works.forEach(all::add);
        if (left.get() > 0) {
            all.waitFor("asked to stop with %d of %d secrets left to look at".formatted(left.get(), secrets.size()));
        }
        return all.outcome(Count.of(secrets.size(), "secret"));
    }

    private Set<String> fitMounts(Work work, Function<String, RememberingProvider> provider) {
        Set<String> fit = new HashSet<>();
        for (String mount : desired.mounts()) {
            work.part(() -> provider.apply(mount).unfit().ifPresentOrElse(work::problem, () -> fit.add(mount)));
        }
        return fit;
    }

    private void settle(Work work, DesiredSecret secret, SecretProvider provider) {
        String subject = "secret " + secret.path();
        try {
            switch (Seeding.decide(secret, provider.read(secret.name()))) {
                case Keep keep -> {}
                case Create create ->
                    work.change(
                            new Change(subject, "create, from " + secret.source()),
                            () -> provider.write(secret.name(), create.data(), 0));
                case Replace replace ->
                    work.change(
                            new Change(subject, replace.difference()),
                            () -> provider.write(secret.name(), replace.data(), replace.expectedVersion()));
                case LeaveDeleted deleted ->
                    work.problem(
                            Problem.missing(
                                    "secret %s was deleted at version %d".formatted(secret.path(), deleted.version()),
                                    "undelete that version, delete its metadata too to have it created anew, or use mode enforce"));
            }
        } catch (NodeException.CheckAndSetMismatch e) {
            work.problem(Problem.error(
                    "secret %s was changed by somebody else at the same moment; theirs was kept"
                            .formatted(secret.path()),
                    "the next tick decides anew"));
        }
    }
}
