package io.ameide.vault.bootstrap.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.Optional;

/**
 * How a server has tokens reviewed, as it tells; it never tells the reviewer's token.
 *
 * @param authority PEM; without one the server takes that of its own pod
 * @param reviewerPinned whether {@code token_reviewer_jwt} is set
 * @param clientReviews whether each client's own token reviews itself, since the server may not use that of its pod
 * @param keys how many public keys a signature has to be of, whatever a review says
 */
record KubernetesConfig(
        String host,
        Optional<String> authority,
        boolean reviewerPinned,
        boolean clientReviews,
        int keys,
        String issuer) {

    static KubernetesConfig of(JsonNode data) {
        boolean pinned = data.path("token_reviewer_jwt_set").asBoolean();
        return new KubernetesConfig(
                data.path("kubernetes_host").asText(""),
                Optional.of(data.path("kubernetes_ca_cert").asText("")).filter(text -> !text.isBlank()),
                pinned,
                !pinned && data.path("disable_local_ca_jwt").asBoolean(),
                data.path("pem_keys").size(),
                data.path("issuer").asText(""));
    }
}
