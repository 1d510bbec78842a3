package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets.Condition;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets.Entry;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets.Making;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets.Store;
import io.ameide.vault.bootstrap.secrets.PropertyNames;
import io.ameide.vault.bootstrap.secrets.RememberingProvider;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.NodeException;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Looks at what External Secrets made of the secrets: whether its store is ready, whether every ExternalSecret that uses it
 * was fetched lately, and whether the Kubernetes Secrets hold every key that was asked for. The operator moves on its own,
 * so that what is not ready is waited for by the next tick; a key that is missing in what it made is missing. Keys that
 * nobody can tell from outside of the operator are named as not compared.
 */
public final class VerifyExternalSecrets implements Step {

    /** An operator that is busy is late by less. */
    private static final Duration LATENESS = Duration.ofMinutes(5);

    private static final int LONGEST_MESSAGE = 200;
    private static final int MOST_NOT_COMPARED = 5;

    /** Properties of other names are keys under other names, by a strategy of the operator's. */
    private static final Predicate<String> NAME_OF_A_KEY =
            Pattern.compile("[-._a-zA-Z0-9]+").asMatchPredicate();

    private final ExternalSecrets operator;
    private final String store;
    private final Set<String> namespaces;
    private final Supplier<Optional<Function<String, RememberingProvider>>> providers;
    private final Clock clock;

    /**
     * @param store a ClusterSecretStore
     * @param namespaces those in which Kubernetes Secrets are looked at, which takes the permission to read them
     * @param providers of secrets, by mount, as far as they can be read; without them, what a whole secret brings is not
     *     compared
     */
    public VerifyExternalSecrets(
            ExternalSecrets operator,
            String store,
            Set<String> namespaces,
            Supplier<Optional<Function<String, RememberingProvider>>> providers,
            Clock clock) {
        this.operator = operator;
        this.store = store;
        this.namespaces = Set.copyOf(namespaces);
        this.providers = providers;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "external secrets";
    }

    @Override
    public Outcome run(Mode mode) {
        Work work = new Work(mode);
        Optional<Store> found = operator.clusterStore(store);
        if (found.isEmpty()) {
            return new Outcome.Failed(Problem.error(
                    "there is no ClusterSecretStore " + store,
                    "is External Secrets installed, with external-secrets.io/v1, and is"
                            + " bootstrap.verify.external-secrets.store its name?"));
        }
        Condition condition = found.get().condition();
        if (!condition.ready()) {
            work.waitFor("ClusterSecretStore %s is not ready%s".formatted(store, because(condition)));
        }
        List<Entry> entries = operator.using(store);
        List<String> notCompared = new ArrayList<>();
        entries.forEach(entry -> work.part(() -> verify(work, entry, found.get(), notCompared)));
        return work.outcome("store %s and %s%s"
                .formatted(store, Count.of(entries.size(), "ExternalSecret"), notCompared(notCompared)));
    }

    private static String notCompared(List<String> all) {
        if (all.isEmpty()) {
            return "";
        }
        int more = all.size() - MOST_NOT_COMPARED;
        return "; not compared: "
                + all.stream().limit(MOST_NOT_COMPARED).collect(Collectors.joining(", "))
                + (more > 0 ? " and %d more".formatted(more) : "");
    }

    private void verify(Work work, Entry entry, Store from, List<String> notCompared) {
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
            if (entry.making() != Making.NOTHING) {
                verifySecret(work, entry, what, from, notCompared);
            }
            entry.keys()
                    .untold()
                    .forEach(field -> notCompared.add("%s of %s/%s".formatted(field, entry.namespace(), entry.name())));
        }
    }

    private boolean stale(Entry entry) {
        return entry.interval()
                .filter(interval -> entry.refreshedAt()
                        .map(at -> at.plus(interval).plus(LATENESS).isBefore(clock.instant()))
                        .orElse(true))
                .isPresent();
    }

    private void verifySecret(Work work, Entry entry, String what, Store from, List<String> notCompared) {
        Optional<Set<String>> found;
        try {
            found = operator.keys(entry.namespace(), entry.secret());
        } catch (ApiServerException.Denied e) {
            work.problem(Problem.of(e));
            return;
        }
        String secret = "Secret %s/%s".formatted(entry.namespace(), entry.secret());
        if (found.isEmpty()) {
            work.problem(
                    entry.making() == Making.ADDS
                            ? Problem.missing(
                                    "%s is not there, to which %s adds".formatted(secret, what),
                                    "creationPolicy Merge makes none: who does?")
                            : Problem.missing("%s is not there, made by %s".formatted(secret, what), "ask its events"));
            return;
        }
        Set<String> missing = new TreeSet<>(entry.keys().named());
        missing.removeAll(found.get());
        if (!missing.isEmpty()) {
            work.problem(Problem.missing(
                    "%s lacks %s, asked for by %s".formatted(secret, String.join(", ", missing), what), ""));
        } else if (found.get().isEmpty()) {
            work.problem(Problem.missing("%s is empty, made by %s".formatted(secret, what), "ask its events"));
        }
        for (String extracted : entry.keys().extracted()) {
            work.part(() -> verifyExtracted(work, entry, extracted, found.get(), from, notCompared));
        }
    }

    /** What came to the secret after the operator fetched it will be fetched; one that is fetched once was. */
    private void verifyExtracted(
            Work work, Entry entry, String key, Set<String> found, Store from, List<String> notCompared) {
        String open = "dataFrom.extract.key %s of %s/%s".formatted(key, entry.namespace(), entry.name());
        Optional<RememberingProvider> provider =
                from.mount().flatMap(mount -> providers.get().map(byMount -> byMount.apply(mount)));
        if (provider.isEmpty() || entry.interval().isEmpty()) {
            notCompared.add(open);
            return;
        }
        String mount = from.mount().orElseThrow();
        String name = nameBelow(mount, key);
        Optional<PropertyNames> properties;
        try {
            properties = provider.get().properties(name);
        } catch (NodeException.Denied e) {
            notCompared.add(open + ", which may not be read");
            return;
        }
        if (properties.isEmpty()) {
            work.problem(Problem.missing(
                    "secret %s/%s is not there, all of which ExternalSecret %s/%s asks for"
                            .formatted(mount, name, entry.namespace(), entry.name()),
                    "add it to a fixture, or create it"));
            return;
        }
        Set<String> missing = new TreeSet<>(properties.get().names());
        missing.removeAll(found);
        boolean renamed = missing.removeIf(NAME_OF_A_KEY.negate());
        if (!missing.isEmpty()) {
            work.waitFor("Secret %s/%s lacks %s, which secret %s/%s has: ExternalSecret %s/%s has not fetched it yet"
                    .formatted(
                            entry.namespace(),
                            entry.secret(),
                            String.join(", ", missing),
                            mount,
                            name,
                            entry.namespace(),
                            entry.name()));
        } else if (renamed) {
            notCompared.add(open + ", where keys have other names");
        }
    }

    /** The operator takes a name with the mount before it too, and then with what the API puts in between. */
    private static String nameBelow(String mount, String key) {
        String prefix = mount + "/";
        return key.startsWith(prefix) ? key.substring(prefix.length()).replaceFirst("^data/", "") : key;
    }

    private static String because(Condition condition) {
        String message = condition.message();
        if (message.isEmpty()) {
            return ": the operator has not looked at it yet";
        }
        return ": " + (message.length() > LONGEST_MESSAGE ? message.substring(0, LONGEST_MESSAGE) + "…" : message);
    }
}
