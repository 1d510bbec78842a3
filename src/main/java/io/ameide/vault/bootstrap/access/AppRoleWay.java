package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.KeyStore;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Through an AppRole whose ids are in custody. */
final class AppRoleWay implements WayIn {

    private final KeyStore custody;
    private final AccessSettings.AppRole settings;
    private final Duration tokenTtl;

    AppRoleWay(KeyStore custody, AccessSettings.AppRole settings, Duration tokenTtl) {
        this.custody = custody;
        this.settings = settings;
        this.tokenTtl = tokenTtl;
    }

    @Override
    public String name() {
        return "AppRole " + settings.role();
    }

    @Override
    public Attempt signIn(VaultNode node, KeyMaterial keys) {
        return keys.appRole()
                .flatMap(credential -> login(node, credential))
                .<Attempt>map(Attempt.SignedIn::new)
                .orElseGet(() -> new Attempt.Refused("the AppRole in %s is %s"
                        .formatted(custody.description(), keys.appRole().isPresent() ? "refused" : "missing")));
    }

    static Optional<VaultSession> login(VaultNode node, AppRoleCredential credential) {
        try {
            return Optional.of(node.session(
                    node.loginWithAppRole(credential.mount(), credential.roleId(), credential.secretId())));
        } catch (NodeException.Refused | NodeException.Denied e) {
            // Not set up yet, or taken away: both show as a wrong role or secret id, or as nothing mounted there.
            return Optional.empty();
        }
    }

    @Override
    public Change setUpChange() {
        return new Change(name(), "set up at auth/" + settings.mount());
    }

    @Override
    public Attempt setUp(VaultNode node, VaultSession with) {
        KeyMaterial keys = storedCredential();
        AppRoleCredential credential = keys.appRole().orElseThrow();
        boolean mounted = with.read("sys/auth")
                .map(data -> data.has(settings.mount() + "/"))
                .orElse(false);
        if (!mounted) {
            with.write(
                    "sys/auth/" + settings.mount(),
                    Map.of("type", "approle", "description", "vault-bootstrap signs in here"));
        }
        String role = "auth/%s/role/%s".formatted(settings.mount(), settings.role());
        with.write(
                role,
                Map.of(
                        "token_policies", List.of(settings.role()),
                        "token_ttl", tokenTtl.toSeconds(),
                        "token_max_ttl", tokenTtl.toSeconds(),
                        "token_no_default_policy", true));
        with.write(role + "/role-id", Map.of("role_id", credential.roleId()));
        Attempt attempt = signIn(node, keys);
        if (attempt instanceof Attempt.Refused) {
            with.write(role + "/custom-secret-id", Map.of("secret_id", credential.secretId()));
            attempt = signIn(node, keys);
        }
        return attempt;
    }

    /** Stored before the server learns it, so that a tick that dies in between leaves no credential nobody knows. */
    private KeyMaterial storedCredential() {
        return custody.update(keys -> keys.appRole().isPresent()
                ? keys
                : keys.withAppRole(Optional.of(new AppRoleCredential(
                        settings.mount(),
                        settings.role(),
                        Sensitive.of(UUID.randomUUID().toString()),
                        Sensitive.of(UUID.randomUUID().toString())))));
    }

    /** Its own token may not touch the role: nobody but this tool has a reason to, and its ids can be read there. */
    @Override
    public void follow(Work work, VaultSession own) {}

    @Override
    public String advice() {
        return "see the server's log for why the login failed";
    }
}
