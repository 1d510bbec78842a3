package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.Optional;

/**
 * What a node says about itself without a login ({@code sys/seal-status}).
 *
 * @param type {@code shamir}, or the kind of auto-unseal
 * @param threshold shares needed to unseal; 0 on an uninitialized node
 * @param shares shares there are; 0 on an uninitialized node
 * @param progress shares given since the last reset
 * @param recoverySeal whether shares are recovery shares, because something else unseals
 * @param removed whether the cluster has dropped this node, which then stays sealed until its storage is wiped. HashiCorp
 *     Vault says so; an OpenBao node does not know it of itself
 * @param clusterId known once unsealed
 */
public record SealStatus(
        String type,
        boolean initialized,
        boolean sealed,
        int threshold,
        int shares,
        int progress,
        boolean recoverySeal,
        String version,
        String storage,
        boolean removed,
        Optional<String> clusterId,
        Optional<String> clusterName) {

    static SealStatus of(JsonNode body) {
        return new SealStatus(
                body.path("type").asText("unknown"),
                body.path("initialized").asBoolean(),
                body.path("sealed").asBoolean(true),
                body.path("t").asInt(),
                body.path("n").asInt(),
                body.path("progress").asInt(),
                body.path("recovery_seal").asBoolean(),
                body.path("version").asText("unknown"),
                body.path("storage_type").asText("unknown"),
                body.path("removed_from_cluster").asBoolean(),
                text(body, "cluster_id"),
                text(body, "cluster_name"));
    }

    private static Optional<String> text(JsonNode body, String field) {
        return Optional.ofNullable(body.path(field).textValue()).filter(value -> !value.isEmpty());
    }
}
