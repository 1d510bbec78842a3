package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The key of a static seal, made by an account that may create Secrets and do nothing else. */
class SealKeyIT {

    private static final String SECRET = "vault-seal-key";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    @BeforeEach
    void noSecret() {
        API.admin().secrets().inNamespace("default").withName(SECRET).delete();
    }

    @Test
    void isMadeOnceAndStaysAsItIs() {
        Result first = application(mayCreate()).run("keys", "seal-key", "create", "--secret", SECRET);
        Secret made = secret();

        Result second = application(mayCreate())
                .run("keys", "seal-key", "create", "--secret", SECRET, "--namespace", "default", "--output", "json");

        assertThat(first.exit()).as(first.stderr()).isZero();
        assertThat(first.stdout()).isEqualTo("Secret default/vault-seal-key: created\n");
        assertThat(second.exit()).as(second.stderr()).isZero();
        assertThat(second.json().path("created").asBoolean(true)).isFalse();
        assertThat(secret().getMetadata().getResourceVersion())
                .isEqualTo(made.getMetadata().getResourceVersion());
        assertThat(made.getMetadata().getOwnerReferences()).isEmpty();
        assertThat(made.getImmutable()).isTrue();
        assertThat(key(made)).hasSize(32).isNotEqualTo(new byte[32]);
    }

    @Test
    void isShownNowhere() {
        Result result = application(mayCreate())
                .with("QUARKUS_LOG_LEVEL", "TRACE")
                .with("QUARKUS_LOG_MIN_LEVEL", "TRACE")
                .run("keys", "seal-key", "create", "--secret", SECRET);

        byte[] key = key(secret());
        assertThat(result.stdout() + result.stderr())
                .as("all that was said")
                .matches(said -> !said.contains(Base64.getEncoder().encodeToString(key)), "has the key in Base64 not")
                .matches(said -> !said.contains(HexFormat.of().formatHex(key)), "has the key in hex not");
    }

    @Test
    void isAnotherOneEachTime() {
        application(mayCreate()).run("keys", "seal-key", "create", "--secret", SECRET);
        byte[] one = key(secret());
        noSecret();

        application(mayCreate()).run("keys", "seal-key", "create", "--secret", SECRET);

        assertThat(key(secret())).isNotEqualTo(one);
    }

    @Test
    void permissionThatIsMissingIsNamed() {
        Result denied = application(KubernetesApi.rule("", "secrets", List.of(), "get"))
                .run("keys", "seal-key", "create", "--secret", SECRET);

        assertThat(denied.exit()).isEqualTo(3);
        assertThat(denied.stderr()).contains("create Secret default/" + SECRET + ": denied");
    }

    @Test
    void nameOfTheSecretHasToBeSaid() {
        Result usage = application(mayCreate()).run("keys", "seal-key", "create");

        assertThat(usage.exit()).isEqualTo(64);
        assertThat(usage.stderr()).contains("--secret");
    }

    private static PolicyRule mayCreate() {
        return KubernetesApi.rule("", "secrets", List.of(), "create");
    }

    /** Nothing is configured: the Job runs before there is anything to configure. */
    private PackagedApplication application(PolicyRule rule) {
        return PackagedApplication.in(folder, URI.create("http://127.0.0.1:1"))
                .without("BOOTSTRAP_VAULT_ADDRESSES")
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .without("BOOTSTRAP_DESIRED_STATE_FILE")
                .with(
                        "KUBECONFIG",
                        API.kubeconfig(folder, "default", API.account(List.of(rule)))
                                .toString());
    }

    private static Secret secret() {
        return API.admin().secrets().inNamespace("default").withName(SECRET).get();
    }

    private static byte[] key(Secret secret) {
        return Base64.getDecoder().decode(secret.getData().get("key"));
    }
}
