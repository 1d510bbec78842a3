package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Gives back every token that the tick obtained, whatever became of the other steps, and of the node that gave it: where
 * that does not answer any more, whoever leads now takes it back.
 */
public final class SignOut implements Step {

    private final SignIn signIn;
    private final Cluster cluster;
    private final Duration limit;

    /** @param limit how long to wait for a node to lead in the place of one that is gone */
    public SignOut(SignIn signIn, Cluster cluster, Duration limit) {
        this.signIn = signIn;
        this.cluster = cluster;
        this.limit = limit;
    }

    @Override
    public String name() {
        return "sign out";
    }

    @Override
    public boolean runsAlways() {
        return true;
    }

    @Override
    public Outcome run(Mode mode) {
        List<VaultSession> sessions = signIn.obtained();
        Work work = new Work(mode);
        sessions.forEach(session -> work.part(() -> giveBack(session)));
        return work.outcome(sessions.isEmpty() ? "no token was obtained" : "token revoked");
    }

    /** One that is not taken back lives on after a plan too, so that there it is no part that only a tick could see. */
    private void giveBack(VaultSession session) {
        try {
            revoke(session);
        } catch (NodeException.Denied e) {
            throw new ProblemException(Problem.of(e), e);
        }
    }

    private void revoke(VaultSession session) {
        try {
            session.revoke();
        } catch (NodeException.Unreachable | NodeException.Unavailable e) {
            session.at(leader().orElseThrow(() -> e)).revoke();
        }
    }

    /** It may be the same node, which has just become the leader. A single node is what it is. */
    private Optional<VaultNode> leader() {
        if (cluster.nodes().size() == 1) {
            return Optional.empty();
        }
        cluster.look();
        try {
            return cluster.awaitActive(limit);
        } catch (NodeException silent) {
            return Optional.empty();
        }
    }
}
