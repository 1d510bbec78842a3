package io.ameide.vault.bootstrap.tick;

import java.util.Objects;

/**
 * One difference between desired and observed state, in words a person understands. Neither part ever holds a secret
 * value.
 *
 * @param subject what differs, for example {@code policy external-secrets}
 * @param description how, for example {@code create} or {@code token_ttl: 600 -> 900}
 */
public record Change(String subject, String description) {

    public Change {
        Objects.requireNonNull(subject);
        Objects.requireNonNull(description);
    }

    @Override
    public String toString() {
        return subject + ": " + description;
    }
}
