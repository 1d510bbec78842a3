package io.ameide.vault.bootstrap.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;

/**
 * What a role of Kubernetes auth asks for, as the server has it.
 *
 * @param audience empty where it asks for none
 */
record KubernetesRole(
        List<String> names, List<String> namespaces, String audience, List<String> cidrs, List<String> policies) {

    static KubernetesRole of(JsonNode data) {
        return new KubernetesRole(
                texts(data.path("bound_service_account_names")),
                texts(data.path("bound_service_account_namespaces")),
                data.path("audience").asText(""),
                texts(data.path("token_bound_cidrs")),
                texts(data.path("token_policies")));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return List.copyOf(texts);
    }
}
