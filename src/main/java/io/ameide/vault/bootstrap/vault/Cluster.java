package io.ameide.vault.bootstrap.vault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/** The nodes a tick works on, and what each said last. Not safe for concurrent use, but for asking single nodes. */
public final class Cluster {

    private static final Duration POLL_INTERVAL = Duration.ofMillis(100);

    private final Function<List<NodeAddress>, List<VaultNode>> client;
    private final Waiter waiter;
    private final Map<VaultNode, SealStatus> seen = new LinkedHashMap<>();
    private List<VaultNode> nodes = List.of();
    private List<String> missing = List.of();
    private Optional<VaultNode> active = Optional.empty();

    /**
     * A cluster whose nodes are yet to be found.
     *
     * @param client makes nodes of addresses, reading anew whatever TLS needs
     */
    public Cluster(Function<List<NodeAddress>, List<VaultNode>> client, Waiter waiter) {
        this.client = client;
        this.waiter = waiter;
    }

    public Cluster(List<VaultNode> nodes, Waiter waiter) {
        this(addresses -> nodes, waiter);
        this.nodes = List.copyOf(nodes);
    }

    /**
     * Makes it consist of the nodes at these addresses, and forgets what others said.
     *
     * @throws NodeException.Unreachable when a file that TLS needs cannot be used
     */
    public void consistOf(List<NodeAddress> addresses) {
        seen.clear();
        nodes = List.of();
        nodes = List.copyOf(client.apply(addresses));
    }

    public List<VaultNode> nodes() {
        return nodes;
    }

    /** What keeps nodes that belong here from being seen, one line each, as {@link #lacks} was told. */
    public List<String> missing() {
        return missing;
    }

    public void lacks(List<String> reasons) {
        missing = List.copyOf(reasons);
    }

    /**
     * Asks every node anew, all at the same time: several that are frozen take no longer than one. What a node that does
     * not answer threw is in the result, by node.
     */
    public Map<VaultNode, NodeException> look() {
        seen.clear();
        Map<VaultNode, NodeException> silent = new LinkedHashMap<>();
        List<FutureTask<SealStatus>> questions =
                nodes.stream().map(node -> new FutureTask<>(node::sealStatus)).toList();
        questions.forEach(Thread::startVirtualThread);
        for (int i = 0; i < nodes.size(); i++) {
            try {
                seen.put(nodes.get(i), answer(questions.get(i)));
            } catch (NodeException e) {
                silent.put(nodes.get(i), e);
            }
        }
        return silent;
    }

    private static SealStatus answer(FutureTask<SealStatus> question) {
        try {
            return question.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException.Unavailable("interrupted while waiting for a node", "");
        }
    }

    /** Goes on without a node that turned out to be of another cluster. */
    public void leaveOut(VaultNode stranger) {
        nodes = nodes.stream().filter(node -> node != stranger).toList();
        seen.remove(stranger);
    }

    /** Asks one node anew. */
    public SealStatus look(VaultNode node) {
        SealStatus status = node.sealStatus();
        synchronized (seen) {
            seen.put(node, status);
        }
        return status;
    }

    /** The nodes that answered the last look. */
    public Map<VaultNode, SealStatus> seen() {
        return Map.copyOf(seen);
    }

    /** The nodes that answered, in the order in which they were given. */
    public List<VaultNode> answering() {
        return new ArrayList<>(seen.keySet());
    }

    public SealStatus status(VaultNode node) {
        return seen.get(node);
    }

    public boolean initialized() {
        return seen.values().stream().anyMatch(SealStatus::initialized);
    }

    /** Nodes without a share in the cluster's storage yet, while others have one. */
    public List<VaultNode> outside() {
        return initialized()
                ? answering().stream()
                        .filter(node -> !status(node).initialized())
                        .toList()
                : List.of();
    }

    public List<VaultNode> sealed() {
        return answering().stream()
                .filter(node -> status(node).initialized() && status(node).sealed())
                .toList();
    }

    public List<VaultNode> unsealed() {
        return answering().stream().filter(node -> !status(node).sealed()).toList();
    }

    /** The node that serves, as the last {@link #awaitActive} found it. */
    public Optional<VaultNode> active() {
        return active;
    }

    /**
     * Polls until one of the unsealed nodes serves: a node that says unsealed needs a moment, and a cluster an election.
     */
    public Optional<VaultNode> awaitActive(Duration limit) {
        List<VaultNode> candidates = unsealed();
        active =
                candidates.isEmpty() ? Optional.empty() : waiter.until(() -> serving(candidates), POLL_INTERVAL, limit);
        return active;
    }

    /** A node that went silent since it was seen must not hide one that serves; when all did, that is the matter. */
    private static Optional<VaultNode> serving(List<VaultNode> candidates) {
        List<NodeException> silent = new ArrayList<>();
        for (VaultNode node : candidates) {
            try {
                if (node.role() == NodeRole.ACTIVE) {
                    return Optional.of(node);
                }
            } catch (NodeException e) {
                silent.add(e);
            }
        }
        if (silent.size() == candidates.size()) {
            throw silent.getFirst();
        }
        return Optional.empty();
    }
}
