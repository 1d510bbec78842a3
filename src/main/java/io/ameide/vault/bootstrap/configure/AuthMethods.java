package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.desired.DesiredState.Role;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Auth methods, their configuration and their roles. */
final class AuthMethods {

    private final VaultSession session;
    private final Comparison comparison;
    private final Endpoint endpoint;

    AuthMethods(VaultSession session, Comparison comparison, Endpoint endpoint) {
        this.session = session;
        this.comparison = comparison;
        this.endpoint = endpoint;
    }

    void settle(Work work, List<AuthMethod> methods) {
        if (methods.isEmpty()) {
            return;
        }
        // Tuning below sys/mounts/auth does the same as below sys/auth, without asking for the sudo capability.
        Mounts mounts = new Mounts(session, comparison, "auth method", "sys/auth", "sys/mounts/auth");
        for (AuthMethod method : methods) {
            work.part(() -> {
                mounts.settle(
                        work,
                        new Mounts.Mount(method.path(), method.type(), method.description(), Map.of(), method.tune()),
                        () -> {});
                settleInside(work, method);
            });
        }
    }

    private void settleInside(Work work, AuthMethod method) {
        if (!method.config().isEmpty()) {
            work.part(() -> endpoint.settle(
                    work,
                    "auth method " + method.path() + " config",
                    "auth/" + method.path() + "/config",
                    method.config(),
                    Set.of()));
        }
        for (Role role : method.roles()) {
            work.part(() -> endpoint.settle(
                    work,
                    "role %s of %s".formatted(role.name(), method.path()),
                    method.rolePath(role),
                    role.parameters(),
                    Set.of()));
        }
    }
}
