package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.Objects;

/**
 * A stored way to sign in without the root token.
 *
 * @param mount path of the AppRole auth method, without {@code auth/} and without slashes at its ends
 * @param role name of the role
 */
public record AppRoleCredential(String mount, String role, Sensitive roleId, Sensitive secretId) {

    public AppRoleCredential {
        Objects.requireNonNull(mount);
        Objects.requireNonNull(role);
        Objects.requireNonNull(roleId);
        Objects.requireNonNull(secretId);
    }
}
