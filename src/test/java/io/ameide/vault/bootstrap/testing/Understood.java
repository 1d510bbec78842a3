package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Which fields of objects {@link Kubelet} does justice to. */
final class Understood {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Understood() {}

    /**
     * Fails the test at a field that is none of these, since nothing would come of it.
     *
     * @param part of an object of the API
     * @param only fields that may have one value alone
     */
    static void fields(String what, Object part, Set<String> fields, Map<String, String> only) {
        JsonNode json = JSON.valueToTree(part);
        json.properties().forEach(field -> {
            if (only.containsKey(field.getKey())) {
                assertThat(field.getValue().asText())
                        .as("%s of a %s", field.getKey(), what)
                        .isEqualTo(only.get(field.getKey()));
            } else {
                assertThat(fields)
                        .as("fields of a %s that are understood", what)
                        .contains(field.getKey());
            }
        });
    }

    static void fields(String what, Object part, Set<String> fields) {
        fields(what, part, fields, Map.of());
    }
}
