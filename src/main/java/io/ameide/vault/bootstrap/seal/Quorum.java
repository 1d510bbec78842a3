package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.RaftPeer;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Checks that every node is a healthy voter of the Raft cluster, and that the cluster counts nobody else. A node that has
 * just joined does not vote for some seconds; until it does, the cluster survives less than it seems.
 */
public final class Quorum implements Step {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final Supplier<Optional<VaultSession>> signedIn;
    private final Waiter waiter;
    private final Duration limit;

    private List<RaftPeer> peers = List.of();

    /** @param limit how long to wait for nodes that answer to become healthy voters */
    public Quorum(Cluster cluster, Supplier<Optional<VaultSession>> signedIn, Waiter waiter, Duration limit) {
        this.cluster = cluster;
        this.signedIn = signedIn;
        this.waiter = waiter;
        this.limit = limit;
    }

    @Override
    public String name() {
        return "quorum";
    }

    @Override
    public Optional<String> unmet() {
        return signedIn.get().isEmpty() ? Optional.of("a sign-in") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        if (cluster.nodes().size() == 1) {
            return new Outcome.Unchanged("a single node");
        }
        if (cluster.answering().stream()
                .anyMatch(node -> !cluster.status(node).storage().equals("raft"))) {
            return new Outcome.Unchanged("storage that is not Raft has a quorum of its own");
        }
        VaultSession session = signedIn.get().orElseThrow();
        boolean mayStillCome = cluster.missing().isEmpty();
        waiter.until(
                () -> {
                    peers = session.raftPeers();
                    return voting() >= cluster.nodes().size() ? Optional.of(peers) : Optional.empty();
                },
                POLL,
                mode == Mode.APPLY && mayStillCome ? limit : Duration.ZERO);
        List<String> reasons = reasons();
        long voters = voting();
        return reasons.isEmpty()
                ? new Outcome.Unchanged("%d voters, %s".formatted(voters, reserve(voters)))
                : new Outcome.Waiting(reasons, List.of());
    }

    /** The leader takes a voter for healthy until it has been silent for ten seconds, which a node may not answer before. */
    private String reserve(long voters) {
        long mayFail = (voters - 1) / 2;
        long serving = cluster.unsealed().size();
        return serving < voters
                ? "of which %d %s; %d more may fail"
                        .formatted(
                                voters - serving,
                                voters - serving == 1 ? "does not serve" : "do not serve",
                                Math.max(0, mayFail - (voters - serving)))
                : "%d may fail".formatted(mayFail);
    }

    private long voting() {
        return peers.stream().filter(peer -> peer.votes() && peer.healthy()).count();
    }

    private List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        boolean complete = voting() >= cluster.nodes().size();
        for (RaftPeer peer : peers) {
            if (!peer.healthy()) {
                reasons.add("peer %s at %s is not healthy, last heard from %s ago%s"
                        .formatted(
                                peer.id(),
                                peer.address(),
                                peer.lastContact(),
                                complete
                                        ? "; every node that was found is another peer: if it is gone for good, take it"
                                                + " off with operator raft remove-peer " + peer.id()
                                        : ""));
            } else if (!peer.votes()) {
                reasons.add("peer %s at %s does not vote yet".formatted(peer.id(), peer.address()));
            }
        }
        if (peers.size() < cluster.nodes().size()) {
            reasons.add("the cluster has %d peers, but there are %d nodes"
                    .formatted(peers.size(), cluster.nodes().size()));
        }
        return reasons;
    }
}
