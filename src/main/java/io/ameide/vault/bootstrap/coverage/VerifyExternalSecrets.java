package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets.Condition;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets.Entry;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Looks at what External Secrets made of the secrets: whether its store is ready, whether every ExternalSecret that uses it
 * was fetched lately, and whether the Kubernetes Secrets hold every key that was asked for. The operator moves on its own,
 * so that what is not ready is waited for by the next tick; a key that is missing in what it made is missing.
 */
public final class VerifyExternalSecrets implements Step {

    /** An operator that is busy is late by less. */
    private static final Duration LATENESS = Duration.ofMinutes(5);

    private static final int LONGEST_MESSAGE = 200;

    private final ExternalSecrets operator;
    private final String store;
    private final Set<String> namespaces;
    private final Clock clock;

    /**
     * @param store a ClusterSecretStore
     * @param namespaces those in which Kubernetes Secrets are looked at, which takes the permission to read them
     */
    public VerifyExternalSecrets(ExternalSecrets operator, String store, Set<String> namespaces, Clock clock) {
        this.operator = operator;
        this.store = store;
        this.namespaces = Set.copyOf(namespaces);
        this.clock = clock;
    }

    @Override
    public String name() {
        return "external secrets";
    }

    @Override
    public Outcome run(Mode mode) {
        Work work = new Work(mode);
        Optional<Condition> condition = operator.clusterStore(store);
        if (condition.isEmpty()) {
            return new Outcome.Failed(Problem.error(
                    "there is no ClusterSecretStore " + store,
                    "is External Secrets installed, with external-secrets.io/v1, and is"
                            + " bootstrap.verify.external-secrets.store its name?"));
        }
        if (!condition.get().ready()) {
            work.waitFor("ClusterSecretStore %s is not ready%s".formatted(store, because(condition.get())));
        }
        List<Entry> entries = operator.using(store);
        entries.forEach(entry -> work.part(() -> verify(work, entry)));
        return work.outcome("store %s and %s".formatted(store, Count.of(entries.size(), "ExternalSecret")));
    }

    private void verify(Work work, Entry entry) {
        String what = "ExternalSecret %s/%s".formatted(entry.namespace(), entry.name());
        if (!entry.condition().ready()) {
            work.waitFor(what + " is not ready" + because(entry.condition()));
        } else if (stale(entry)) {
            work.waitFor("%s was fetched last at %s, though it is to be every %d s"
                    .formatted(
                            what,
                            entry.refreshedAt().map(Instant::toString).orElse("no time known"),
                            entry.interval().orElseThrow().toSeconds()));
        }
        if (namespaces.contains(entry.namespace())) {
            verifySecret(work, entry, what);
        }
    }

    private boolean stale(Entry entry) {
        return entry.interval()
                .filter(interval -> entry.refreshedAt()
                        .map(at -> at.plus(interval).plus(LATENESS).isBefore(clock.instant()))
                        .orElse(true))
                .isPresent();
    }

    private void verifySecret(Work work, Entry entry, String what) {
        Optional<Set<String>> found;
        try {
            found = operator.keys(entry.namespace(), entry.secret());
        } catch (ApiServerException.Denied e) {
            work.problem(Problem.of(e));
            return;
        }
        String secret = "Secret %s/%s".formatted(entry.namespace(), entry.secret());
        if (found.isEmpty()) {
            work.problem(Problem.missing("%s is not there, made by %s".formatted(secret, what), "ask its events"));
            return;
        }
        Set<String> missing = new TreeSet<>(entry.keys());
        missing.removeAll(found.get());
        if (!missing.isEmpty()) {
            work.problem(Problem.missing(
                    "%s lacks %s, asked for by %s".formatted(secret, String.join(", ", missing), what), ""));
        } else if (found.get().isEmpty()) {
            work.problem(Problem.missing("%s is empty, made by %s".formatted(secret, what), "ask its events"));
        }
    }

    private static String because(Condition condition) {
        String message = condition.message();
        if (message.isEmpty()) {
            return ": the operator has not looked at it yet";
        }
        return ": " + (message.length() > LONGEST_MESSAGE ? message.substring(0, LONGEST_MESSAGE) + "…" : message);
    }
}
