package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where desired fields and what the server returned for them differ. Only fields that the desired state names count. What
 * a server returns is rarely what was sent: durations come back in seconds, lists sorted, policy names in lower case,
 * empty values as nothing at all.
 *
 * @param differing fields that can be compared and differ, with words for people
 * @param unseen fields that are secret, or that the server does not return, with words for people: whether they changed
 *     is known only from what was last written
 */
record Drift(Map<String, String> differing, Map<String, String> unseen) {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Pattern DURATION = Pattern.compile("(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");

    /** Field names behind which people keep secrets; their values are not shown even when they were written in clear. */
    private static final Pattern SECRET_NAME = Pattern.compile(
            "(?i).*(passw|passphrase|secret|private|credential|jwt$|bindpass|api_?key|_key$|token$|_token_"
                    + "|connection_?string).*|pin");

    /** Names that say what is done with a secret, not what it is. */
    private static final Pattern ABOUT_A_SECRET =
            Pattern.compile("(?i)bind_secret_id|local_secret_ids|.*(_ttl|_uses|_cidrs|_policy|_policies|_period)");

    private static final Pattern CREDENTIALS_IN_URL = Pattern.compile("//[^/\\s]*:[^/\\s]*@");

    private static final int SHOWN_LENGTH = 60;

    /** @param sensitive fields that are not compared, besides those that hold a {@link Sensitive} */
    static Drift between(Map<String, Object> desired, JsonNode observed, Set<String> sensitive) {
        Map<String, String> differing = new LinkedHashMap<>();
        Map<String, String> unseen = new LinkedHashMap<>();
        desired.forEach((field, value) -> {
            JsonNode there = observed.path(field);
            if (sensitive.contains(field) || holdsSecret(value)) {
                unseen.put(field, field + " written anew, since the server does not show it");
                return;
            }
            JsonNode wanted = JSON.valueToTree(value);
            if (there.isMissingNode() && !isEmpty(wanted)) {
                unseen.put(field, words(field, wanted, there));
            } else if (!same(field, wanted, there)) {
                differing.put(field, words(field, wanted, there));
            }
        });
        return new Drift(differing, unseen);
    }

    /** All of it, for where the server shows everything it holds. */
    List<String> words() {
        List<String> words = new ArrayList<>(differing.values());
        words.addAll(unseen.values());
        return words;
    }

    private static String words(String field, JsonNode wanted, JsonNode there) {
        if (secretName(field)) {
            return field + " differs";
        }
        if (wanted.isObject() || there.isObject()) {
            return names(wanted, there).stream()
                    .filter(name -> !same(name, wanted.path(name), there.path(name)))
                    .map(name -> field + "." + name + " differs")
                    .collect(Collectors.joining(", "));
        }
        return "%s: %s -> %s".formatted(field, shown(there), shown(wanted));
    }

    private static boolean secretName(String field) {
        return SECRET_NAME.matcher(field).matches()
                && !ABOUT_A_SECRET.matcher(field).matches();
    }

    private static String shown(JsonNode value) {
        if (value.isArray() && hasContainers(value)) {
            return value.size() + " entries";
        }
        String text = value.isArray() ? String.join(", ", elements("", value)) : plain(value);
        String line = text.isEmpty()
                ? "none"
                : CREDENTIALS_IN_URL.matcher(text.replaceAll("\\s+", " ")).replaceAll("//" + Sensitive.MASK + "@");
        return line.length() <= SHOWN_LENGTH ? line : line.substring(0, SHOWN_LENGTH) + "…";
    }

    private static boolean hasContainers(JsonNode array) {
        for (JsonNode element : array) {
            if (element.isContainerNode()) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsSecret(Object value) {
        return switch (value) {
            case Sensitive secret -> true;
            case Map<?, ?> map -> map.values().stream().anyMatch(Drift::holdsSecret);
            case List<?> list -> list.stream().anyMatch(Drift::holdsSecret);
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

    private static boolean same(String field, JsonNode wanted, JsonNode there) {
        if (isEmpty(wanted) && isEmpty(there)) {
            return true;
        }
        if (wanted.isObject() || there.isObject()) {
            // A map belongs to whoever writes it, so what is in it besides is a difference too.
            return (wanted.isObject() || isEmpty(wanted))
                    && (there.isObject() || isEmpty(there))
                    && names(wanted, there).stream().allMatch(name -> same(name, wanted.path(name), there.path(name)));
        }
        if (wanted.isArray() || there.isArray()) {
            return elements(field, wanted).equals(elements(field, there));
        }
        String want = plain(wanted);
        String have = plain(there);
        if (want.equals(have) || wanted.isNumber() && there.isNumber() && wanted.doubleValue() == there.doubleValue()) {
            return true;
        }
        OptionalLong wantSeconds = seconds(want);
        return wantSeconds.isPresent() && wantSeconds.equals(seconds(have));
    }

    private static SortedSet<String> names(JsonNode one, JsonNode other) {
        SortedSet<String> names = new TreeSet<>();
        one.fieldNames().forEachRemaining(names::add);
        other.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Elements of a list, or of a comma-separated text, each once and in one order. */
    private static SortedSet<String> elements(String field, JsonNode value) {
        SortedSet<String> elements = new TreeSet<>();
        if (value.isArray()) {
            value.forEach(element -> elements.add(plain(element)));
        } else {
            Arrays.stream(plain(value).split(","))
                    .map(String::strip)
                    .filter(element -> !element.isEmpty())
                    .forEach(elements::add);
        }
        // The server lowers the case of policy names (and of nothing else).
        if (field.endsWith("policies")) {
            return mapped(elements, element -> element.toLowerCase(Locale.ROOT));
        }
        // A network of one address comes back as the address.
        return field.endsWith("cidrs") ? mapped(elements, element -> element.replaceFirst("/(32|128)$", "")) : elements;
    }

    private static SortedSet<String> mapped(SortedSet<String> elements, UnaryOperator<String> mapping) {
        return elements.stream().map(mapping).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String plain(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (value.isObject()) {
            Map<String, String> sorted = new TreeMap<>();
            value.properties().forEach(entry -> sorted.put(entry.getKey(), plain(entry.getValue())));
            return sorted.toString();
        }
        if (value.isArray()) {
            List<String> elements = new ArrayList<>();
            value.forEach(element -> elements.add(plain(element)));
            return elements.toString();
        }
        // A text block of YAML ends in a line end, which servers cut off.
        String text = value.asText().strip();
        return value.isNumber() && text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    /** Reads {@code 90}, {@code 10m}, {@code 1h30m0s} and {@code 2d} as the server does. */
    static OptionalLong seconds(String text) {
        if (text.isEmpty() || text.length() > 18) {
            return OptionalLong.empty();
        }
        if (text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.of(Long.parseLong(text));
        }
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
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
