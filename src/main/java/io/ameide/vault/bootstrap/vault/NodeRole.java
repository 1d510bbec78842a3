package io.ameide.vault.bootstrap.vault;

/** What a node can do now, as the status code of {@code sys/health} tells. */
public enum NodeRole {
    ACTIVE,
    STANDBY,
    PERFORMANCE_STANDBY,
    DR_SECONDARY,
    NOT_INITIALIZED,
    SEALED;

    static NodeRole of(int status) {
        return switch (status) {
            case 200 -> ACTIVE;
            case 429 -> STANDBY;
            case 472 -> DR_SECONDARY;
            case 473 -> PERFORMANCE_STANDBY;
            case 501 -> NOT_INITIALIZED;
            case 503 -> SEALED;
            default -> throw new IllegalArgumentException("health status " + status);
        };
    }
}
