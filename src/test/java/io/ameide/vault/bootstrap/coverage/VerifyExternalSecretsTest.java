package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets;
import io.ameide.vault.bootstrap.secrets.KvSecretProvider;
import io.ameide.vault.bootstrap.secrets.RememberingProvider;
import io.ameide.vault.bootstrap.sensitive.KeyedChecksum;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the operator's own word, and the Secrets it made, come to. The operator's part is played by the test. */
class VerifyExternalSecretsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final String STORE = "ameide-vault";
    private static final String NAMESPACE = "team";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    static final RealServer SERVER = RealServer.unsealed();

    private static PlayedOperator operator;

    /** Before anybody made the definitions known, which {@link #operator} does. */
    private static Outcome withoutDefinitions;

    @BeforeAll
    static void operator() {
        SERVER.write("sys/mounts/secret", "{\"type\": \"kv\", \"options\": {\"version\": \"2\"}}");
        SERVER.write("secret/data/db", "{\"data\": {\"user\": \"u\", \"password\": \"p\", \"url\": \"l\"}}");
        withoutDefinitions = verify(NAMESPACE);
        operator = PlayedOperator.installed(API);
        API.namespace(NAMESPACE);
    }

    @BeforeEach
    void nothing() {
        operator.reset(NAMESPACE);
    }

    @Test
    void clusterWithoutTheOperatorIsToldFromOneThatDoesNotAnswer() {
        assertThat(problems(withoutDefinitions)).containsExactly("there is no ClusterSecretStore ameide-vault");
        assertThat(((Outcome.Failed) withoutDefinitions).problems())
                .extracting(Problem::hint)
                .singleElement()
                .asString()
                .startsWith("is External Secrets installed, with external-secrets.io/v1");
    }

    @Test
    void storeAndSecretsThatAreThereChangeNothing() {
        store("True", "store validated");
        externalSecret("db", "refreshInterval: 1h", "True", "2026-11-22T11:30:00Z");
        secret("db", "password", "user");

        assertThat(verify(NAMESPACE)).isEqualTo(new Outcome.Unchanged("store ameide-vault and 1 ExternalSecret"));
    }

    @Test
    void storeThatIsNotThereIsNamed() {
        assertThat(problems(verify(NAMESPACE))).containsExactly("there is no ClusterSecretStore ameide-vault");
    }

    @Test
    void storeThatIsNotReadyIsWaitedForWithTheOperatorsWords() {
        store("False", "unable to log in with Kubernetes auth");

        assertThat(waits(verify(NAMESPACE)))
                .containsExactly("ClusterSecretStore ameide-vault is not ready: unable to log in with Kubernetes auth");
    }

    @Test
    void externalSecretThatTheOperatorHasNotSeenIsWaitedFor() {
        store("True", "");
        operator.create("""
                apiVersion: external-secrets.io/v1
                kind: ExternalSecret
                metadata: { name: new, namespace: team }
                spec: { secretStoreRef: { name: ameide-vault, kind: ClusterSecretStore } }
                """);

        assertThat(waits(verify()))
                .containsExactly("ExternalSecret team/new is not ready: the operator has not looked at it yet");
    }

    @Test
    void externalSecretThatWasNotFetchedForTooLongIsNamed() {
        store("True", "");
        externalSecret("late", "refreshInterval: 10m", "True", "2026-11-22T11:40:00Z");
        externalSecret("punctual", "refreshInterval: 10m", "True", "2026-11-22T11:46:00Z");
        externalSecret("once", "refreshPolicy: CreatedOnce", "True", "2020-01-01T00:00:00Z");
        externalSecret("never", "refreshInterval: 0s", "True", "2020-01-01T00:00:00Z");

        assertThat(waits(verify()))
                .containsExactly(
                        "ExternalSecret team/late was fetched last at 2026-11-22T11:40:00Z, though it is to be every 600 s");
    }

    @Test
    void keysThatTheSecretLacksAreMissing() {
        store("True", "");
        externalSecret("db", "refreshInterval: 1h", "True", "2026-11-22T11:30:00Z");
        secret("db", "user");
        externalSecret("gone", "refreshInterval: 1h", "True", "2026-11-22T11:30:00Z");

        Outcome outcome = verify(NAMESPACE);

        assertThat(problems(outcome))
                .containsExactly(
                        "Secret team/db lacks password, asked for by ExternalSecret team/db",
                        "Secret team/gone is not there, made by ExternalSecret team/gone");
        assertThat(((Outcome.Failed) outcome).problems())
                .extracting(Problem::kind)
                .containsOnly(Problem.Kind.MISSING);
        assertThat(verify()).as("without a namespace to look at").isInstanceOf(Outcome.Unchanged.class);
    }

    @Test
    void templateSaysWhichKeysTheSecretHas() {
        store("True", "");
        externalSecret(
                "url",
                "target: { name: made, template: { data: { url: 'x {{ .user }}' } } }",
                "True",
                "2026-11-22T11:30:00Z");
        secret("made", "url");

        assertThat(verify(NAMESPACE)).isInstanceOf(Outcome.Unchanged.class);
    }

    @Test
    void templateWithoutContentLeavesTheKeysAsTheyAre() {
        store("True", "");
        externalSecret("typed", "target: { template: { type: Opaque } }", "True", "2026-11-22T11:30:00Z");
        secret("typed", "user");

        assertThat(problems(verify(NAMESPACE)))
                .containsExactly("Secret team/typed lacks password, asked for by ExternalSecret team/typed");
    }

    @ParameterizedTest
    @CsvSource({"Owner", "Orphan", "CreateOrMerge"})
    void secretIsMissingWhereItIsTheOperatorWhoMakesIt(String policy) {
        store("True", "");
        externalSecret("db", "target: { creationPolicy: %s }".formatted(policy), "True", "2026-11-22T11:30:00Z");

        assertThat(problems(verify(NAMESPACE)))
                .containsExactly("Secret team/db is not there, made by ExternalSecret team/db");
    }

    @Test
    void secretThatTheOperatorOnlyAddsToHasToBeThereWithItsKeys() {
        store("True", "");
        externalSecret("db", "target: { name: ours, creationPolicy: Merge }", "True", "2026-11-22T11:30:00Z");
        Outcome without = verify(NAMESPACE);
        secret("ours", "user", "more");

        assertThat(problems(without))
                .containsExactly("Secret team/ours is not there, to which ExternalSecret team/db adds");
        assertThat(problems(verify(NAMESPACE)))
                .containsExactly("Secret team/ours lacks password, asked for by ExternalSecret team/db");
    }

    @Test
    void nobodyMissesASecretThatIsNotToBeMade() {
        store("True", "");
        externalSecret("db", "target: { creationPolicy: None }", "True", "2026-11-22T11:30:00Z");

        assertThat(verify(NAMESPACE)).isEqualTo(new Outcome.Unchanged("store ameide-vault and 1 ExternalSecret"));
    }

    @ParameterizedTest
    @CsvSource({"db", "secret/db", "secret/data/db"})
    void everyPropertyOfASecretThatIsExtractedIsAKey(String key) {
        store("True", "");
        externalSecret("db", "dataFrom: [ { extract: { key: %s } } ]".formatted(key), "True", "2026-11-22T11:30:00Z");
        secret("db", "password", "user");
        Outcome lacking = verify(NAMESPACE);
        API.admin().secrets().inNamespace(NAMESPACE).withName("db").delete();
        secret("db", "password", "url", "user");

        assertThat(waits(lacking))
                .containsExactly(
                        "Secret team/db lacks url, which secret secret/db has: ExternalSecret team/db has not fetched it yet");
        assertThat(verify(NAMESPACE)).isEqualTo(new Outcome.Unchanged("store ameide-vault and 1 ExternalSecret"));
    }

    @Test
    void secretThatIsExtractedAndNotThereIsMissing() {
        store("True", "");
        externalSecret("db", "dataFrom: [ { extract: { key: gone } } ]", "True", "2026-11-22T11:30:00Z");
        secret("db", "password", "user");

        assertThat(problems(verify(NAMESPACE)))
                .containsExactly("secret secret/gone is not there, all of which ExternalSecret team/db asks for");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dataFrom: [ { find: { name: { regexp: '^db' } } } ]                            | dataFrom.find
            dataFrom: [ { extract: { key: db }, rewrite: [ { regexp: { source: u } } ] } ] | dataFrom.rewrite
            dataFrom: [ { extract: { key: db, property: user } } ]                         | dataFrom.extract.property
            dataFrom: [ { extract: { key: db, metadataPolicy: Fetch } } ]                  | dataFrom.extract.metadataPolicy
            dataFrom: [ { sourceRef: { generatorRef: { kind: Password, name: p } } } ]     | dataFrom.sourceRef
            target: { template: { templateFrom: [ { configMap: { name: t } } ] } }         | target.template.templateFrom
            target: { manifest: { apiVersion: v1, kind: ConfigMap } }                      | target.manifest
            """)
    void keysThatNobodyCanTellAreNamedAsNotCompared(String specification, String field) {
        store("True", "");
        externalSecret("db", specification, "True", "2026-11-22T11:30:00Z");
        secret("db", "password", "user");

        assertThat(verify(NAMESPACE))
                .isEqualTo(new Outcome.Unchanged(
                        "store ameide-vault and 1 ExternalSecret; not compared: %s of team/db".formatted(field)));
        assertThat(verify())
                .as("where no Secret is looked at")
                .isEqualTo(new Outcome.Unchanged("store ameide-vault and 1 ExternalSecret"));
    }

    @Test
    void secretThatMayNotBeReadIsNotCompared() {
        store("True", "");
        externalSecret("db", "dataFrom: [ { extract: { key: db } } ]", "True", "2026-11-22T11:30:00Z");
        secret("db", "password", "user");
        String nobody = SERVER.write("auth/token/create", "{\"policies\": [\"default\"]}")
                .at("/auth/client_token")
                .asText();

        assertThat(verify(() -> Optional.of(provider(Sensitive.of(nobody))), NAMESPACE))
                .isEqualTo(
                        new Outcome.Unchanged(
                                "store ameide-vault and 1 ExternalSecret; not compared: dataFrom.extract.key db of team/db, which may not be read"));
        assertThat(verify(Optional::empty, NAMESPACE))
                .as("without a sign-in")
                .isEqualTo(new Outcome.Unchanged(
                        "store ameide-vault and 1 ExternalSecret; not compared: dataFrom.extract.key db of team/db"));
    }

    @Test
    void ofManyThatAreNotComparedAFewAreNamed() {
        store("True", "");
        for (int number = 1; number <= 7; number++) {
            externalSecret("es-" + number, "dataFrom: [ { find: {} } ]", "True", "2026-11-22T11:30:00Z");
            secret("es-" + number, "password", "user");
        }

        assertThat(((Outcome.Unchanged) verify(NAMESPACE)).detail())
                .contains("dataFrom.find of team/es-5 and 2 more")
                .doesNotContain("es-6");
    }

    @Test
    void externalSecretsOfOtherStoresAreNotLookedAt() {
        store("True", "");
        operator.create("""
                apiVersion: external-secrets.io/v1
                kind: ExternalSecret
                metadata: { name: other, namespace: team }
                spec: { secretStoreRef: { name: ameide-vault, kind: SecretStore } }
                """);

        assertThat(verify()).isEqualTo(new Outcome.Unchanged("store ameide-vault and 0 ExternalSecrets"));
    }

    @Test
    void accountThatMayNotLookIsToldSo() {
        String account = API.account(List.of());
        try (KubernetesClient client = API.client(API.apiToken("default", account))) {
            VerifyExternalSecrets step = new VerifyExternalSecrets(
                    new ExternalSecrets(client), STORE, Set.of(), Optional::empty, Clock.systemUTC());

            assertThatThrownBy(() -> step.run(Mode.PLAN))
                    .isInstanceOf(ApiServerException.Denied.class)
                    .hasMessageContaining("read ClusterSecretStore ameide-vault")
                    .extracting(denied -> ((ApiServerException) denied).hint())
                    .isEqualTo("does a ClusterRole allow it get on clustersecretstores?");
        }
    }

    private static Outcome verify(String... namespaces) {
        return verify(() -> Optional.of(provider(SERVER.rootToken())), namespaces);
    }

    private static Outcome verify(
            Supplier<Optional<Function<String, RememberingProvider>>> providers, String... namespaces) {
        return new VerifyExternalSecrets(
                        new ExternalSecrets(API.admin()),
                        STORE,
                        Set.of(namespaces),
                        providers,
                        Clock.fixed(NOW, ZoneOffset.UTC))
                .run(Mode.APPLY);
    }

    private static Function<String, RememberingProvider> provider(Sensitive token) {
        KeyedChecksum checksum = new KeyedChecksum(Sensitive.of("0".repeat(64)));
        return mount -> new RememberingProvider(
                new KvSecretProvider(Nodes.at(SERVER.address()).session(token).kv(mount), checksum));
    }

    private static List<String> problems(Outcome outcome) {
        return outcome instanceof Outcome.Failed failed
                ? failed.problems().stream().map(Problem::message).toList()
                : List.of();
    }

    private static List<String> waits(Outcome outcome) {
        return outcome instanceof Outcome.Waiting waiting ? waiting.reasons() : List.of();
    }

    private static void store(String ready, String message) {
        operator.store(STORE, ready, message);
    }

    private static void externalSecret(String name, String more, String ready, String refreshedAt) {
        operator.externalSecret(NAMESPACE, name, STORE, more, ready, refreshedAt);
    }

    private static void secret(String name, String... keys) {
        operator.secret(NAMESPACE, name, keys);
    }
}
