package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredStateParser;
import io.ameide.vault.bootstrap.testing.Certificates;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What is asked for is written once, a change by hand is found and mended, and nothing else is ever written. */
class ConfigureTest {

    private static final String SENTINEL = "s3ntinel";

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    @TempDir
    Path folder;

    private final RequestCounter counter = new RequestCounter();
    private final RememberedValues remembered = new RememberedValues();
    private final Map<String, String> environment = new HashMap<>();
    private VaultSession root;

    @BeforeEach
    void signIn() {
        root = Nodes.at(SERVER.address(), counter).session(SERVER.rootToken());
    }

    /**
     * One thing a desired state can ask for.
     *
     * @param byHand a body, with single quotes for JSON's, that somebody who does not know of this tool writes to
     *     {@code path}
     * @param mended the one change that follows
     */
    private record Sample(String name, String yaml, String path, String byHand, String mended) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Sample> samples() {
        return Stream.of(
                new Sample(
                        "policy",
                        """
                        policies:
                          - name: sample
                            rules: |
                              # what readers may do
                              path "secret/data/*" { capabilities = ["read"] }
                        """,
                        "sys/policies/acl/sample",
                        "{'policy': 'path \\\"secret/data/*\\\" { capabilities = [\\\"read\\\", \\\"list\\\"] }'}",
                        "policy sample: rules differ"),
                new Sample(
                        "kv",
                        """
                        secretEngines:
                          - path: team/kv
                            type: kv
                            description: secrets of a team
                            options: { version: "2" }
                            config: { default_lease_ttl: 1h, listing_visibility: unauth, audit_non_hmac_request_keys: [name] }
                        """,
                        "sys/mounts/team/kv/tune",
                        "{'listing_visibility': 'hidden'}",
                        "secret engine team/kv: listing_visibility: hidden -> unauth"),
                new Sample(
                        "kv-v2",
                        """
                        secretEngines:
                          - { path: alias, type: kv-v2, description: told }
                        """,
                        "sys/mounts/alias/tune",
                        "{'description': 'untold'}",
                        "secret engine alias: description differs"),
                new Sample("transit", """
                        secretEngines:
                          - { path: transit, type: transit }
                        resources:
                          - path: transit/keys/orders
                            data: { type: aes256-gcm96, auto_rotate_period: 720h }
                        """, null, null, null),
                new Sample(
                        "pki",
                        """
                        secretEngines:
                          - path: pki
                            type: pki
                            config: { max_lease_ttl: 87600h }
                        resources:
                          - path: pki/config/urls
                            data: { issuing_certificates: "http://a.example/ca,http://b.example/ca" }
                          - path: pki/roles/web
                            data: { allowed_domains: [svc.example], allow_subdomains: true, allow_localhost: false, max_ttl: 72h, key_usage: [DigitalSignature] }
                        """,
                        "pki/roles/web",
                        "{'allowed_domains': ['svc.example', 'evil.example'], 'allow_subdomains': true, 'allow_localhost': false, 'max_ttl': '72h', 'key_usage': ['DigitalSignature']}",
                        "resource pki/roles/web: allowed_domains: evil.example, svc.example -> svc.example"),
                new Sample(
                        "database",
                        """
                        secretEngines:
                          - { path: database, type: database }
                        resources:
                          - path: database/config/main
                            data:
                              plugin_name: postgresql-database-plugin
                              connection_url: "postgresql://{{username}}:{{password}}@db.example:5432/app"
                              username: bootstrap
                              password: s3ntinel
                              allowed_roles: [app]
                              verify_connection: false
                            sensitive: [password]
                          - path: database/roles/app
                            data: { db_name: main, creation_statements: ["CREATE ROLE x;"], default_ttl: 1h }
                        """,
                        "database/roles/app",
                        "{'db_name': 'main', 'creation_statements': ['CREATE ROLE x;'], 'default_ttl': '2h'}",
                        "resource database/roles/app: default_ttl: 7200 -> 1h"),
                new Sample(
                        "approle",
                        """
                        authMethods:
                          - path: approle
                            type: approle
                            tune: { default_lease_ttl: 30m, token_type: default-service }
                            roles:
                              - { name: reader, token_policies: [Readers, default], token_ttl: 10m, secret_id_ttl: 24h, token_bound_cidrs: [10.0.0.1/32, 10.1.0.0/16] }
                        """,
                        "auth/approle/role/reader",
                        "{'token_ttl': '768h'}",
                        "role reader of approle: token_ttl: 2764800 -> 10m"),
                new Sample(
                        "userpass",
                        """
                        authMethods:
                          - path: userpass
                            type: userpass
                            roles:
                              - { name: ann, password: s3ntinel, token_policies: "readers,writers", token_ttl: 1h }
                        """,
                        "auth/userpass/users/ann/policies",
                        "{'token_policies': ['readers', 'root-like']}",
                        "role ann of userpass: token_policies: readers, root-like -> readers,writers"),
                new Sample(
                        "jwt",
                        """
                        authMethods:
                          - path: jwt
                            type: jwt
                            config:
                              jwt_validation_pubkeys: ["%s"]
                              bound_issuer: https://ci.example
                            roles:
                              - name: deploy
                                role_type: jwt
                                user_claim: sub
                                bound_audiences: [vault]
                                bound_claims: { project: platform, ref: [main, release] }
                                token_policies: [deploy]
                                token_ttl: 5m
                        """.formatted(Certificates.PUBLIC_KEY.replace("\n", "\\n")),
                        "auth/jwt/role/deploy",
                        "{'role_type': 'jwt', 'user_claim': 'sub', 'bound_audiences': ['vault'], 'bound_claims': {'project': 'other', 'ref': ['main', 'release']}, 'token_policies': ['deploy'], 'token_ttl': '5m'}",
                        "role deploy of jwt: bound_claims.project differs"),
                new Sample(
                        "kubernetes",
                        """
                        authMethods:
                          - path: kubernetes
                            type: kubernetes
                            config:
                              kubernetes_host: https://kubernetes.default.svc
                              kubernetes_ca_cert: "%s"
                              disable_local_ca_jwt: true
                            roles:
                              - name: external-secrets
                                bound_service_account_names: [external-secrets]
                                bound_service_account_namespaces: [external-secrets]
                                audience: vault
                                token_policies: [external-secrets]
                                token_ttl: 10m
                        """.formatted(Certificates.AUTHORITY.replace("\n", "\\n")),
                        "auth/kubernetes/config",
                        "{'kubernetes_host': 'https://elsewhere.example', 'kubernetes_ca_cert': '%s', 'disable_local_ca_jwt': true}"
                                .formatted(Certificates.AUTHORITY.replace("\n", "\\n")),
                        "auth method kubernetes config: kubernetes_host: https://elsewhere.example -> https://kubernetes.default.svc"),
                new Sample(
                        "token",
                        """
                        authMethods:
                          - path: token
                            type: token
                            roles:
                              - { name: ci, allowed_policies: "P,q", orphan: true, token_period: 24h, renewable: false }
                        """,
                        "auth/token/roles/ci",
                        "{'renewable': true, 'allowed_policies': 'p,q', 'orphan': true, 'token_period': '24h'}",
                        "role ci of token: renewable: true -> false"),
                new Sample(
                        "cert",
                        """
                        authMethods:
                          - path: cert
                            type: cert
                            roles:
                              - name: web
                                certificate: "%s"
                                allowed_common_names: web.example
                                token_policies: [web]
                        """.formatted(Certificates.AUTHORITY.replace("\n", "\\n")),
                        "auth/cert/certs/web",
                        "{'certificate': '%s', 'allowed_common_names': ['web.example', '*'], 'token_policies': ['web']}"
                                .formatted(Certificates.AUTHORITY.replace("\n", "\\n")),
                        "role web of cert: allowed_common_names: *, web.example -> web.example"),
                new Sample(
                        "identity",
                        """
                        resources:
                          - path: identity/group/name/platform
                            data: { policies: [platform], metadata: { team: platform } }
                          - path: identity/entity/name/ann
                            data: { policies: [], metadata: { mail: ann@example.com }, disabled: false }
                        """,
                        "identity/group/name/platform",
                        "{'policies': ['platform'], 'metadata': {'team': 'platform', 'added': 'by hand'}}",
                        "resource identity/group/name/platform: metadata.added differs"),
                new Sample(
                        "quota",
                        """
                        resources:
                          - path: sys/quotas/rate-limit/all
                            data: { rate: 100000.5, interval: 1m, path: "" }
                        """,
                        "sys/quotas/rate-limit/all",
                        "{'rate': 100001, 'interval': '1m', 'path': ''}",
                        "resource sys/quotas/rate-limit/all: rate: 100001 -> 100000.5"),
                new Sample(
                        "cors",
                        """
                        resources:
                          - path: sys/config/cors
                            data: { enabled: true, allowed_origins: [https://ui.example] }
                        """,
                        "sys/config/cors",
                        "{'enabled': true, 'allowed_origins': ['*']}",
                        "resource sys/config/cors: allowed_origins: * -> https://ui.example"),
                new Sample("header of the UI", """
                        resources:
                          - path: sys/config/ui/headers/X-Team
                            data: { values: [platform] }
                        """, null, null, null),
                new Sample(
                        "password policy",
                        """
                        resources:
                          - path: sys/policies/password/strong
                            data: { policy: "length = 20\\nrule \\"charset\\" { charset = \\"abcdefghij\\" }" }
                        """,
                        "sys/policies/password/strong",
                        "{'policy': 'length = 21\\nrule \\\"charset\\\" { charset = \\\"abcdefghij\\\" }'}",
                        "resource sys/policies/password/strong: policy: length = 21 rule \"charset\" { charset = \"abcdefghij\" } -> length = 20 rule \"charset\" { charset = \"abcdefghij\" }"));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void isWrittenOnceAndMendedWhereItWasChangedByHand(Sample sample) {
        DesiredState desired = desired(sample.yaml());
        Outcome planned = configure(Mode.PLAN, desired);
        assertThat(counter.count().writes()).as("writes of a plan").isZero();

        Outcome applied = configure(Mode.APPLY, desired);

        assertThat(applied).isInstanceOf(Outcome.Changed.class);
        assertThat(applied.changes())
                .extracting(Change::subject)
                .isEqualTo(planned.changes().stream().map(Change::subject).toList());
        assertThatNothingIsWritten(desired);
        if (sample.mended() == null) {
            return;
        }

        SERVER.write(sample.path(), sample.byHand().replace('\'', '"'));

        assertThat(configure(Mode.PLAN, desired).changes())
                .extracting(Change::toString)
                .containsExactly(sample.mended());
        assertThat(configure(Mode.APPLY, desired).changes())
                .extracting(Change::toString)
                .containsExactly(sample.mended());
        assertThatNothingIsWritten(desired);
        assertThat(planned.toString() + applied).doesNotContain(SENTINEL);
    }

    @Test
    void settingThatTheServerHidesWhenItIsUnsetIsMendedToo() {
        DesiredState desired = desired("""
                secretEngines:
                  - { path: visible, type: transit, config: { listing_visibility: unauth } }
                """);
        configure(Mode.APPLY, desired);
        assertThatNothingIsWritten(desired);

        for (int time = 1; time <= 2; time++) {
            SERVER.write("sys/mounts/visible/tune", "{\"listing_visibility\": \"\"}");

            assertThat(configure(Mode.APPLY, desired).changes())
                    .as("time %d", time)
                    .extracting(Change::toString)
                    .containsExactly("secret engine visible: listing_visibility: none -> unauth");
            assertThatNothingIsWritten(desired);
        }
    }

    @Test
    void fieldKeptInAFormOfTheServersOwnIsMendedToo() {
        DesiredState desired = desired("""
                authMethods:
                  - path: fractions
                    type: approle
                    roles:
                      - { name: here, token_ttl: 1.5h, token_bound_cidrs: [10.0.0.1/32] }
                """);
        configure(Mode.APPLY, desired);
        assertThatNothingIsWritten(desired);

        SERVER.write("auth/fractions/role/here", "{\"token_ttl\": \"2h\"}");

        assertThat(configure(Mode.APPLY, desired).changes())
                .extracting(Change::toString)
                .containsExactly("role here of fractions: token_ttl: 7200 -> 1.5h");
        assertThatNothingIsWritten(desired);
    }

    @Test
    void writeThatDoesNotReachAFieldIsAProblemEachTime() {
        String yaml = """
                secretEngines:
                  - { path: keys, type: transit }
                resources:
                  - { path: keys/keys/orders, data: { type: aes256-gcm96, auto_rotate_period: 720h } }
                """;
        configure(Mode.APPLY, desired(yaml));

        for (int time = 1; time <= 2; time++) {
            // Only keys/keys/orders/config takes it once the key is there.
            assertThat(problems(configure(Mode.APPLY, desired(yaml.replace("720h", "480h")))))
                    .as("time %d", time)
                    .containsExactly("resource keys/keys/orders was written, but the server did not take "
                            + "auto_rotate_period: 2592000 -> 480h");
        }
    }

    @Test
    void fieldThatTheServerSaysItDoesNotKnowIsAProblem() {
        Outcome outcome = configure(Mode.APPLY, desired("""
                secretEngines:
                  - { path: misspelled, type: pki }
                resources:
                  - { path: misspelled/roles/web, data: { allow_subdomain: true } }
                """));

        assertThat(problems(outcome))
                .containsExactly(
                        "resource misspelled/roles/web was written, but the server does not know allow_subdomain");
    }

    @Test
    void secretFromTheEnvironmentIsWrittenOnCreationAndWhenItChangesHere() {
        environment.put("ANN_PASSWORD", SENTINEL + "-1");
        String yaml = """
                authMethods:
                  - path: people
                    type: userpass
                    roles:
                      - { name: ann, password: "${env:ANN_PASSWORD}", token_ttl: 1h }
                """;
        configure(Mode.APPLY, desired(yaml));
        assertThat(loginOfAnn(SENTINEL + "-1")).isEqualTo(200);
        assertThatNothingIsWritten(desired(yaml));

        // A change beside it does not count as a change of the password.
        SERVER.write("auth/people/users/ann", "{\"token_ttl\": \"2h\"}");
        Outcome beside = configure(Mode.APPLY, desired(yaml));
        assertThat(beside.changes())
                .extracting(Change::toString)
                .containsExactly("role ann of people: token_ttl: 7200 -> 1h");

        environment.put("ANN_PASSWORD", SENTINEL + "-2");
        Outcome changed = configure(Mode.APPLY, desired(yaml));
        assertThat(changed.changes())
                .extracting(Change::toString)
                .containsExactly("role ann of people: password written anew, since the server does not show it");
        assertThat(loginOfAnn(SENTINEL + "-2")).isEqualTo(200);
        assertThatNothingIsWritten(desired(yaml));
        assertThat(beside.toString() + changed).doesNotContain(SENTINEL);
    }

    @Test
    void sensitiveKeyOfAResourceIsRewrittenOnlyWhenItChangesHere() {
        String yaml = """
                secretEngines:
                  - { path: db, type: database }
                resources:
                  - path: db/config/main
                    data: { plugin_name: postgresql-database-plugin, connection_url: "postgresql://{{username}}:{{password}}@h/x", username: u, password: s3ntinel-1, verify_connection: false }
                    sensitive: [password]
                """;
        configure(Mode.APPLY, desired(yaml));
        assertThatNothingIsWritten(desired(yaml));

        Outcome changed = configure(Mode.APPLY, desired(yaml.replace("s3ntinel-1", "s3ntinel-2")));

        assertThat(changed.changes())
                .extracting(Change::toString)
                .containsExactly("resource db/config/main: password written anew, since the server does not show it");
        assertThat(changed.toString()).doesNotContain(SENTINEL);
    }

    @Test
    void oneBadPolicyStopsNoOther() {
        DesiredState desired = desired("""
                policies:
                  - { name: before, rules: 'path "a/*" { capabilities = ["read"] }' }
                  - { name: bad, rules: 'path "a/*" { capabilities = ["raed"] }' }
                  - { name: after, rules: 'path "b/*" { capabilities = ["read"] }' }
                secretEngines:
                  - { path: behind-a-bad-policy, type: transit }
                """);

        Outcome outcome = configure(Mode.APPLY, desired);

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message())
                            .contains("sys/policies/acl/bad")
                            .contains("raed"));
            assertThat(failed.changes())
                    .extracting(Change::subject)
                    .containsExactly("policy before", "policy after", "secret engine behind-a-bad-policy");
        });
        assertThat(SERVER.call("GET", "sys/policies/acl/after", "").status()).isEqualTo(200);
    }

    @Test
    void mountOfAnotherTypeIsLeftAloneAndStopsNoOther() {
        SERVER.write("sys/mounts/taken", "{\"type\": \"transit\"}");

        Outcome outcome = configure(Mode.APPLY, desired("""
                secretEngines:
                  - { path: taken, type: pki }
                  - { path: free, type: pki }
                """));

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.problems())
                    .extracting(Problem::message)
                    .containsExactly("secret engine taken is of type transit, not pki");
            assertThat(failed.changes()).extracting(Change::subject).containsExactly("secret engine free");
        });
    }

    @Test
    void kvEngineIsUpgradedAndReadyForSecretsAtOnce() {
        SERVER.write("sys/mounts/growing", "{\"type\": \"kv\"}");
        SERVER.write("growing/old", "{\"k\": \"v\"}");
        DesiredState desired = desired("""
                secretEngines:
                  - { path: growing, type: kv, options: { version: "2" } }
                """);

        Outcome outcome = configure(Mode.APPLY, desired);

        assertThat(outcome.changes())
                .extracting(Change::toString)
                .containsExactly("secret engine growing: version: none -> 2");
        assertThat(root.kv("growing").write("new", Map.of("k", "v"), 0)).isEqualTo(1);
        assertThat(root.kv("growing").read("old")).isPresent();
        assertThatNothingIsWritten(desired);
    }

    @Test
    void kvEngineDoesNotGoBack() {
        SERVER.write("sys/mounts/grown", "{\"type\": \"kv-v2\"}");

        Outcome outcome = configure(Mode.APPLY, desired("""
                secretEngines:
                  - { path: grown, type: kv, options: { version: "1" } }
                """));

        assertThat(problems(outcome))
                .containsExactly("secret engine grown is a KV engine of version 2 and cannot go back to 1");
        assertThat(counter.count().writes()).isZero();
    }

    @Test
    void pathThatCannotBeReadBackIsNeverWritten() {
        Outcome outcome = configure(Mode.APPLY, desired("""
                secretEngines:
                  - { path: ca, type: pki }
                resources:
                  - path: ca/root/generate/internal
                    data: { common_name: ca.example }
                """));

        assertThat(problems(outcome))
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem).contains("GET ca/root/generate/internal", "not offered by this server"));
        assertThat(SERVER.call("LIST", "ca/issuers", "").status()).isEqualTo(404);
    }

    @Test
    void planOnAnEmptyServerDoesNotWaitForWhatItDidNotMake() {
        long before = System.nanoTime();

        configure(Mode.PLAN, desired("""
                secretEngines:
                  - { path: planned, type: kv, options: { version: "2" } }
                """));

        assertThat(counter.count().reads()).isLessThan(5);
        assertThat(System.nanoTime() - before).isLessThan(10_000_000_000L);
    }

    private void assertThatNothingIsWritten(DesiredState desired) {
        long before = counter.count().writes();
        assertThat(configure(Mode.PLAN, desired).changes()).isEmpty();
        assertThat(configure(Mode.APPLY, desired)).isInstanceOf(Outcome.Unchanged.class);
        assertThat(counter.count().writes() - before)
                .as("writes of a second tick")
                .isZero();
    }

    private Outcome configure(Mode mode, DesiredState desired) {
        return new Configure(desired, () -> Optional.of(root), remembered, Waiter.REAL).run(mode);
    }

    private int loginOfAnn(String password) {
        return SERVER.call("POST", "auth/people/login/ann", "{\"password\": \"" + password + "\"}")
                .status();
    }

    private static List<String> problems(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Failed.class);
        return ((Outcome.Failed) outcome)
                .problems().stream().map(Problem::message).toList();
    }

    private DesiredState desired(String yaml) {
        Path file = folder.resolve("desired-state.yaml");
        try {
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new DesiredStateParser(name -> Optional.ofNullable(environment.get(name))).parse(file);
    }
}
