package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What Vault and OpenBao answer to one kind of request: which statuses, and which fields of which type. Whatever is not
 * like that came from something else, such as a gateway, and is not believed.
 *
 * <p>Errors are alike everywhere: a list {@code errors} of texts, which may be empty. Seen on HashiCorp Vault 1.21.1 and
 * OpenBao 2.7.2.
 *
 * @param refusable whether a status of 4xx can be Vault's answer; 429 always can
 * @param absentable whether 404 says that nothing is at the path
 * @param emptyable whether 204 without a body is an answer
 * @param lack what a body of JSON lacks, in words; nothing where it is as it must be
 */
record AnswerForm(boolean refusable, boolean absentable, boolean emptyable, Function<JsonNode, Optional<String>> lack) {

    /** Statuses with which {@code sys/health} tells a role; its body is the same for all of them. */
    private static final Set<Integer> HEALTH_STATUSES = Set.of(200, 429, 472, 473, 474, 501, 503, 530);

    /** Data of a path, or nothing. */
    static final AnswerForm READ = new AnswerForm(true, true, false, AnswerForm::envelopeLack);

    /** What a write or a deletion came to. */
    static final AnswerForm WRITE = new AnswerForm(true, true, true, AnswerForm::envelopeLack);

    static final AnswerForm LOGIN = new AnswerForm(
            true,
            false,
            false,
            body -> either(
                    fieldLack(body, "auth", JsonNode::isObject, "an object"),
                    () -> fieldLack(body.path("auth"), "client_token", AnswerForm::isFilledText, "a text"),
                    () -> fieldLack(body.path("auth"), "lease_duration", JsonNode::isIntegralNumber, "a number")));

    static final AnswerForm TOKEN = new AnswerForm(
            true,
            false,
            false,
            body -> either(
                    envelopeLack(body), () -> fieldLack(body.path("data"), "id", AnswerForm::isFilledText, "a text")));

    static final AnswerForm SEAL_STATUS = new AnswerForm(false, false, false, AnswerForm::sealLack);

    static final AnswerForm UNSEAL = new AnswerForm(true, false, false, AnswerForm::sealLack);

    static final AnswerForm HEALTH = new AnswerForm(
            false,
            false,
            false,
            body -> either(
                    booleanLack(body, "initialized"),
                    () -> booleanLack(body, "sealed"),
                    () -> booleanLack(body, "standby")));

    static final AnswerForm LEADER = new AnswerForm(
            false,
            false,
            false,
            body -> either(
                    booleanLack(body, "ha_enabled"),
                    () -> booleanLack(body, "is_self"),
                    () -> fieldLack(body, "leader_address", JsonNode::isTextual, "a text")));

    static final AnswerForm JOIN = new AnswerForm(true, false, false, body -> booleanLack(body, "joined"));

    /** An attempt to generate a root token, under way or not. */
    static final AnswerForm ROOT_ATTEMPT = new AnswerForm(
            true,
            false,
            false,
            body -> either(
                    booleanLack(body, "started"),
                    () -> fieldLack(body, "nonce", JsonNode::isTextual, "a text"),
                    () -> numberLack(body, "progress")));

    /** What one share of such an attempt came to. */
    static final AnswerForm ROOT_SHARE = new AnswerForm(
            true,
            false,
            false,
            body -> either(
                    booleanLack(body, "complete"),
                    () -> fieldLack(body, "encoded_token", JsonNode::isTextual, "a text")));

    /** {@code sys/rotate} answers in an envelope, {@code sys/rekey} without one. */
    static final AnswerForm ROTATION = new AnswerForm(true, true, true, body -> {
        JsonNode content = body.path("data").isObject() ? body.path("data") : body;
        boolean known =
                content.path("started").isBoolean() || content.path("complete").isBoolean();
        return known ? Optional.empty() : Optional.of("a JSON object without the fields started and complete");
    });

    /** A secret of a KV engine of version 2. */
    static final AnswerForm SECRET = new AnswerForm(
            true,
            true,
            false,
            body -> either(
                    envelopeLack(body),
                    () -> fieldLack(body.path("data"), "metadata", JsonNode::isObject, "an object"),
                    () -> numberLack(body.at("/data/metadata"), "version"),
                    () -> fieldLack(
                            body.path("data"), "data", data -> data.isObject() || data.isNull(), "an object or null")));

    static final AnswerForm SECRET_WRITTEN = new AnswerForm(
            true, true, false, body -> either(envelopeLack(body), () -> numberLack(body.path("data"), "version")));

    static final AnswerForm PEERS = new AnswerForm(
            true,
            true,
            false,
            body -> either(
                    envelopeLack(body),
                    () -> fieldLack(body.path("data"), "servers", JsonNode::isObject, "an object")));

    /** With the names of a folder, which are left out where there are none. */
    static final AnswerForm LIST = new AnswerForm(
            true,
            true,
            false,
            body -> either(
                    envelopeLack(body),
                    () -> body.path("data").has("keys")
                            ? fieldLack(body.path("data"), "keys", JsonNode::isArray, "a list")
                            : Optional.empty()));

    /**
     * What was received instead of an answer, in words; nothing where it is an answer.
     *
     * @param body nothing where it is empty or not a JSON object
     */
    Optional<String> strangeness(int status, Optional<JsonNode> body, boolean empty, String kind) {
        if (this == HEALTH && HEALTH_STATUSES.contains(status)) {
            return body.isEmpty() ? Optional.of(kind) : healthStrangeness(status, body.get());
        }
        if (status / 100 == 2) {
            if (empty) {
                return emptyable && status == 204 ? Optional.empty() : Optional.of(kind);
            }
            return body.isEmpty() ? Optional.of(kind) : lack.apply(body.get());
        }
        if (status / 100 == 3) {
            return refusable ? Optional.empty() : Optional.of("a redirect");
        }
        if (status == 404 && absentable && body.filter(AnswerForm::isEnvelope).isPresent()) {
            return Optional.empty();
        }
        if (body.filter(AnswerForm::isError).isEmpty()) {
            return Optional.of(body.isEmpty() ? kind : "a JSON object without a list of errors");
        }
        boolean possible = status / 100 == 5 || status == 429 || status / 100 == 4 && refusable;
        return possible ? Optional.empty() : Optional.of("an error that Vault does not answer there");
    }

    private Optional<String> healthStrangeness(int status, JsonNode body) {
        if (status != 200 && isError(body)) {
            return Optional.empty();
        }
        Optional<String> missing = lack.apply(body);
        if (missing.isPresent()) {
            return missing;
        }
        boolean initialized = body.path("initialized").booleanValue();
        boolean sealed = body.path("sealed").booleanValue();
        boolean agrees = switch (status) {
            case 200 -> initialized && !sealed && !body.path("standby").booleanValue();
            case 501 -> !initialized;
            case 503 -> initialized && sealed;
            default -> true;
        };
        return agrees ? Optional.empty() : Optional.of("a health that its status contradicts");
    }

    /** An answer with data, a warning, or neither: all of them have an id of the request. */
    private static Optional<String> envelopeLack(JsonNode body) {
        return either(
                fieldLack(body, "request_id", JsonNode::isTextual, "a text"),
                () -> fieldLack(body, "data", data -> data.isObject() || data.isNull(), "an object or null"));
    }

    private static boolean isEnvelope(JsonNode body) {
        return envelopeLack(body).isEmpty();
    }

    private static boolean isError(JsonNode body) {
        JsonNode errors = body.path("errors");
        if (!errors.isArray()) {
            return false;
        }
        for (JsonNode error : errors) {
            if (!error.isTextual()) {
                return false;
            }
        }
        return true;
    }

    private static Optional<String> sealLack(JsonNode body) {
        return either(
                fieldLack(body, "type", AnswerForm::isFilledText, "a text"),
                () -> booleanLack(body, "initialized"),
                () -> booleanLack(body, "sealed"),
                () -> numberLack(body, "t"),
                () -> numberLack(body, "n"),
                () -> numberLack(body, "progress"),
                () -> contradiction(body));
    }

    private static Optional<String> contradiction(JsonNode body) {
        boolean open = !body.path("sealed").booleanValue();
        boolean initialized = body.path("initialized").booleanValue();
        if (open && !initialized) {
            return Optional.of("a seal status that is unsealed and not initialized");
        }
        if (body.path("t").intValue() > body.path("n").intValue()) {
            return Optional.of("a seal status with a threshold above the number of shares");
        }
        for (String field : Set.of("cluster_id", "cluster_name", "version", "storage_type")) {
            if (body.has(field) && !body.path(field).isTextual()) {
                return Optional.of("a JSON object whose field %s is not a text".formatted(field));
            }
        }
        return Optional.empty();
    }

    private static boolean isFilledText(JsonNode value) {
        return value.isTextual() && !value.textValue().isEmpty();
    }

    private static Optional<String> booleanLack(JsonNode body, String field) {
        return fieldLack(body, field, JsonNode::isBoolean, "true or false");
    }

    private static Optional<String> numberLack(JsonNode body, String field) {
        return fieldLack(
                body, field, value -> value.isIntegralNumber() && value.longValue() >= 0, "a number of 0 or more");
    }

    private static Optional<String> fieldLack(JsonNode body, String field, Predicate<JsonNode> fits, String type) {
        if (!body.has(field)) {
            return Optional.of("a JSON object without the field " + field);
        }
        return fits.test(body.path(field))
                ? Optional.empty()
                : Optional.of("a JSON object whose field %s is not %s".formatted(field, type));
    }

    @SafeVarargs
    private static Optional<String> either(Optional<String> first, Supplier<Optional<String>>... others) {
        Optional<String> lack = first;
        for (Supplier<Optional<String>> other : others) {
            lack = lack.or(other);
        }
        return lack;
    }
}
