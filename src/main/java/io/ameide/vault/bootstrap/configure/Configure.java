package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Step;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Brings the server's configuration to the desired state, audit devices first, so that all that follows is on record.
 */
public final class Configure implements Step {

    private final DesiredState desired;
    private final Supplier<Optional<VaultSession>> signedIn;
    private final WrittenValues written;
    private final Waiter waiter;

    public Configure(
            DesiredState desired, Supplier<Optional<VaultSession>> signedIn, WrittenValues written, Waiter waiter) {
        this.desired = desired;
        this.signedIn = signedIn;
        this.written = written;
        this.waiter = waiter;
    }

    @Override
    public String name() {
        return "configure";
    }

    @Override
    public Optional<String> unmet() {
        return signedIn.get().isEmpty() ? Optional.of("a sign-in") : Optional.empty();
    }

    @Override
    public Outcome run(Mode mode) {
        VaultSession session = signedIn.get().orElseThrow();
        Comparison comparison = new Comparison(written);
        Endpoint endpoint = new Endpoint(session, comparison);
        Work work = new Work(mode);
        work.part(() -> new AuditDevices(session).settle(work, desired.auditDevices()));
        new Policies(session).settle(work, desired.policies());
        work.part(() -> new SecretEngines(session, comparison, waiter).settle(work, desired.secretEngines()));
        work.part(() -> new AuthMethods(session, comparison, endpoint).settle(work, desired.authMethods()));
        for (DesiredState.Resource resource : desired.resources()) {
            work.part(() -> endpoint.settle(
                    work, "resource " + resource.path(), resource.path(), resource.data(), resource.sensitive()));
        }
        return work.outcome(String.join(
                ", ",
                Count.of(desired.policies().size(), "policy", "policies"),
                Count.of(desired.secretEngines().size(), "engine"),
                Count.of(desired.authMethods().size(), "auth method"),
                Count.of(desired.auditDevices().size(), "audit device"),
                Count.of(desired.resources().size(), "resource")));
    }
}
