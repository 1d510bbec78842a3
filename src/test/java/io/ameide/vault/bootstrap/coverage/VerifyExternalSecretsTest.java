package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.ExternalSecrets;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.tick.Mode;
import io.ameide.vault.bootstrap.tick.Outcome;
import io.ameide.vault.bootstrap.tick.Problem;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the operator's own word, and the Secrets it made, come to. The operator's part is played by the test. */
class VerifyExternalSecretsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final String STORE = "ameide-vault";
    private static final String NAMESPACE = "team";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private static PlayedOperator operator;

    /** Before anybody made the definitions known, which {@link #operator} does. */
    private static Outcome withoutDefinitions;

    @BeforeAll
    static void operator() {
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
            VerifyExternalSecrets step =
                    new VerifyExternalSecrets(new ExternalSecrets(client), STORE, Set.of(), Clock.systemUTC());

            assertThatThrownBy(() -> step.run(Mode.PLAN))
                    .isInstanceOf(ApiServerException.Denied.class)
                    .hasMessageContaining("read ClusterSecretStore ameide-vault");
        }
    }

    private static Outcome verify(String... namespaces) {
        return new VerifyExternalSecrets(
                        new ExternalSecrets(API.admin()), STORE, Set.of(namespaces), Clock.fixed(NOW, ZoneOffset.UTC))
                .run(Mode.APPLY);
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
