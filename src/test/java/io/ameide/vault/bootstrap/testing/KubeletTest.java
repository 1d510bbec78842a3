package io.ameide.vault.bootstrap.testing;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a Pod says reaches the process, and what cannot reach it is told. */
class KubeletTest {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    @BeforeAll
    static void objects() {
        API.serviceAccount("default", "somebody");
        API.admin()
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("settings")
                        .withNamespace("default")
                        .endMetadata()
                        .addToData("mode", "strict")
                        .build())
                .create();
        API.admin()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("credentials")
                        .withNamespace("default")
                        .endMetadata()
                        .addToStringData("user", "alice")
                        .build())
                .create();
    }

    @Test
    void variablesComeFromEverywhereAndPathsOfMountsAreTranslated() throws IOException {
        Container container = container()
                .addNewEnv()
                .withName("PLAIN")
                .withValue("/etc/all/mode,/etc/allother,/etc/all")
                .endEnv()
                .addToEnv(
                        new EnvVarBuilder()
                                .withName("NAME")
                                .withNewValueFrom()
                                .withNewFieldRef("v1", "metadata.namespace")
                                .endValueFrom()
                                .build(),
                        new EnvVarBuilder()
                                .withName("MODE")
                                .withNewValueFrom()
                                .withNewConfigMapKeyRef("mode", "settings", false)
                                .endValueFrom()
                                .build(),
                        new EnvVarBuilder()
                                .withName("NOTHING")
                                .withNewValueFrom()
                                .withNewSecretKeyRef("pin", "credentials", true)
                                .endValueFrom()
                                .build())
                .addNewEnvFrom()
                .withNewSecretRef("credentials", false)
                .endEnvFrom()
                .addNewVolumeMount()
                .withName("all")
                .withMountPath("/etc/all")
                .endVolumeMount()
                .build();
        Volume all = new VolumeBuilder()
                .withName("all")
                .withNewProjected()
                .addNewSource()
                .withNewConfigMap()
                .withName("settings")
                .endConfigMap()
                .endSource()
                .addNewSource()
                .withNewServiceAccountToken("elsewhere", 600L, "token")
                .endSource()
                .endProjected()
                .build();

        RenderedPod pod = Kubelet.on(API, folder).pod(pod(container, all));

        Path mounted = Path.of(pod.environment().get("PLAIN").replaceAll(",.*", ""));
        assertThat(pod.environment())
                .containsEntry("PLAIN", "%s,/etc/allother,%s".formatted(mounted, mounted.getParent()))
                .containsEntry("NAME", "default")
                .containsEntry("MODE", "strict")
                .containsEntry("user", "alice")
                .doesNotContainKey("NOTHING");
        assertThat(mounted).hasContent("strict");
        assertThat(mounted).isSymbolicLink();
        String claims = Files.readString(mounted.resolveSibling("token")).split("\\.")[1];
        assertThat(new String(Base64.getUrlDecoder().decode(claims)))
                .contains("\"aud\":[\"elsewhere\"]")
                .contains("system:serviceaccount:default:somebody")
                .contains("\"pod\":{\"name\":");
    }

    @Test
    void secretThatIsNotThereIsNamed() {
        Volume missing = new VolumeBuilder()
                .withName("missing")
                .withNewSecret()
                .withSecretName("nobody-made-it")
                .endSecret()
                .build();

        assertThatThrownBy(() -> Kubelet.on(API, folder).pod(pod(container().build(), missing)))
                .hasMessageContaining("would wait for Secret nobody-made-it");
    }

    @Test
    void whatWouldBeLostIsRefused() {
        Kubelet kubelet = Kubelet.on(API, folder);
        Volume ofTheMachine = new VolumeBuilder()
                .withName("machine")
                .withNewHostPath("/", "Directory")
                .build();
        Container withCommand = container().withCommand("sh").build();
        Container withSubPath = container()
                .addNewVolumeMount()
                .withName("all")
                .withMountPath("/etc/all")
                .withSubPath("part")
                .endVolumeMount()
                .build();
        Volume empty = new VolumeBuilder()
                .withName("all")
                .withNewEmptyDir()
                .endEmptyDir()
                .build();
        Pod withTwo = new PodBuilder(pod(container().build()))
                .editSpec()
                .addToContainers(container().withName("other").build())
                .endSpec()
                .build();

        assertThatThrownBy(() -> kubelet.pod(pod(container().build(), ofTheMachine)))
                .hasMessageContaining("hostPath");
        assertThatThrownBy(() -> kubelet.pod(pod(withCommand))).hasMessageContaining("command");
        assertThatThrownBy(() -> kubelet.pod(pod(withSubPath, empty))).hasMessageContaining("subPath");
        assertThatThrownBy(() -> kubelet.pod(withTwo)).hasMessageContaining("containers, of which");
    }

    private static ContainerBuilder container() {
        return new ContainerBuilder()
                .withName("application")
                .withImage("application")
                .withNewSecurityContext()
                .withReadOnlyRootFilesystem(true)
                .endSecurityContext();
    }

    private static Pod pod(Container container, Volume... volumes) {
        return new PodBuilder()
                .withNewMetadata()
                .withGenerateName("pod-")
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("somebody")
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withRestartPolicy("Never")
                .withContainers(container)
                .withVolumes(volumes)
                .endSpec()
                .build();
    }
}
