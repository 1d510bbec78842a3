package io.ameide.vault.bootstrap.chart;

import io.ameide.vault.bootstrap.coverage.PlayedOperator;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.Chart.Result;
import io.ameide.vault.bootstrap.testing.Kubelet;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The life of a release in one cluster: installed where no operator is, upgraded when External Secrets has come, at work,
 * and uninstalled. Helm itself does it; no controller is there that would start anything.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ChartInstallIT {

    private static final String NAMESPACE = "vault";

    /** Secrets: custody, and the key of a static seal. */
    private static final List<String> KEYS = List.of("vault-bootstrap-keys", "vault-seal-key");

    private static final List<String> OPERATORS =
            List.of("external-secrets.io/v1", "cert-manager.io/v1", "monitoring.coreos.com/v1");

    private static final String CHART = ChartValues.FOLDER.toString();

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    static final RealServer NODE = RealServer.empty();

    @TempDir
    static Path folder;

    private static Path kubeconfig;

    @BeforeAll
    static void whoInstalls() {
        Installation.prepare(API, NAMESPACE);
        API.serviceAccount(NAMESPACE, "installer");
        API.admin()
                .rbac()
                .clusterRoleBindings()
                .resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName("installer")
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                        .addNewSubject("", "ServiceAccount", "installer", NAMESPACE)
                        .build())
                .create();
        kubeconfig = API.kubeconfig(folder, NAMESPACE, "installer");
    }

    @Test
    @Order(1)
    void clusterWithoutOperatorsTakesItAndTheNotesSayWhatWasLeftOut() {
        Result installed = helm(
                "install",
                "bootstrap",
                CHART,
                "--set",
                "certificate.issuerRef.name=ca,snapshots.enabled=true,externalSecrets.verify.enabled=auto",
                "--set",
                "snapshots.targets.nearby.secret=keys,snapshots.targets.nearby.configuration.s3\\.bucket=b,"
                        + "snapshots.targets.nearby.configuration.s3\\.access-key-id-file=/a,"
                        + "snapshots.targets.cloud.configuration.azure-blob\\.container=c",
                "--set",
                "networkPolicy.enabled=true,networkPolicy.snapshots.enabled=false");

        assertThat(installed.exit()).as(installed.stderr()).isZero();
        assertThat(installed.stdout())
                .contains("  volume: PersistentVolumeClaim foundation-vault-bootstrap-snapshots\n")
                .contains("  nearby: S3 bucket b, with the files of Secret vault/keys\n")
                .contains("  cloud: container c, as whom the environment says\n")
                .contains("set serviceAccount.annotations, on Azure azure.workload.identity/client-id.")
                .contains("only where networkPolicy.extraEgress does");
        assertThat(installed.stdout())
                .contains("Left out: ClusterSecretStore ameide-vault")
                .contains("Left out: a look at what External Secrets made of the secrets")
                .contains("Left out: a Certificate for the nodes")
                .contains("Left out: a PrometheusRule")
                .contains(OPERATORS);
        assertThat(cronJobs())
                .extracting(job -> job.getMetadata().getName())
                .containsExactly("foundation-vault-bootstrap");
    }

    @Test
    @Order(2)
    void lookThatIsDemandedWhereNoOperatorIsIsInstalledAndTheNotesWarn() {
        Result upgraded = helm(
                "upgrade", "bootstrap", CHART, "--set", "snapshots.enabled=true,externalSecrets.verify.enabled=true");

        assertThat(upgraded.exit()).as(upgraded.stderr()).isZero();
        assertThat(upgraded.stdout())
                .contains("set snapshots.targets to have them elsewhere too")
                .contains("do not converge while")
                .contains("The cluster does not know external-secrets.io/v1, so that none will");
    }

    @Test
    @Order(3)
    void upgradeAddsTheStoreOnceTheOperatorHasCome() {
        PlayedOperator.installed(API);

        Result upgraded = helm(
                "upgrade", "bootstrap", CHART, "--set", "snapshots.enabled=true,externalSecrets.verify.enabled=auto");

        assertThat(upgraded.exit()).as(upgraded.stderr()).isZero();
        assertThat(upgraded.stdout())
                .contains("Ticks look at ClusterSecretStore ameide-vault")
                .doesNotContain("Left out: ClusterSecretStore");
        assertThat(store()).isNotNull();
    }

    /** Whoever owns them would take them along: helm by a manifest, the garbage collector by a reference to a Job. */
    @Test
    @Order(4)
    void keysThatTicksAndJobsMakeBelongToNobody() {
        Result upgraded = helm(Stream.of(
                        List.of("upgrade", "bootstrap", CHART, "--values", "chart/values-local.yaml"),
                        // Helm would wait for a hook, and there is no controller that starts it.
                        List.of("--set", "snapshots.enabled=true,sealKey.enabled=true,sealKey.hook=false"),
                        List.of("--set", "externalSecrets.verify.enabled=false,rbac.tokenReview.vault=true"),
                        Installation.processes(API, folder, NODE.address().getPort()))
                .flatMap(List::stream)
                .toArray(String[]::new));
        assertThat(upgraded.exit()).as(upgraded.stderr()).isZero();
        Kubelet kubelet = Kubelet.on(API, folder)
                .resolving("vault.%s.svc".formatted(NAMESPACE), NODE.address().getHost());
        List<HasMetadata> workloads = List.of(
                API.admin().batch().v1().jobs().inNamespace(NAMESPACE).list().getItems().stream()
                        .findFirst()
                        .orElseThrow(),
                cronJobs().getFirst());

        assertThat(workloads).allSatisfy(workload -> {
            PackagedApplication.Result result = kubelet.pod(workload).run();
            assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
        });

        assertThat(KEYS).allSatisfy(name -> {
            ObjectMeta secret = secret(name).orElseThrow().getMetadata();
            assertThat(secret.getOwnerReferences()).isEmpty();
            assertThat(Optional.ofNullable(secret.getAnnotations())
                            .orElse(Map.of())
                            .keySet())
                    .noneMatch(annotation -> annotation.startsWith("meta.helm.sh/"));
        });
    }

    @Test
    @Order(5)
    void uninstallLeavesKeysAndSnapshots() {
        List<String> before = versions();

        Result uninstalled = helm("uninstall", "bootstrap");

        assertThat(uninstalled.exit()).as(uninstalled.stderr()).isZero();
        assertThat(versions()).hasSameSizeAs(KEYS).isEqualTo(before);
        assertThat(API.admin()
                        .persistentVolumeClaims()
                        .inNamespace(NAMESPACE)
                        .withName("foundation-vault-bootstrap-snapshots")
                        .get())
                .satisfies(claim ->
                        assertThat(claim.getMetadata().getDeletionTimestamp()).isNull());
        assertThat(cronJobs()).isEmpty();
        assertThat(store()).isNull();
    }

    private static List<String> versions() {
        return KEYS.stream()
                .flatMap(name -> secret(name).stream())
                .map(secret -> secret.getMetadata().getResourceVersion())
                .toList();
    }

    private static Optional<Secret> secret(String name) {
        return Optional.ofNullable(
                API.admin().secrets().inNamespace(NAMESPACE).withName(name).get());
    }

    private static List<CronJob> cronJobs() {
        return API.admin().batch().v1().cronjobs().inNamespace(NAMESPACE).list().getItems();
    }

    private static Object store() {
        return API.admin()
                .genericKubernetesResources("external-secrets.io/v1", "ClusterSecretStore")
                .withName("ameide-vault")
                .get();
    }

    private static Result helm(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        Stream.of("--kubeconfig", kubeconfig.toString(), "--namespace", NAMESPACE)
                .forEach(all::add);
        return Chart.helm(all);
    }
}
