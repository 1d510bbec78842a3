package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.Cluster;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Looks into the custody that the application left, and at the server with what it finds there. */
public final class Custodian {

    private static final Duration ACTIVE_LIMIT = Duration.ofSeconds(30);

    private final FileKeyStore store;
    private final URI server;

    public Custodian(Path custodyFolder, URI server) {
        this.store = new FileKeyStore(custodyFolder);
        this.server = server;
    }

    public KeyMaterial material() {
        return store.read().material().orElseThrow(() -> new AssertionError("custody is empty"));
    }

    public VaultNode node() {
        return Nodes.at(server);
    }

    /** Opens the sealed server with the shares in custody and waits until it serves. */
    public void unseal() {
        VaultNode node = node();
        for (Sensitive share : material().shares()) {
            if (!node.unseal(share).sealed()) {
                break;
            }
        }
        Cluster cluster = new Cluster(List.of(node), Waiter.REAL);
        cluster.look();
        if (cluster.awaitActive(ACTIVE_LIMIT).isEmpty()) {
            throw new AssertionError("the shares in custody do not bring %s to serve".formatted(server));
        }
    }

    /** A session of the application's own AppRole, with the application's own policy. */
    public VaultSession signIn() {
        AppRoleCredential credential = material().appRole().orElseThrow();
        return node().session(node().loginWithAppRole(credential.mount(), credential.roleId(), credential.secretId())
                .token());
    }
}
