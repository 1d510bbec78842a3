package io.ameide.vault.bootstrap.vault;

/**
 * What a node can do now, as the status code of {@code sys/health} tells. HashiCorp Vault has more codes than OpenBao: 472
 * and 473 of its Enterprise edition, 474 for a standby that does not reach the active node, 530 for one that is
 * {@linkplain SealStatus#removed removed}.
 */
public enum NodeRole {
    ACTIVE,
    STANDBY,
    PERFORMANCE_STANDBY,
    DR_SECONDARY,
    NOT_INITIALIZED,
    SEALED,
    REMOVED;

    static NodeRole of(int status) {
        return switch (status) {
            case 200 -> ACTIVE;
            case 429, 474 -> STANDBY;
            case 472 -> DR_SECONDARY;
            case 473 -> PERFORMANCE_STANDBY;
            case 501 -> NOT_INITIALIZED;
            case 503 -> SEALED;
            case 530 -> REMOVED;
            default -> throw new IllegalArgumentException("health status " + status);
        };
    }
}
