package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

@Command(
        name = "status",
        description = "Show the state of every node and of key custody, without signing in or changing anything.")
final class StatusCommand implements Callable<Integer> {

    @ParentCommand
    TopCommand top;

    private final Nodes nodes;
    private final Custody custody;

    StatusCommand(Nodes nodes, Custody custody) {
        this.nodes = nodes;
        this.custody = custody;
    }

    @Override
    public Integer call() {
        KeyStore store = custody.store();
        Nodes.Found found = nodes.find(Waiter.REAL);
        Cluster cluster = found.cluster();
        Map<VaultNode, NodeException> silent = cluster.look();
        List<Status.NodeStatus> answers = cluster.nodes().stream()
                .map(node -> new Status.NodeStatus(
                        node.address().toString(),
                        Optional.ofNullable(cluster.status(node)),
                        Optional.ofNullable(silent.get(node))))
                .toList();
        return top.output()
                .status(new Status(
                        answers,
                        found.awaited(),
                        store.description(),
                        store.read().material()))
                .number();
    }
}
