package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.util.List;
import java.util.Optional;

/** Opens every sealed node that belongs to the cluster, and waits until one node serves. */
public final class Unseal implements Step {

    private final Cluster cluster;
    private final KeyStore custody;
    private final Opening opening;
    private final Strangers strangers;

    public Unseal(Cluster cluster, KeyStore custody, Opening opening) {
        this.cluster = cluster;
        this.custody = custody;
        this.opening = opening;
        this.strangers = new Strangers(cluster, custody);
    }

    @Override
    public boolean gate() {
        return true;
    }

    @Override
    public boolean open() {
        return cluster.active().isPresent();
    }

    @Override
    public String name() {
        return "unseal";
    }

    @Override
    public Optional<String> unmet() {
        return cluster.initialized() ? Optional.empty() : Optional.of("an initialized cluster");
    }

    @Override
    public Outcome run(Mode mode) {
        Work work = new Work(mode);
        Stored stored = custody.read();
        requireSound(work, stored);
        stored.material().ifPresent(keys -> strangers.leaveOut(work, keys));
        List<VaultNode> sealed = cluster.sealed();
        if (sealed.isEmpty()
                && stored.material().isPresent()
                && stored.initialized().isEmpty()) {
            // Whose cluster this is nobody knows, so that it is asked nothing more.
            return new Outcome.Skipped("needs shares, and %s holds only a marker".formatted(custody.description()));
        }
        List<VaultNode> opened = opening.open(work, sealed);
        boolean bound = stored.material().flatMap(KeyMaterial::clusterId).isPresent();
        if (!sealed.isEmpty() || !bound) {
            strangers.settle(work, opened);
        }
        if (cluster.awaitActive(opening.limit()).isEmpty()
                && !cluster.unsealed().isEmpty()) {
            work.waitFor(nobodyServes());
        }
        return work.outcome(
                cluster.active().map(node -> "active node " + node.address()).orElse(""));
    }

    /** Also while no node is sealed: shares that are lost are missed only when it is too late. */
    private void requireSound(Work work, Stored stored) {
        stored.endangered()
                .ifPresent(reason -> work.problem(Problem.blocked(
                        "%s will not stay: %s".formatted(custody.description(), reason),
                        "copy what it holds to a safe place, let the deletion finish, and put it back")));
        // Where a node is sealed, opening it says what is missing.
        stored.initialized()
                .filter(keys -> cluster.sealed().isEmpty())
                .map(keys -> ShareCheck.shortage(keys, custody.description()))
                .orElse(List.of())
                .forEach(work::problem);
    }

    private String nobodyServes() {
        String unsealed = "though %d of %d are unsealed"
                .formatted(cluster.unsealed().size(), cluster.nodes().size());
        return cluster.missing().isEmpty()
                ? "no node serves, %s: a leader needs more than half of the cluster's voters".formatted(unsealed)
                : "no node serves that answers, %s: either too few are left for a majority, or the leader is one of those that do not answer: %s"
                        .formatted(unsealed, String.join("; ", cluster.missing()));
    }
}
