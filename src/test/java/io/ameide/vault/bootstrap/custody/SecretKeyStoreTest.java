package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Under the permissions that a Role can grant by name, and no others. */
class SecretKeyStoreTest extends KeyStoreContract {

    private static final Duration OUTAGE = Duration.ofSeconds(20);

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private final String name = "keys-" + UUID.randomUUID();
    private String account;
    private KubernetesClient client;
    private Secrets secrets;
    private KeyStore store;

    @BeforeEach
    void leastPermissions() {
        account = API.account(List.of(
                KubernetesApi.rule("", "secrets", List.of(), "create"),
                KubernetesApi.rule("", "secrets", List.of(name, name + "-probe"), "get", "update", "delete")));
        client = API.client(API.apiToken("default", account));
        secrets = new Secrets(client, "default");
        store = new SecretKeyStore(secrets, name, Waiter.REAL, OUTAGE);
    }

    @Override
    KeyStore store() {
        return store;
    }

    @AfterEach
    void close() {
        client.close();
    }

    @Test
    void otherEntriesOfItsSecretStay() {
        String version = store.write(Materials.initialized(), Stored.ABSENT);
        Secret secret =
                API.admin().secrets().inNamespace("default").withName(name).get();
        secret.getData().put("somebody-elses", "YQ==");
        API.admin().secrets().inNamespace("default").resource(secret).update();

        store.update(keys -> keys.withClusterId("c-2"));

        assertThat(API.admin()
                        .secrets()
                        .inNamespace("default")
                        .withName(name)
                        .get()
                        .getData())
                .containsEntry("somebody-elses", "YQ==")
                .hasSize(2);
        assertThat(store.read().version()).isNotEqualTo(version);
    }

    @Test
    void secretThatOnlyAFinalizerHoldsWillNotStay() {
        store.write(Materials.initialized(), Stored.ABSENT);
        assertThat(store.read().endangered()).isEmpty();
        API.admin().secrets().inNamespace("default").withName(name).edit(secret -> {
            secret.getMetadata().setFinalizers(List.of("example.com/held"));
            return secret;
        });
        API.admin().secrets().inNamespace("default").withName(name).delete();

        assertThat(store.read().endangered())
                .hasValueSatisfying(reason -> assertThat(reason).contains("only a finalizer holds it"));
        assertThat(store.read().material()).isPresent();

        API.admin().secrets().inNamespace("default").withName(name).edit(secret -> {
            secret.getMetadata().setFinalizers(List.of());
            return secret;
        });
    }

    @Test
    void whatCannotGoToItsPlaceIsKeptInASecretOfItsOwn() {
        String place = store.keepBeside(Materials.initialized());

        assertThat(place).startsWith("Secret default/" + name + "-kept-");
        assertThat(new SecretKeyStore(
                                new Secrets(API.admin(), "default"),
                                place.substring("Secret default/".length()),
                                Waiter.REAL,
                                OUTAGE)
                        .read()
                        .material())
                .isPresent();
    }

    @Test
    void secretHasNoOwnerAndSaysWhatItIs() {
        store.write(Materials.marker(), Stored.ABSENT);

        Secret secret =
                API.admin().secrets().inNamespace("default").withName(name).get();
        assertThat(secret.getMetadata().getOwnerReferences()).isEmpty();
        assertThat(secret.getMetadata().getLabels()).containsAllEntriesOf(SecretKeyStore.LABELS);
        assertThat(store.removal()).isEqualTo("kubectl --namespace default delete secret " + name);
    }

    @Test
    void probeLeavesNothingBehindAlsoAfterOneThatDied() {
        secrets.create(name + "-probe", Map.of("left", Sensitive.of("over")), Map.of());

        store.proveWritable(1);

        assertThat(secrets.read(name + "-probe")).isEmpty();
        assertThat(store.read().material()).isEmpty();
    }

    @Test
    void missingPermissionIsFoundByTheProbe() {
        allowOnly(KubernetesApi.rule("", "secrets", List.of(), "create"));

        assertThatThrownBy(() -> store.proveWritable(1))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("read Secret default/" + name + "-probe");
    }

    @Test
    void leaveToCreateWithoutLeaveToUpdateShowsWhileThereAreNoSharesToLose() {
        allowOnly(
                KubernetesApi.rule("", "secrets", List.of(), "create"),
                KubernetesApi.rule("", "secrets", List.of(name), "get", "delete"),
                KubernetesApi.rule("", "secrets", List.of(name + "-probe"), "get", "update", "delete"));
        store.proveWritable(1);

        assertThatThrownBy(() -> store.write(Materials.marker(), Stored.ABSENT))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("update Secret default/" + name);
    }

    @Test
    void writeOutlastsAnOutage() {
        KeyMaterial marker = Materials.marker();
        String version = store.write(marker, Stored.ABSENT);
        KeyMaterial keys = Materials.initialized(marker);

        API.pause();
        Thread resumed = Thread.ofVirtual().start(() -> {
            pause(Duration.ofSeconds(2));
            API.resume();
        });
        store.write(keys, version);

        assertThat(store.read().material()).contains(keys);
        assertThat(resumed.isAlive()).isFalse();
    }

    @Test
    void documentThatIsNotOursIsLeftAlone() {
        secrets.create(name, Map.of("password", Sensitive.of("s3ntinel")), Map.of());

        assertThatThrownBy(store::read)
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("has no key keys.json")
                .hasMessageNotContaining("s3ntinel");
    }

    private void allowOnly(PolicyRule... rules) {
        API.admin()
                .rbac()
                .roles()
                .inNamespace("default")
                .withName(account)
                .edit(role -> new RoleBuilder(role).withRules(rules).build());
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
