package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where desired fields and what the server returned for them differ. Only fields that the desired state names count. What
 * a server returns is rarely what was sent: durations come back in seconds, lists sorted, policy names in lower case,
 * empty values as nothing at all.
 *
 * @param differing fields that can be compared and differ, with words for people
 * @param incomparable fields that are secret, or that the server does not return: whether they changed is known only from
 *     what was last written
 */
record Drift(Map<String, String> differing, Map<String, Object> incomparable) {

    private static final Pattern DURATION = Pattern.compile("(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");

    /** Field names behind which people keep secrets; their values are not shown even when they were written in clear. */
    private static final Pattern SECRET_NAME = Pattern.compile(
            "(?i).*(passw|secret|private|credential|jwt$|bindpass|api_?key|_key$|token$|_token_).*|.*jwt");

    private static final int SHOWN_LENGTH = 60;

    /** @param sensitive fields that are not compared, besides those that hold a {@link Sensitive} */
    static Drift between(Map<String, Object> desired, JsonNode observed, Set<String> sensitive) {
        Map<String, String> differing = new LinkedHashMap<>();
        Map<String, Object> incomparable = new LinkedHashMap<>();
        desired.forEach((field, value) -> {
            JsonNode there = observed.path(field);
            if (sensitive.contains(field) || holdsSecret(value)) {
                incomparable.put(field, value);
            } else if (there.isMissingNode() && !isEmpty(value)) {
                incomparable.put(field, value);
            } else if (!same(field, value, there)) {
                differing.put(field, words(field, value, there));
            }
        });
        return new Drift(differing, incomparable);
    }

    private static String words(String field, Object value, JsonNode there) {
        if (SECRET_NAME.matcher(field).matches()) {
            return field + " differs";
        }
        return "%s: %s -> %s".formatted(field, shown(plain(there)), shown(plain(value)));
    }

    private static String shown(String text) {
        String line = text.isEmpty() ? "none" : text.replaceAll("\\s+", " ");
        return line.length() <= SHOWN_LENGTH ? line : line.substring(0, SHOWN_LENGTH) + "…";
    }

    static boolean holdsSecret(Object value) {
        return switch (value) {
            case Sensitive secret -> true;
            case Map<?, ?> map -> map.values().stream().anyMatch(Drift::holdsSecret);
            case List<?> list -> list.stream().anyMatch(Drift::holdsSecret);
            default -> false;
        };
    }

    private static boolean isEmpty(Object value) {
        return switch (value) {
            case Map<?, ?> map -> map.isEmpty();
            case List<?> list -> list.isEmpty();
            case String text -> text.isEmpty();
            case Boolean bool -> !bool;
            case Number number -> number.doubleValue() == 0;
            default -> false;
        };
    }

    private static boolean isEmpty(JsonNode node) {
        return node.isMissingNode()
                || node.isNull()
                || node.isContainerNode() && node.isEmpty()
                || node.isTextual() && node.textValue().isEmpty()
                || node.isBoolean() && !node.booleanValue()
                || node.isNumber() && node.doubleValue() == 0;
    }

    private static boolean same(String field, Object desired, JsonNode observed) {
        if (isEmpty(desired) && isEmpty(observed)) {
            return true;
        }
        if (desired instanceof Map<?, ?> map) {
            return observed.isObject()
                    && map.entrySet().stream()
                            .allMatch(entry -> same(
                                    String.valueOf(entry.getKey()),
                                    entry.getValue(),
                                    observed.path(String.valueOf(entry.getKey()))));
        }
        if (desired instanceof List<?> || observed.isArray()) {
            return elements(field, desired).equals(elements(field, observed));
        }
        String want = plain(desired);
        String have = plain(observed);
        if (want.equals(have)) {
            return true;
        }
        OptionalLong wantSeconds = seconds(want);
        return wantSeconds.isPresent() && wantSeconds.equals(seconds(have));
    }

    /** Elements of a list, or of a comma-separated text, in one order. */
    private static List<String> elements(String field, Object value) {
        List<String> elements = new ArrayList<>();
        switch (value) {
            case List<?> list -> list.forEach(element -> elements.add(plain(element)));
            case JsonNode node when node.isArray() -> node.forEach(element -> elements.add(plain(element)));
            default ->
                Arrays.stream(plain(value).split(","))
                        .map(String::strip)
                        .filter(element -> !element.isEmpty())
                        .forEach(elements::add);
        }
        // The server lowers the case of policy names (and of nothing else).
        return elements.stream()
                .map(element -> field.endsWith("policies") ? element.toLowerCase(Locale.ROOT) : element)
                .sorted()
                .toList();
    }

    private static String plain(Object value) {
        return switch (value) {
            case JsonNode node when node.isMissingNode() || node.isNull() -> "";
            case JsonNode node when node.isValueNode() -> plainNumber(node.asText());
            case Double number -> plainNumber(number.toString());
            default -> value.toString();
        };
    }

    private static String plainNumber(String text) {
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /** Reads {@code 90}, {@code 10m}, {@code 1h30m0s} and {@code 2d} as the server does. */
    static OptionalLong seconds(String text) {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (text.chars().allMatch(Character::isDigit)) {
            return text.length() > 18 ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        }
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches() || text.length() > 40) {
            return OptionalLong.empty();
        }
        long[] unit = {86_400, 3_600, 60, 1};
        long seconds = 0;
        for (int group = 1; group <= unit.length; group++) {
            if (matcher.group(group) != null) {
                seconds += Long.parseLong(matcher.group(group)) * unit[group - 1];
            }
        }
        return OptionalLong.of(seconds);
    }
}
