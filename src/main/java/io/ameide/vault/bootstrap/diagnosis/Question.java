package io.ameide.vault.bootstrap.diagnosis;

import io.ameide.vault.bootstrap.kubernetes.Account;

import java.util.Optional;

/**
 * Which login does not work.
 *
 * @param path an API path that the login's token is to read, for example {@code secret/data/team/key}
 * @param reviewer whose ServiceAccount reviews tokens for the server, where somebody knows
 */
public record Question(
        String mount, String role, TokenSource token, Optional<String> path, Optional<Account> reviewer) {

    String rolePath() {
        return "auth/%s/role/%s".formatted(mount, role);
    }

    String configPath() {
        return "auth/%s/config".formatted(mount);
    }
}
