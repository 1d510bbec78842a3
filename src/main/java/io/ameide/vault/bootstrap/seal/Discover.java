package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.SealStatus;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Finds out which nodes answer, and in what state they are. */
public final class Discover implements Step {

    private final Cluster cluster;

    public Discover(Cluster cluster) {
        this.cluster = cluster;
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
        Map<VaultNode, NodeException> silent = cluster.look();
        if (cluster.answering().isEmpty()) {
            List<Problem> problems = silent.values().stream().map(Problem::of).toList();
            return problems.isEmpty()
                    ? new Outcome.Failed(Problem.invalid(
                            "no node is named", "set bootstrap.vault.addresses, for example http://127.0.0.1:8200"))
                    : new Outcome.Failed(problems, List.of());
        }
        if (!silent.isEmpty()) {
            return new Outcome.Waiting(
                    silent.values().stream().map(Throwable::getMessage).toList(), List.of());
        }
        return new Outcome.Unchanged(words());
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
