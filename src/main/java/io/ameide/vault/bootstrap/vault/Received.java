package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What came back for a request, before anybody looked at whether it is an answer of Vault.
 *
 * @param contentType as the header has it
 */
record Received(int status, Optional<String> contentType, byte[] body) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A longer or stranger one is not shown: whatever answered may put anything there. */
    private static final Pattern MEDIA_TYPE =
            Pattern.compile("(?<type>(?:text|application)/[a-z][a-z.+-]{0,30})\\s*(?:;.*)?", Pattern.DOTALL);

    boolean empty() {
        return body.length == 0;
    }

    /** Nothing where it is not a JSON object. */
    Optional<JsonNode> json() {
        try {
            JsonNode node = JSON.readTree(body);
            return Optional.of(node).filter(JsonNode::isObject);
        } catch (JsonProcessingException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new IllegalStateException("read from memory", e);
        }
    }

    boolean fromTlsListener() {
        return beginning().contains("HTTP request to an HTTPS server");
    }

    /** What sort of body it is, without a word of it. */
    String kind() {
        if (empty()) {
            return "an empty body";
        }
        if (beginning().stripLeading().startsWith("<")) {
            return "an HTML page";
        }
        return json().isPresent() ? "a JSON object" : "something that is not JSON";
    }

    /** To follow the kind: status and type. */
    String headers() {
        Optional<String> type = contentType
                .map(text -> MEDIA_TYPE.matcher(text.toLowerCase(Locale.ROOT)))
                .filter(Matcher::matches)
                .map(matcher -> matcher.group("type"));
        return "status " + status + type.map(text -> ", content type " + text).orElse("");
    }

    private String beginning() {
        return new String(body, 0, Math.min(body.length, 512), StandardCharsets.UTF_8);
    }
}
