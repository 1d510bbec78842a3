package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.Optional;

/** The tool's own rights at a node, to look at something with, by whatever way in works. It sets up nothing. */
public final class OwnSession implements AutoCloseable {

    private final VaultSession session;
    private final boolean obtained;
    private final String name;

    private OwnSession(VaultSession session, boolean obtained, String name) {
        this.session = session;
        this.obtained = obtained;
        this.name = name;
    }

    /**
     * Tries Kubernetes auth where it is configured, then what custody holds.
     *
     * @throws NodeException where the node cannot answer
     */
    public static Optional<OwnSession> open(AccessSettings settings, Optional<KeyMaterial> custody, VaultNode node) {
        return settings.kubernetes()
                .flatMap(kubernetes -> withToken(kubernetes, node))
                .or(() -> custody.flatMap(KeyMaterial::appRole).flatMap(credential -> withAppRole(credential, node)))
                .or(() -> custody.flatMap(KeyMaterial::rootToken).flatMap(token -> withRoot(token, node)));
    }

    private static Optional<OwnSession> withToken(AccessSettings.Kubernetes settings, VaultNode node) {
        try {
            Sensitive jwt = ProjectedToken.read(settings.tokenFile()).jwt();
            VaultSession session = node.session(node.loginWithKubernetes(settings.mount(), settings.role(), jwt));
            return Optional.of(new OwnSession(session, true, "Kubernetes role " + settings.role()));
        } catch (ProblemException | NodeException.Refused | NodeException.Denied e) {
            return Optional.empty();
        }
    }

    private static Optional<OwnSession> withAppRole(AppRoleCredential credential, VaultNode node) {
        return AppRoleWay.login(node, credential)
                .map(session -> new OwnSession(session, true, "AppRole " + credential.role()));
    }

    private static Optional<OwnSession> withRoot(Sensitive token, VaultNode node) {
        VaultSession session = node.session(token);
        return session.alive() ? Optional.of(new OwnSession(session, false, "the root token")) : Optional.empty();
    }

    public VaultSession session() {
        return session;
    }

    /** To be put into a sentence: {@code AppRole vault-bootstrap}. */
    @Override
    public String toString() {
        return name;
    }

    /** Gives back a token that was obtained for this; one that custody holds stays. */
    @Override
    public void close() {
        if (obtained) {
            session.revoke();
        }
    }
}
