package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Parallel;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Has nodes that hold nothing yet join the leader, where the server's own {@code retry_join} has not, and opens them. It
 * runs after unseal, since only a leader that serves can take them in.
 */
public final class Join implements Step {

    private static final Duration POLL = Duration.ofMillis(200);

    /**
     * How long a node may take to join by itself that could not as it was asked. With {@code retry_join} it tries every two
     * seconds (OpenBao 2.7.2, Vault 1.21), and it may have a key for a leader that asks for client certificates.
     */
    private static final Duration RETRY_JOIN = Duration.ofSeconds(10);

    private final Cluster cluster;
    private final Opening opening;
    private final Waiter waiter;

    public Join(Cluster cluster, Opening opening, Waiter waiter) {
        this.cluster = cluster;
        this.opening = opening;
        this.waiter = waiter;
    }

    @Override
    public String name() {
        return "join";
    }

    @Override
    public Optional<String> unmet() {
        return cluster.active().isEmpty() ? Optional.of("a node that serves") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        Work work = new Work(mode);
        VaultNode leader = cluster.active().orElseThrow();
        List<VaultNode> outside = cluster.outside();
        if (!outside.isEmpty()) {
            Parallel.forEach(outside, outside.size(), node -> work.part(() -> join(work, node, leader)));
            opening.open(work, cluster.sealed());
        }
        String clusterId = cluster.status(leader).clusterId().orElse("");
        others(clusterId).ifPresent(work::problem);
        int inside = cluster.unsealed().size();
        return work.outcome(
                inside == 1
                        ? "a single node"
                        : "%d nodes of one cluster, leader %s".formatted(inside, leader.address()));
    }

    private void join(Work work, VaultNode node, VaultNode leader) {
        if (cluster.look(node).initialized()) {
            return;
        }
        work.change(new Change("node " + node.address(), "join the cluster of " + leader.address()), () -> {
            try {
                node.join(leader.address());
            } catch (NodeException.Unavailable e) {
                Duration limit = RETRY_JOIN.compareTo(opening.limit()) < 0 ? RETRY_JOIN : opening.limit();
                if (!getsIn(node, limit)) {
                    throw e;
                }
            }
            if (!getsIn(node, opening.limit())) {
                work.waitFor("%s has not joined %s %s; does it reach the leader, and trust its certificate?"
                        .formatted(node.address(), leader.address(), opening.soFar()));
            }
        });
    }

    private boolean getsIn(VaultNode node, Duration limit) {
        return waiter.until(() -> Optional.of(cluster.look(node)).filter(SealStatus::initialized), POLL, limit)
                .isPresent();
    }

    /** Two clients that initialize two nodes make two clusters, which no later step can mend. */
    private Optional<Problem> others(String clusterId) {
        Map<String, List<VaultNode>> byCluster = cluster.unsealed().stream()
                .collect(Collectors.groupingBy(
                        node -> cluster.status(node).clusterId().orElse(clusterId), TreeMap::new, Collectors.toList()));
        byCluster.remove(clusterId);
        if (byCluster.isEmpty()) {
            return Optional.empty();
        }
        String strangers = byCluster.entrySet().stream()
                .map(entry -> "%s of cluster %s"
                        .formatted(
                                entry.getValue().stream()
                                        .map(node -> node.address().toString())
                                        .collect(Collectors.joining(", ")),
                                entry.getKey()))
                .collect(Collectors.joining("; "));
        return Optional.of(Problem.blocked(
                "the nodes are not one cluster: the leader's is %s, but there is %s".formatted(clusterId, strangers),
                "decide which to keep; wipe the storage of a node that is to join it, or take it off the list"));
    }
}
