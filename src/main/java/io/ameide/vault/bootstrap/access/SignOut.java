package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.List;

/** Gives back every token that the tick obtained, whatever became of the other steps. */
public final class SignOut implements Step {

    private final SignIn signIn;

    public SignOut(SignIn signIn) {
        this.signIn = signIn;
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
        sessions.forEach(session -> work.part(session::revoke));
        return work.outcome(sessions.isEmpty() ? "no token was obtained" : "token revoked");
    }
}
