package io.ameide.vault.bootstrap.desired;

import io.ameide.vault.bootstrap.desired.DesiredState.AuditDevice;
import io.ameide.vault.bootstrap.desired.DesiredState.AuthMethod;
import io.ameide.vault.bootstrap.desired.DesiredState.Fixtures;
import io.ameide.vault.bootstrap.desired.DesiredState.Generated;
import io.ameide.vault.bootstrap.desired.DesiredState.Policy;
import io.ameide.vault.bootstrap.desired.DesiredState.Resource;
import io.ameide.vault.bootstrap.desired.DesiredState.Role;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretEngine;
import io.ameide.vault.bootstrap.desired.DesiredState.SeedMode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.groups.Tuple.tuple;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class DesiredStateParserTest {

    private static final String SENTINEL = "s3ntinel-7f1c";
    private static final String ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    @TempDir
    Path folder;

    private Path file;
    private final DesiredStateParser parser = new DesiredStateParser(name ->
            Optional.ofNullable(Map.of("DB_PASSWORD", SENTINEL, "EMPTY", "").get(name)));

    @BeforeEach
    void nameTheDocument() {
        file = folder.resolve("desired.yaml");
    }

    @Test
    void wholeDocumentBecomesRecords() throws IOException {
        Files.writeString(folder.resolve("db-password"), SENTINEL + "\n");

        DesiredState state = parse("""
                policies:
                  - name: external-secrets
                    rules: |
                      path "secret/data/*"     { capabilities = ["read"] }
                      path "secret/metadata/*" { capabilities = ["read", "list"] }
                secretEngines:
                  - path: secret
                    type: kv
                    options: { version: "2" }
                authMethods:
                  - path: kubernetes
                    type: kubernetes
                    config: { kubernetes_host: "https://kubernetes.default.svc" }
                    roles:
                      - name: external-secrets
                        bound_service_account_names: [external-secrets]
                        bound_service_account_namespaces: [external-secrets]
                        audience: vault
                        token_policies: [external-secrets]
                        token_ttl: 10m
                auditDevices:
                  - path: stdout
                    type: file
                    options: { file_path: stdout }
                secrets:
                  - fixtures: default-local-keyvault-secrets.json
                    mode: create-only            # or: enforce
                  - name: platform-db-password   # made once, never shown, never changed again
                    generate: { length: 32, charset: alphanumeric }
                resources:                       # anything else that can be written and read back
                  - path: identity/group/name/platform
                    data: { policies: [platform] }
                  - path: database/config/main
                    data: { plugin_name: postgresql-database-plugin, password: "${file:db-password}" }
                    sensitive: [password]        # written when it changes here
                """);

        assertThat(state)
                .isEqualTo(new DesiredState(
                        List.of(new Policy("external-secrets", """
                                path "secret/data/*"     { capabilities = ["read"] }
                                path "secret/metadata/*" { capabilities = ["read", "list"] }
                                """, at(2))),
                        List.of(new SecretEngine("secret", "kv", "", Map.of("version", "2"), Map.of(), at(7))),
                        List.of(new AuthMethod(
                                "kubernetes",
                                "kubernetes",
                                "",
                                Map.of(),
                                Map.of("kubernetes_host", "https://kubernetes.default.svc"),
                                List.of(new Role(
                                        "external-secrets",
                                        Map.of(
                                                "bound_service_account_names", List.of("external-secrets"),
                                                "bound_service_account_namespaces", List.of("external-secrets"),
                                                "audience", "vault",
                                                "token_policies", List.of("external-secrets"),
                                                "token_ttl", "10m"),
                                        at(15))),
                                at(11))),
                        List.of(new AuditDevice("stdout", "file", "", Map.of("file_path", "stdout"), at(22))),
                        List.of(
                                new Fixtures(
                                        folder.resolve("default-local-keyvault-secrets.json"),
                                        SeedMode.CREATE_ONLY,
                                        "secret",
                                        at(26)),
                                new Generated("platform-db-password", "value", 32, ALPHANUMERIC, "secret", at(28))),
                        List.of(
                                new Resource(
                                        "identity/group/name/platform",
                                        Map.of("policies", List.of("platform")),
                                        Set.of(),
                                        at(31)),
                                new Resource(
                                        "database/config/main",
                                        Map.of(
                                                "plugin_name",
                                                "postgresql-database-plugin",
                                                "password",
                                                Sensitive.of(SENTINEL)),
                                        Set.of("password"),
                                        at(33)))));
    }

    @Test
    void everySettingHasItsPlace() throws IOException {
        Files.writeString(folder.resolve("reader.hcl"), "path \"a\" { capabilities = [\"read\"] }");

        DesiredState state = parse("""
                policies: [{ name: reader, file: reader.hcl }]
                secretEngines:
                  - { path: /team/kv/, type: kv, description: "", options: { version: 2 }, config: { max_lease_ttl: 1h } }
                authMethods:
                  - { path: jwt, type: jwt, description: people, tune: { default_lease_ttl: 1h }, config: { n: 1 } }
                auditDevices:
                  - { path: syslog/, type: syslog, options: { log_raw: false, mode: 0600 } }
                secrets:
                  - { fixtures: sub/f.json, mode: enforce, mount: team/kv/ }
                  - { name: a/b, generate: { length: 8, charset: "custom:0123456789-0" }, property: pin, mount: kv }
                resources:
                  - { path: /v1/identity/group/name/My Team, data: {} }
                """);

        assertThat(state.policies().getFirst().rules()).startsWith("path \"a\"");
        assertThat(state.secretEngines())
                .containsExactly(new SecretEngine(
                        "team/kv", "kv", "", Map.of("version", "2"), Map.of("max_lease_ttl", "1h"), at(3)));
        assertThat(state.authMethods())
                .containsExactly(new AuthMethod(
                        "jwt", "jwt", "people", Map.of("default_lease_ttl", "1h"), Map.of("n", 1L), List.of(), at(5)));
        assertThat(state.auditDevices())
                .containsExactly(
                        new AuditDevice("syslog", "syslog", "", Map.of("log_raw", "false", "mode", "0600"), at(7)));
        assertThat(state.secrets())
                .containsExactly(
                        new Fixtures(folder.resolve("sub/f.json"), SeedMode.ENFORCE, "team/kv", at(9)),
                        new Generated("a/b", "pin", 8, "0123456789-", "kv", at(10)));
        assertThat(state.resources())
                .containsExactly(new Resource("identity/group/name/My Team", Map.of(), Set.of(), at(12)));
    }

    @Test
    void freeValuesKeepTheirTypesAndTheirOrder() {
        Map<String, Object> data = dataOf("""
                resources:
                  - path: a/b
                    data:
                      z: true
                      int: -7
                      decimal: 1.5
                      exponent: 1e3
                      date: 2026-01-31
                      time: 22:22
                      quoted: "7"
                      tagged: !!str 7
                      empty: ""
                      list: [1, [a], { b: c }]
                """);

        assertThat(data)
                .containsExactly(
                        Map.entry("z", true),
                        Map.entry("int", -7L),
                        Map.entry("decimal", 1.5),
                        Map.entry("exponent", 1000.0),
                        Map.entry("date", "2026-01-31"),
                        Map.entry("time", "22:22"),
                        Map.entry("quoted", "7"),
                        Map.entry("tagged", "7"),
                        Map.entry("empty", ""),
                        Map.entry("list", List.of(1L, List.of("a"), Map.of("b", "c"))));
    }

    @Test
    void whatWasReadCannotBeChanged() {
        Map<String, Object> data = dataOf("resources: [{ path: a, data: { list: [1], map: { a: 1 } } }]");

        assertThatThrownBy(() -> data.put("a", 1)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> ((List<?>) data.get("list")).removeFirst())
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> ((Map<?, ?>) data.get("map")).clear())
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void referencesBecomeSensitiveValues() throws IOException {
        Files.writeString(folder.resolve("one"), "first\nlast\n\n");
        Files.writeString(folder.resolve("dos"), "word\r\n");

        Map<String, Object> data = dataOf("""
                resources:
                  - path: a/b
                    data:
                      relative: ${file:one}
                      absolute: "${file:%s}"
                      nested: [{ deep: "${env:DB_PASSWORD}" }]
                      escaped: a $${env:X} {{identity.entity.id}} $$$1
                """.formatted(folder.resolve("dos")));

        assertThat(data)
                .containsEntry("relative", Sensitive.of("first\nlast\n"))
                .containsEntry("absolute", Sensitive.of("word"))
                .containsEntry("nested", List.of(Map.of("deep", Sensitive.of(SENTINEL))))
                .containsEntry("escaped", "a ${env:X} {{identity.entity.id}} $$$1");
    }

    @Test
    void referencesWorkWhereverSettingsAreFreeButNotInRules() {
        DesiredState state = parse("""
                policies: [{ name: p, rules: "${env:DB_PASSWORD}" }]
                secretEngines: [{ path: a, type: b, options: { o: "${env:DB_PASSWORD}" } }]
                authMethods:
                  - path: a
                    type: oidc
                    tune: { t: "${env:DB_PASSWORD}" }
                    config: { oidc_client_secret: "${env:DB_PASSWORD}" }
                    roles: [{ name: r, p: "${env:DB_PASSWORD}" }]
                """);

        Sensitive secret = Sensitive.of(SENTINEL);
        AuthMethod method = state.authMethods().getFirst();
        assertThat(state.policies().getFirst().rules()).isEqualTo("${env:DB_PASSWORD}");
        assertThat(state.secretEngines().getFirst().options()).containsEntry("o", secret);
        assertThat(method.tune()).containsEntry("t", secret);
        assertThat(method.config()).containsEntry("oidc_client_secret", secret);
        assertThat(method.roles().getFirst().parameters()).containsEntry("p", secret);
    }

    @Test
    void literalUnderSensitiveKeyIsMasked() {
        DesiredState state =
                parse("resources: [{ path: a/b, data: { p: %s, q: r }, sensitive: [p] }]".formatted(SENTINEL));

        assertThat(state.resources().getFirst().data()).isEqualTo(Map.of("p", Sensitive.of(SENTINEL), "q", "r"));
        assertThat(state.toString()).doesNotContain(SENTINEL);
    }

    @Test
    void literalsBelowSensitiveKeyAreMasked() {
        DesiredState state =
                parse("resources: [{ path: a/b, data: { p: [{ q: %s }, 1] }, sensitive: [p] }]".formatted(SENTINEL));

        assertThat(state.resources().getFirst().data())
                .isEqualTo(Map.of("p", List.of(Map.of("q", Sensitive.of(SENTINEL)), 1L)));
    }

    @Test
    void anchorsAndMergeKeysAreExpanded() {
        DesiredState state = parse("""
                authMethods:
                  - path: kubernetes
                    type: kubernetes
                    roles:
                      - &base
                        name: a
                        audience: vault
                        token_ttl: 10m
                      - <<: *base
                        name: b
                        token_ttl: 5m
                """);

        assertThat(state.authMethods().getFirst().roles())
                .extracting(Role::name, Role::parameters)
                .containsExactly(
                        tuple("a", Map.of("audience", "vault", "token_ttl", "10m")),
                        tuple("b", Map.of("audience", "vault", "token_ttl", "5m")));
    }

    @Test
    void emptyMapIsAStateThatAsksForNothing() {
        assertThat(parse("{}")).isEqualTo(DesiredState.EMPTY);
    }

    @Test
    void sameNameInAnotherSectionMountOrMethodIsNoDuplicate() {
        DesiredState state = parse("""
                policies: [{ name: a, rules: r }]
                secretEngines: [{ path: a, type: kv }]
                authMethods:
                  - { path: a, type: jwt, roles: [{ name: a }] }
                  - { path: b, type: jwt, roles: [{ name: a }] }
                secrets:
                  - { name: a, generate: {} }
                  - { name: a, generate: {}, mount: b }
                """);

        assertThat(state.secrets()).hasSize(2);
    }

    static Stream<Arguments> invalidDocuments() {
        return Stream.of(
                bad("empty", "", "desired.yaml: holds nothing; write {} if that is meant"),
                bad("only a comment", "# nothing\n", "desired.yaml: holds nothing; write {} if that is meant"),
                bad("a scalar", "hello", "desired.yaml:1: a document is a map of keys; this is not one"),
                bad("a list", "- a", "desired.yaml:1: a document is a map of keys; this is not one"),
                bad(
                        "two documents",
                        "policies: []\n---\npolicies: []\n",
                        "desired.yaml:3: a second YAML document begins here; keep one to a file"),
                bad(
                        "unknown key, close to one",
                        "policys: []\n",
                        "desired.yaml:1: policys: unknown key; did you mean \"policies\"?"),
                bad("unknown key, close to none", "\nteapots: []\n", "desired.yaml:2: teapots: unknown key"),
                bad(
                        "misspelt key is not missing as well",
                        "policies:\n  - name: a\n    rulse: b\n",
                        "desired.yaml:3: policies[0].rulse: unknown key; did you mean \"rules\"?"),
                bad(
                        "wrong types",
                        """
                        policies: { name: a }
                        secretEngines:
                          - secret
                          - path: [a]
                            type: 7
                            options: 2
                        authMethods: a
                        secrets:
                          - fixtures: true
                          - name: a
                            generate: { length: "32" }
                        """,
                        "desired.yaml:1: policies: must be a list, is a map",
                        "desired.yaml:3: secretEngines[0]: must be a map, is a string",
                        "desired.yaml:4: secretEngines[1].path: must be a string, is a list",
                        "desired.yaml:5: secretEngines[1].type: must be a string, is a number; put it in quotes",
                        "desired.yaml:6: secretEngines[1].options: must be a map, is a number",
                        "desired.yaml:7: authMethods: must be a list, is a string",
                        "desired.yaml:9: secrets[0].fixtures: must be a string, is a boolean; put it in quotes",
                        "desired.yaml:11: secrets[1].generate.length: must be a whole number"),
                bad(
                        "missing keys",
                        """
                        policies:
                          - {}
                        secretEngines:
                          - {}
                        authMethods:
                          - path: a
                            type: b
                            roles:
                              - {}
                        auditDevices: [{}]
                        secrets: [{}, { name: a }, { generate: {} }]
                        resources: [{}]
                        """,
                        "desired.yaml:2: policies[0].name: is missing",
                        "desired.yaml:2: policies[0].rules: is missing",
                        "desired.yaml:4: secretEngines[0].path: is missing",
                        "desired.yaml:4: secretEngines[0].type: is missing",
                        "desired.yaml:9: authMethods[0].roles[0].name: is missing",
                        "desired.yaml:10: auditDevices[0].path: is missing",
                        "desired.yaml:10: auditDevices[0].type: is missing",
                        "desired.yaml:11: secrets[0].fixtures: is missing",
                        "desired.yaml:11: secrets[1].generate: is missing",
                        "desired.yaml:11: secrets[2].name: is missing",
                        "desired.yaml:12: resources[0].path: is missing",
                        "desired.yaml:12: resources[0].data: is missing"),
                bad(
                        "keys without a value",
                        """
                        policies:
                        secretEngines:
                          - path:
                            type: ~
                            options: { version: }
                          -
                        """,
                        "desired.yaml:1: policies: has no value",
                        "desired.yaml:3: secretEngines[0].path: has no value",
                        "desired.yaml:4: secretEngines[0].type: has no value",
                        "desired.yaml:5: secretEngines[0].options.version: has no value",
                        "desired.yaml:6: secretEngines[1]: has no value"),
                bad(
                        "blank values",
                        "policies: [{ name: ' ', rules: '' }]\nresources: [{ path: '', data: {} }]\n",
                        "desired.yaml:1: policies[0].name: cannot be blank",
                        "desired.yaml:1: policies[0].rules: cannot be blank",
                        "desired.yaml:2: resources[0].path: cannot be blank"),
                bad(
                        "duplicate YAML keys, also in free maps",
                        """
                        policies: []
                        resources:
                          - path: a
                            data:
                              b: 1
                              c: { d: 1, d: 2 }
                              b: 2
                        policies: []
                        """,
                        "desired.yaml:6: resources[0].data.c.d: is already on line 6",
                        "desired.yaml:7: resources[0].data.b: is already on line 5",
                        "desired.yaml:8: policies: is already on line 1"),
                bad(
                        "duplicate names and paths",
                        """
                        policies: [{ name: a, rules: r },
                          { name: a, rules: r }]
                        secretEngines: [{ path: a, type: kv },
                          { path: a/, type: kv }]
                        authMethods: [{ path: a, type: jwt },
                          { path: a, type: jwt, roles: [{ name: r },
                          { name: r }] }]
                        auditDevices: [{ path: a, type: file },
                          { path: a/, type: file }]
                        secrets: [{ name: a, generate: {} },
                          { name: a, property: other, generate: {} },
                          { fixtures: f.json },
                          { fixtures: f.json }]
                        resources: [{ path: a, data: {} },
                          { path: /v1/a, data: {} }]
                        """,
                        "desired.yaml:2: policies[1].name: \"a\" is already taken on line 1",
                        "desired.yaml:4: secretEngines[1].path: \"a\" is already taken on line 3",
                        "desired.yaml:6: authMethods[1].path: \"a\" is already taken on line 5",
                        "desired.yaml:7: authMethods[1].roles[1].name: \"r\" is already taken on line 6",
                        "desired.yaml:9: auditDevices[1].path: \"a\" is already taken on line 8",
                        "desired.yaml:11: secrets[1].name: \"secret/a\" is already taken on line 10",
                        "desired.yaml:13: secrets[3].fixtures: \"f.json for mount secret\" is already taken on line 12",
                        "desired.yaml:15: resources[1].path: \"a\" is already taken on line 14"),
                bad(
                        "paths that no mount can have",
                        """
                        secretEngines:
                          - { path: a//b, type: kv }
                          - { path: a/../b, type: kv }
                          - { path: a b, type: kv }
                          - { path: "a\\u0001", type: kv }
                          - { path: a//, type: kv }
                          - { path: /, type: kv }
                        authMethods:
                          - { path: auth/jwt, type: jwt }
                        """,
                        "desired.yaml:2: secretEngines[0].path: cannot hold an empty segment (//)",
                        "desired.yaml:3: secretEngines[1].path: cannot hold the segments . and ..",
                        "desired.yaml:4: secretEngines[2].path: a mount path cannot hold whitespace",
                        "desired.yaml:5: secretEngines[3].path: cannot hold control or other characters that do not print",
                        "desired.yaml:6: secretEngines[4].path: cannot hold an empty segment (//)",
                        "desired.yaml:7: secretEngines[5].path: cannot be empty",
                        "desired.yaml:9: authMethods[0].path: leave out auth/, which the server puts before it"),
                bad(
                        "paths that no resource can have",
                        "resources: [{ path: /, data: {} },\n { path: a/, data: {} },\n { path: v1/../b, data: {} }]",
                        "desired.yaml:1: resources[0].path: cannot be empty",
                        "desired.yaml:2: resources[1].path: cannot begin or end with a slash",
                        "desired.yaml:3: resources[2].path: cannot hold the segments . and .."),
                bad(
                        "names that no secret can have",
                        "secrets: [{ name: /a, generate: {} },\n { name: 'a ', generate: {} }]\n",
                        "desired.yaml:1: secrets[0].name: cannot begin or end with a slash",
                        "desired.yaml:2: secrets[1].name: cannot begin or end with whitespace"),
                bad(
                        "policies that cannot be",
                        """
                        policies:
                          - { name: root, rules: r }
                          - { name: Reader, rules: r }
                          - { name: both, rules: r, file: f.hcl }
                          - { name: absent, file: f.hcl }
                        """,
                        "desired.yaml:2: policies[0].name: the policy root cannot be written",
                        "desired.yaml:3: policies[1].name: the server keeps names of policies in lower case;"
                                + " write it so here",
                        "desired.yaml:4: policies[2].file: cannot stand beside rules; keep one of the two",
                        "desired.yaml:5: policies[3].file: f.hcl: no such file"),
                bad(
                        "kv of an unknown version",
                        "secretEngines: [{ path: a, type: kv, options: { version: v2 } }]",
                        "desired.yaml:1: secretEngines[0].options.version: a kv engine has version \"1\" or \"2\""),
                bad(
                        "audiences on a Kubernetes role",
                        """
                        authMethods:
                          - path: k
                            type: kubernetes
                            roles:
                              - name: r
                                audiences: [vault]
                          - { path: j, type: jwt, roles: [{ name: r, audiences: [vault] }] }
                        """,
                        "desired.yaml:6: authMethods[0].roles[0].audiences: the server ignores this key silently;"
                                + " did you mean \"audience\"?"),
                bad(
                        "seeding that cannot be",
                        """
                        secrets:
                          - { fixtures: f.json, mode: enfroce }
                          - { fixtures: g.json, generate: {} }
                          - { name: a, generate: { length: 7 } }
                          - { name: b, generate: { length: 1025, charset: digit } }
                          - { name: c, generate: { charset: "custom:0123456788" } }
                          - { name: d, mode: enforce, generate: { chars: abc } }
                        """,
                        "desired.yaml:2: secrets[0].mode: must be one of create-only, enforce;"
                                + " did you mean \"enforce\"?",
                        "desired.yaml:3: secrets[1].generate: unknown key",
                        "desired.yaml:4: secrets[2].generate.length: must be between 8 and 1024",
                        "desired.yaml:5: secrets[3].generate.length: must be between 8 and 1024",
                        "desired.yaml:5: secrets[3].generate.charset: must be one of alphanumeric, letters, digits, hex,"
                                + " base64url, ascii-printable or custom: with the characters themselves;"
                                + " did you mean \"digits\"?",
                        "desired.yaml:6: secrets[4].generate.charset: names 9 different characters; name at least 10",
                        "desired.yaml:7: secrets[5].mode: unknown key",
                        "desired.yaml:7: secrets[5].generate.chars: unknown key; did you mean \"charset\"?"),
                bad(
                        "sensitive keys that data does not have",
                        "resources: [{ path: a, data: { password: x }, sensitive: [pasword, password, password] }]",
                        "desired.yaml:1: resources[0].sensitive[2]: is in the list twice",
                        "desired.yaml:1: resources[0].sensitive: names \"pasword\", which is no key of data;"
                                + " did you mean \"password\"?"),
                bad(
                        "scalars that YAML versions read differently",
                        """
                        resources:
                          - path: a
                            data:
                              yes: yes
                              mode: 0755
                              hex: 0xff
                              grouped: 1_000
                              big: 99999999999999999999
                              none: .nan
                              tagged: !vault x
                        """,
                        "desired.yaml:4: resources[0].data.yes: means true or false only in old YAML;"
                                + " write true or false, or quotes",
                        "desired.yaml:5: resources[0].data.mode: " + NO_JSON_NUMBER,
                        "desired.yaml:6: resources[0].data.hex: " + NO_JSON_NUMBER,
                        "desired.yaml:7: resources[0].data.grouped: " + NO_JSON_NUMBER,
                        "desired.yaml:8: resources[0].data.big: " + NO_JSON_NUMBER,
                        "desired.yaml:9: resources[0].data.none: " + NO_JSON_NUMBER,
                        "desired.yaml:10: resources[0].data.tagged: carries a tag;"
                                + " put a value that begins with ! in quotes"),
                bad(
                        "keys that are no words",
                        "resources: [{ path: a, data: { [a]: b, ? : c, password:x } }]\n",
                        "desired.yaml:1: resources[0].data: a key must be a word",
                        "desired.yaml:1: resources[0].data.password…: has no value"),
                bad(
                        "references that lead nowhere",
                        """
                        resources:
                          - path: a
                            data:
                              unset: ${env:NOT_THERE}
                              empty: ${env:EMPTY}
                              absent: ${file:not/there}
                              folder: ${file:.}
                              embedded: postgres://u:${env:DB_PASSWORD}@db
                              unknown: ${vault:x}
                              open: ${
                        """,
                        "desired.yaml:4: resources[0].data.unset: environment variable NOT_THERE is not set",
                        "desired.yaml:5: resources[0].data.empty: ${env:EMPTY} is empty",
                        "desired.yaml:6: resources[0].data.absent: file not/there: no such file",
                        "desired.yaml:7: resources[0].data.folder: file .: is a folder; name a file in it",
                        "desired.yaml:8: resources[0].data.embedded: a reference must be the whole value;"
                                + " put the whole value into the file or the variable",
                        "desired.yaml:9: resources[0].data.unknown: a reference is ${file:/path} or ${env:NAME};"
                                + " write $${ for ${ itself",
                        "desired.yaml:10: resources[0].data.open: a reference is ${file:/path} or ${env:NAME};"
                                + " write $${ for ${ itself"),
                bad(
                        "references where none may stand",
                        """
                        secretEngines:
                          - { path: "${env:DB_PASSWORD}", type: kv, description: "${env:DB_PASSWORD}" }
                        auditDevices:
                          - { path: a, type: file, options: { file_path: "${env:DB_PASSWORD}", list: [a] } }
                        """,
                        "desired.yaml:2: secretEngines[0].path: cannot hold a reference; write $${ for ${ itself",
                        "desired.yaml:2: secretEngines[0].description: cannot hold a reference; write $${ for ${ itself",
                        "desired.yaml:4: auditDevices[0].options.file_path: cannot hold a reference;"
                                + " write $${ for ${ itself",
                        "desired.yaml:4: auditDevices[0].options.list: must be a string, is a list"),
                bad(
                        "merge of what is no map",
                        "policies:\n  - <<: [a]\n    name: a\n    rules: b\n",
                        "desired.yaml:2: policies[0].<<: can merge maps only"));
    }

    private static final String NO_JSON_NUMBER = "a number that JSON cannot hold; write it in decimal, or in quotes";

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void invalidDocuments(String name, String document, List<String> expected) {
        assertThat(complaints(document)).containsExactlyElementsOf(expected);
    }

    static Stream<Arguments> malformedYaml() {
        return Stream.of(
                bad("tab", "policies:\n\t- a\n", "desired.yaml:2: not valid YAML: a tab where only spaces may stand"),
                bad(
                        "reserved character",
                        "\nresources: @s3ntinel-7f1c\n",
                        "desired.yaml:2: not valid YAML: a value cannot begin with this character; put it in quotes"),
                bad(
                        "undefined alias",
                        "policies: []\nresources: *s3ntinel-7f1c\n",
                        "desired.yaml:2: not valid YAML: an alias without an anchor before it;"
                                + " put a value that begins with * in quotes"),
                bad(
                        "undefined tag",
                        "resources: !s3ntinel-7f1c!x y\n",
                        "desired.yaml:1: not valid YAML: a tag nobody defined; put a value that begins with ! in quotes"),
                bad(
                        "colon",
                        "policies: s3ntinel-7f1c: b\n",
                        "desired.yaml:1: not valid YAML: a colon where none may stand;"
                                + " check the indentation, or put the value in quotes"),
                bad(
                        "key without colon",
                        "policies: []\ns3ntinel-7f1c\nsecrets: []\n",
                        "desired.yaml:3: not valid YAML: a key without a colon; check the indentation"),
                bad(
                        "open quote",
                        "policies: []\nresources: \"s3ntinel-7f1c\n\n\n",
                        "desired.yaml:2: not valid YAML: a quote that is opened here is never closed"),
                bad(
                        "indentation",
                        "policies:\n  - name: a\n - s3ntinel-7f1c\n",
                        "desired.yaml:3: not valid YAML: the indentation does not fit the lines before"),
                bad(
                        "open bracket",
                        "policies: [s3ntinel-7f1c\nsecrets: []\n",
                        "desired.yaml:2: not valid YAML: a comma or the closing bracket is missing"),
                bad(
                        "escape",
                        "policies: \"\\s3ntinel-7f1c\"\n",
                        "desired.yaml:1: not valid YAML: an unknown escape; write \\\\ for a backslash, or use single quotes"),
                bad(
                        "control character",
                        "policies: []\nresources: \u0007s3ntinel-7f1c\n",
                        "desired.yaml:2: not valid YAML: a character that YAML does not allow"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void malformedYaml(String name, String document, List<String> expected) {
        assertThat(complaints(document)).containsExactlyElementsOf(expected);
    }

    @Test
    void allComplaintsAreOneInvalidProblem() {
        InvalidDocumentException refused = refused("a: 1\nb: 2\n");

        assertThat(refused.problem().kind()).isEqualTo(Problem.Kind.INVALID);
        assertThat(refused).hasMessage(file + ":1: a: unknown key\n" + file + ":2: b: unknown key");
    }

    @Test
    void floodOfComplaintsIsCutShort() {
        List<String> complaints = complaints("policies:\n" + "- x\n".repeat(250));

        assertThat(complaints)
                .hasSize(101)
                .startsWith("desired.yaml:2: policies[0]: must be a map, is a string")
                .endsWith("desired.yaml: and 150 more");
    }

    @Test
    void fileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> parser.parse(file))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessage(file + ": no such file");
        assertThatThrownBy(() -> parser.parse(folder))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessage(folder + ": is a folder; name a file in it");
    }

    @Test
    void textThatIsNotUtf8IsRefusedWithItsLine() throws IOException {
        Files.write(file, "policies: []\n# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> parser.parse(file))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessage(file + ":2: not UTF-8 text; save the file as UTF-8");
    }

    @Test
    void byteOrderMarkIsNoPartOfTheDocument() {
        assertThat(parse("\uFEFF{}")).isEqualTo(DesiredState.EMPTY);
    }

    @Test
    void documentAboveItsBoundIsRefused() {
        assertThat(complaints("#".repeat((10 << 20) + 1)))
                .containsExactly("desired.yaml: larger than 10 MiB; split it");
    }

    /** What the YAML parser makes of a long line takes minutes. */
    @ParameterizedTest
    @ValueSource(strings = {"a: \"%s\"", "%s{}", "a: {b: '%s'}", "a: b #%s"})
    void documentWithOneEndlessLineIsRefusedWithinASecond(String document) {
        String blanksOrWord = document.startsWith("%s") ? " " : "x";
        write("\n" + document.formatted(blanksOrWord.repeat(9_900_000)));
        // Of this thread, since others may be at work on the machine.
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        assertThatExceptionOfType(InvalidDocumentException.class)
                .isThrownBy(() -> new DesiredStateParser(name -> Optional.empty()).parse(file))
                .withMessage(file + ":2: a line longer than 64 KiB; break it, or put the value into a file");

        assertThat(Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before))
                .isLessThan(Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: \"\\x", "a: \"\\u12", "a: \"\\U00110000\"", "a: \"\\UFFFFFFFF\""})
    void escapeThatIsCutOffIsNoDefect(String document) {
        assertThat(complaints(document)).singleElement().asString().contains("not valid YAML: ");
    }

    @Test
    void referencedFileAboveItsBoundIsRefused() throws IOException {
        Files.writeString(folder.resolve("big"), "x".repeat((1 << 20) + 1));

        assertThat(complaints("resources: [{ path: a, data: { b: \"${file:big}\" } }]"))
                .containsExactly("desired.yaml:1: resources[0].data.b: file big: larger than 1 MiB; split it");
    }

    @Test
    void aliasesOfAliasesAreNotExpandedWithoutEnd() {
        StringBuilder laughs = new StringBuilder("resources:\n  - path: a\n    data:\n      l0: &l0 [ha]\n");
        for (int i = 1; i <= 9; i++) {
            laughs.append("      l%d: &l%d [%s]\n".formatted(i, i, ("*l" + (i - 1) + ",").repeat(10)));
        }

        assertThat(complaints(laughs.toString()))
                .containsExactly("desired.yaml: holds more than 1,000,000 values with its aliases expanded");
    }

    @Test
    void aliasThatHoldsItselfIsRefused() {
        assertThat(complaints("resources: [{ path: a, data: &d { b: *d } }]"))
                .singleElement()
                .asString()
                .endsWith("nested too deeply, or an alias that holds itself");
        assertThat(complaints("resources: [&d { path: a, <<: *d }]"))
                .singleElement()
                .asString()
                .endsWith("<<: nested too deeply, or an alias that holds itself");
    }

    @Test
    void deepNestingIsRefused() {
        assertThat(complaints("resources: " + "[".repeat(10_000)))
                .singleElement()
                .asString()
                .startsWith("desired.yaml: nested deeper than 50 levels");
    }

    static Stream<Arguments> documentsThatSpillNothing() {
        return Stream.of(
                        "resources: [{ path: a, data: %s }]",
                        "resources: [{ path: a, data: { b: !%s c } }]",
                        "resources: [{ path: a, data: { b: \"x${env:DB_PASSWORD}%s\" } }]",
                        "resources: [{ path: a, data: { b: \"${%s}\" } }]",
                        "resources: [{ path: a, data: { b:%s } }]",
                        "resources: [{ path: a, data: { b: %s, c: 0x1 }, sensitive: [d] }]",
                        "resources: [{ path: a, data: { b: \"${env:DB_PASSWORD}\", c: \"${env:X}\" } }]",
                        "resources: [{ path: a, data: { b: %s: c } }]",
                        "resources: [{ path: a, data: { b: *%s } }]",
                        "resources: [{ path: a, data: { b: @%s } }]",
                        "resources: [{ path: a, data: { b: \"%s } }]",
                        "resources: [{ path: a, data: { b: [%s } }]",
                        "authMethods: [{ path: a, type: b, config: [%s] }]",
                        "authMethods: [{ path: a, type: b, roles: [{ name: c, d: { e: %s, e: %s } }] }]",
                        "secretEngines: [{ path: a, type: kv, options: { version: %s } }]",
                        "auditDevices: [{ path: a, type: b, options: { c: \"${%s}\" } }]",
                        "secrets: [{ fixtures: a, mode: %s }, { name: b, generate: { charset: \"custom:%s\", length: %s } }]")
                .map(document -> arguments(document.replace("%s", SENTINEL)));
    }

    @ParameterizedTest
    @MethodSource
    void documentsThatSpillNothing(String document) {
        InvalidDocumentException refused = refused(document);

        assertThat(refused).hasMessageNotContaining(SENTINEL).hasNoCause();
        assertThat(refused.problem().toString()).doesNotContain(SENTINEL);
        assertThat(refused.lines()).noneMatch(line -> line.contains(SENTINEL));
    }

    private static Arguments bad(String name, String document, String... expected) {
        return arguments(name, document, List.of(expected));
    }

    private Place at(int line) {
        return new Place(file.toString(), line);
    }

    private Map<String, Object> dataOf(String document) {
        return parse(document).resources().getFirst().data();
    }

    private DesiredState parse(String document) {
        write(document);
        return parser.parse(file);
    }

    private InvalidDocumentException refused(String document) {
        write(document);
        return catchThrowableOfType(InvalidDocumentException.class, () -> parser.parse(file));
    }

    /** The lines, with the file named as if it lay in the working directory. */
    private List<String> complaints(String document) {
        InvalidDocumentException refused = refused(document);
        assertThat(refused).as("refusal").isNotNull();
        return refused.lines().stream()
                .map(line -> line.replace(file.toString(), "desired.yaml"))
                .toList();
    }

    private void write(String document) {
        try {
            Files.writeString(file, document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
