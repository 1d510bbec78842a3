package io.ameide.vault.bootstrap.access;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the tool signs in.
 *
 * @param kubernetes where present, the way in; the AppRole then serves only to come from it
 * @param tokenTtl how long a token lives that nobody revoked, because its tick was killed
 * @param generateRoot whether a root token may be made from the shares when no other way in is left
 */
public record AccessSettings(
        AppRole appRole, Optional<Kubernetes> kubernetes, Duration tokenTtl, boolean generateRoot) {

    /**
     * The tool's own AppRole.
     *
     * @param mount where its auth method is mounted, apart from any that people use
     * @param role also the name of the tool's own policy
     */
    public record AppRole(String mount, String role) {}

    /**
     * Kubernetes auth.
     *
     * @param role also the name of the tool's own policy
     * @param tokenFile a projected ServiceAccount token; the role is bound to what it says of itself
     * @param host the API server as the Vault server reaches it; counts where the desired state does not configure the
     *     auth method
     */
    public record Kubernetes(String role, String mount, Path tokenFile, String host) {

        String rolePath() {
            return "auth/%s/role/%s".formatted(mount, role);
        }
    }

    /** The role under which the tool works, and so the name of its own policy. */
    String role() {
        return kubernetes.map(Kubernetes::role).orElse(appRole.role());
    }
}
