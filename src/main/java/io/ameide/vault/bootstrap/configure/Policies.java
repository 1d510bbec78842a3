package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.desired.DesiredState.Policy;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** ACL policies. */
final class Policies {

    private final VaultSession session;

    Policies(VaultSession session) {
        this.session = session;
    }

    void settle(Work work, List<Policy> policies) {
        for (Policy policy : policies) {
            work.part(() -> settle(work, policy));
        }
    }

    private void settle(Work work, Policy policy) {
        String path = "sys/policies/acl/" + policy.name();
        Optional<String> observed =
                session.read(path).map(data -> data.path("policy").asText());
        if (observed.isPresent() && PolicyText.same(policy.rules(), observed.get())) {
            return;
        }
        work.change(
                new Change("policy " + policy.name(), observed.isEmpty() ? "create" : "rules differ"),
                () -> session.write(path, Map.of("policy", policy.rules())));
    }
}
