package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** Waits until the server gives the value that went with the snapshot that was restored. */
public final class ProveCanary implements Step {

    private static final Duration POLL = Duration.ofMillis(500);

    private final Cluster cluster;
    private final Function<VaultNode, Optional<Canary.Value>> read;
    private final String path;
    private final Optional<Long> expected;
    private final Waiter waiter;
    private final Duration limit;

    private String seen = "";

    /**
     * @param read signs in at a node and reads the canary; throws a {@link ProblemException} or a {@link NodeException} while
     *     that does not work
     * @param path where it is
     * @param expected what the snapshot's manifest says; empty where it says nothing
     */
    public ProveCanary(
            Cluster cluster,
            Function<VaultNode, Optional<Canary.Value>> read,
            String path,
            Optional<Long> expected,
            Waiter waiter,
            Duration limit) {
        this.cluster = cluster;
        this.read = read;
        this.path = path;
        this.expected = expected;
        this.waiter = waiter;
        this.limit = limit;
    }

    @Override
    public String name() {
        return "canary";
    }

    @Override
    public Optional<String> unmet() {
        return cluster.active().isEmpty() ? Optional.of("a node that serves") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        VaultNode node = cluster.active().orElseThrow();
        return waiter.<Outcome>until(() -> proven(node), POLL, limit)
                .orElseGet(() -> new Outcome.Failed(Problem.error(
                        "%s at %s %s".formatted(path, node.address(), seen),
                        "is it the right snapshot? the one that was taken before it is still there")));
    }

    private Optional<Outcome> proven(VaultNode node) {
        try {
            Optional<Canary.Value> found = read.apply(node);
            if (expected.isEmpty()) {
                return Optional.of(new Outcome.Unchanged(
                        found.map(value -> "number %d of %s; no manifest says which it should be"
                                        .formatted(value.count(), value.writtenAt()))
                                .orElse("there is none, and no manifest says that there should be one")));
            }
            seen = found.map(value -> "is number %d, but the snapshot went with number %d"
                            .formatted(value.count(), expected.get()))
                    .orElse("is not there, but the snapshot went with number " + expected.get());
            return found.filter(value -> value.count() == expected.get())
                    .map(value -> new Outcome.Unchanged(
                            "number %d of %s, as the manifest says".formatted(value.count(), value.writtenAt())));
        } catch (ProblemException | NodeException e) {
            seen = "cannot be read: " + e.getMessage();
            return Optional.empty();
        }
    }
}
