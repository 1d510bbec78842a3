package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Finds the nodes, and out in what state they are. It waits a bounded time for those that are not there yet, do not answer
 * or present a certificate that cannot be trusted, and then names each with what is the matter.
 */
public final class Discover implements Step {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final NodeDirectory directory;
    private final Waiter waiter;
    private final Duration limit;

    private List<NodeAddress> addresses = List.of();
    private List<Problem> problems = List.of();

    /** @param limit how long to wait for all nodes to answer; zero asks once */
    public Discover(Cluster cluster, NodeDirectory directory, Waiter waiter, Duration limit) {
        this.cluster = cluster;
        this.directory = directory;
        this.waiter = waiter;
        this.limit = limit;
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public String name() {
        return "discover";
    }

    @Override
    public Outcome run(Mode mode) {
        waiter.until(
                () -> {
                    problems = look();
                    return problems.isEmpty() ? Optional.of(cluster) : Optional.empty();
                },
                POLL,
                limit);
        cluster.lacks(problems.stream().map(Problem::message).toList());
        if (cluster.answering().isEmpty()) {
            return new Outcome.Failed(problems, List.of());
        }
        if (!problems.isEmpty()) {
            return new Outcome.Waiting(problems.stream().map(Problem::toString).toList(), List.of());
        }
        return new Outcome.Unchanged(words());
    }

    /** What keeps nodes from being seen; nothing when all of them answered. */
    private List<Problem> look() {
        List<Problem> found = new ArrayList<>();
        try {
            NodeDirectory.Listing listing = directory.list();
            listing.awaited().forEach(reason -> found.add(Problem.access(reason, "")));
            // Anew also when something was the matter: a file that TLS needs may have come or changed.
            if (!problems.isEmpty() || !listing.nodes().equals(addresses)) {
                addresses = List.of();
                cluster.consistOf(listing.nodes());
                addresses = listing.nodes();
            }
            cluster.look().values().forEach(silent -> found.add(Problem.of(silent)));
            if (!cluster.initialized()) {
                listing.leaving().forEach(reason -> found.add(leaving(reason)));
            }
        } catch (ApiServerException | NodeException e) {
            found.add(Problem.of(e));
        }
        return found;
    }

    private static Problem leaving(String reason) {
        return Problem.access(
                reason,
                "no node is initialized, and this one may come back with a cluster in its storage; where its machine is"
                        + " gone for good, kubectl delete pod --force");
    }

    private String words() {
        var states = new TreeSet<String>();
        for (VaultNode node : cluster.answering()) {
            SealStatus status = cluster.status(node);
            String state = !status.initialized() ? "not initialized" : status.sealed() ? "sealed" : "unsealed";
            states.add(state + ", version " + status.version());
        }
        int count = cluster.answering().size();
        return "%d node%s, %s".formatted(count, count == 1 ? "" : "s", String.join("; ", states));
    }
}
