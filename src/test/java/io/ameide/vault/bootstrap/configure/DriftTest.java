package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class DriftTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SENTINEL = "s3ntinel";

    /** What was asked for, as JSON, and what a server may show of it, as JSON; nothing for a field it does not return. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            quoteCharacter = '`',
            value = {
                "token_ttl       | \"10m\"           | 600",
                "token_ttl       | \"768h\"          | 2764800",
                "token_ttl       | \"1h30m\"         | 5400",
                "token_ttl       | \"2d\"            | 172800",
                "token_ttl       | \"600\"           | 600",
                "token_ttl       | 600               | \"600\"",
                "token_ttl       | 600               | \"10m0s\"",
                "token_ttl       | 0                 | -",
                "token_ttl       | \"0s\"            | 0",
                "rate            | 100.5             | 100.5",
                "rate            | 100.0             | 100",
                "rate            | 1000.0            | 1e3",
                "names           | [\"b\",\"a\"]     | [\"a\",\"b\"]",
                "names           | [\"a\",\"a\"]     | [\"a\"]",
                "names           | \"b, a\"          | [\"a\",\"b\"]",
                "names           | [\"a\",\"b\"]     | \"a,b\"",
                "names           | []                | null",
                "names           | []                | -",
                "names           | \"\"              | []",
                "token_policies  | [\"Readers\"]     | [\"readers\"]",
                "allowed_policies| \"P,q\"           | [\"p\",\"q\"]",
                "bound_cidrs     | [\"10.0.0.1/32\",\"::1/128\",\"10.1.0.0/16\"] | [\"10.0.0.1\",\"10.1.0.0/16\",\"::1\"]",
                "enabled         | true              | true",
                "enabled         | \"true\"          | true",
                "enabled         | false             | -",
                "text            | \"\"              | -",
                "text            | \"a\\n\"          | \"a\"",
                "claims          | {\"a\":\"x\"}     | {\"a\":\"x\"}",
                "claims          | {\"a\":[\"y\",\"x\"]} | {\"a\":[\"x\",\"y\"]}",
                "claims          | {\"a\":\"x\"}     | {\"a\":\"x\",\"b\":null}",
                "claims          | {}                | null",
                "rules           | [{\"b\":1,\"a\":\"x\"}] | [{\"a\":\"x\",\"b\":1}]",
            })
    void sameInWordsOfTheServer(String field, String desired, String observed) {
        assertThat(drift(field, desired, observed).words()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            quoteCharacter = '`',
            value = {
                "token_ttl      | \"10m\"            | 601                  | token_ttl: 601 -> 10m",
                "token_ttl      | \"10m\"            | 0                    | token_ttl: 0 -> 10m",
                "rate           | 100.5              | 100                  | rate: 100 -> 100.5",
                "enabled        | false              | true                 | enabled: true -> false",
                "enabled        | true               | false                | enabled: false -> true",
                "names          | [\"a\",\"b\"]      | [\"a\"]              | names: a -> a, b",
                "names          | []                 | [\"a\"]              | names: a -> none",
                "names          | [\"A\"]            | [\"a\"]              | names: a -> A",
                "token_policies | [\"a\"]            | [\"a\",\"root\"]     | token_policies: a, root -> a",
                "text           | \"x\"              | \"\"                 | text: none -> x",
                "claims         | {\"a\":\"x\"}      | {\"a\":\"y\"}        | claims.a differs",
                "claims         | {\"a\":\"x\"}      | {\"a\":\"x\",\"b\":1}| claims.b differs",
                "claims         | {}                 | {\"b\":1}            | claims.b differs",
                "claims         | {\"a\":\"x\"}      | {}                   | claims.a differs",
                "claims         | {\"a\":\"x\"}      | \"none\"             | claims.a differs",
                "rules          | [{\"a\":1}]        | [{\"a\":2}]          | rules: 1 entries -> 1 entries",
            })
    void differenceIsToldInWords(String field, String desired, String observed, String words) {
        Drift drift = drift(field, desired, observed);

        assertThat(drift.differing()).containsExactly(Map.entry(field, words));
        assertThat(drift.unseen()).isEmpty();
    }

    @Test
    void fieldThatIsNotReturnedIsUnseen() {
        Drift drift = drift("listing_visibility", "\"unauth\"", null);

        assertThat(drift.differing()).isEmpty();
        assertThat(drift.unseen())
                .containsExactly(Map.entry("listing_visibility", "listing_visibility: none -> unauth"));
    }

    @Test
    void fieldsThatNobodyAskedForDoNotCount() {
        assertThat(Drift.between(Map.of(), json("{\"token_ttl\": 5}"), Set.of()).words())
                .isEmpty();
    }

    @Test
    void sensitiveFieldIsNeverComparedEvenWhereTheServerReturnsIt() {
        JsonNode observed = json("{\"password\": \"%s\", \"nested\": {\"inner\": \"%s\"}, \"named\": \"%s\"}"
                .formatted(SENTINEL, SENTINEL, SENTINEL));

        Drift drift = Drift.between(
                Map.of(
                        "password",
                        Sensitive.of(SENTINEL),
                        "nested",
                        Map.of("inner", List.of(Sensitive.of(SENTINEL))),
                        "named",
                        SENTINEL),
                observed,
                Set.of("named"));

        assertThat(drift.differing()).isEmpty();
        assertThat(drift.unseen()).containsOnlyKeys("password", "nested", "named");
        assertThat(drift.toString()).doesNotContain(SENTINEL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password",
                "bindpass",
                "client_secret",
                "secret_id",
                "private_key",
                "api_key",
                "apikey",
                "credentials",
                "token_reviewer_jwt",
                "jwt",
                "access_token",
                "hmac_key",
                "passphrase",
                "connection_string",
                "pin"
            })
    void valueUnderASecretNameIsNeverShown(String field) {
        Drift there = drift(field, "\"" + SENTINEL + "-new\"", "\"" + SENTINEL + "-old\"");
        Drift missing = drift(field, "\"" + SENTINEL + "\"", null);
        Drift nested =
                drift("settings", "{\"%s\":\"%s\"}".formatted(field, SENTINEL), "{\"%s\":\"x\"}".formatted(field));

        assertThat(there.words()).containsExactly(field + " differs");
        assertThat(missing.words()).containsExactly(field + " differs");
        assertThat(nested.words()).containsExactly("settings." + field + " differs");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"secret_id_ttl", "secret_id_num_uses", "password_policy", "bind_secret_id", "token_policies"})
    void settingAboutASecretIsShown(String field) {
        assertThat(drift(field, "\"5\"", "\"4\"").words()).containsExactly(field + ": 4 -> 5");
    }

    @Test
    void passwordInAnAddressIsMasked() {
        Drift drift = drift(
                "connection_url",
                "\"postgresql://app:%s@db:5432/x\"".formatted(SENTINEL),
                "\"postgresql://app:%s-old@db:5432/x\"".formatted(SENTINEL));

        assertThat(drift.words())
                .containsExactly("connection_url: postgresql://******@db:5432/x -> postgresql://******@db:5432/x");
    }

    @Test
    void longValueIsCutAndKeptInOneLine() {
        Drift drift = drift("certificate", "\"" + "line\\n".repeat(50) + "\"", "\"\"");

        assertThat(drift.words())
                .singleElement()
                .satisfies(words -> assertThat(words)
                        .hasSizeLessThan(100)
                        .doesNotContain("\n")
                        .endsWith("…"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1h1h", "h", "10x", "-5s", "1.5h", "99999999999999999999", "٣s", "s"})
    void whatIsNoDurationIsNone(String text) {
        assertThat(Drift.seconds(text)).isEmpty();
    }

    private static Drift drift(String field, String desired, String observed) {
        Object value = JSON.convertValue(json(desired), Object.class);
        return Drift.between(
                Map.of(field, value),
                json(observed == null ? "{}" : "{\"%s\":%s}".formatted(field, observed)),
                Set.of());
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
