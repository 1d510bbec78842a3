package io.ameide.vault.bootstrap.chart;

import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the chart renders is what a real API server takes, and its Pods are what the level {@code restricted} takes. */
class ChartApiIT {

    private static final String NAMESPACE = "vault";

    /** Where only Pods of the level {@code restricted} are accepted, and where the accounts are that they name. */
    private static final String RESTRICTED = "restricted";

    private static final String DRILLER = "vault-bootstrap-drill";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @BeforeAll
    static void cluster() {
        API.namespace(NAMESPACE);
        API.admin()
                .namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(RESTRICTED)
                        .withLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"))
                        .endMetadata()
                        .build())
                .create();
        API.serviceAccount(RESTRICTED, "vault-bootstrap");
        API.serviceAccount(RESTRICTED, DRILLER);
        API.serviceAccount(RESTRICTED, "foundation-vault-bootstrap-seal-key");
        API.admin()
                .resource(new RuntimeClassBuilder()
                        .withNewMetadata()
                        .withName("sandboxed")
                        .endMetadata()
                        .withHandler("sandboxed")
                        .build())
                .create();
        Renderings.definitions().forEach(API::define);
    }

    @ParameterizedTest
    @MethodSource("io.ameide.vault.bootstrap.chart.Renderings#all")
    void everythingRenderedIsAccepted(String name, List<String> options) {
        List<HasMetadata> rendered = Chart.render("bootstrap", NAMESPACE, options).all(API.admin()).stream()
                // Its account has to be there before it: see the next test.
                .filter(resource -> !(resource instanceof Pod))
                .toList();

        assertThat(rendered)
                .isNotEmpty()
                .allSatisfy(resource -> assertThat(accepted(resource))
                        .extracting(accepted -> accepted.getMetadata().getName())
                        .isEqualTo(resource.getMetadata().getName()));
    }

    @ParameterizedTest
    @MethodSource("io.ameide.vault.bootstrap.chart.Renderings#all")
    void everyPodIsAcceptedWhereTheLevelIsRestricted(String name, List<String> options) {
        List<Pod> pods = Chart.render("bootstrap", RESTRICTED, options).all(API.admin()).stream()
                .flatMap(ChartApiIT::pods)
                .toList();

        assertThat(pods)
                .isNotEmpty()
                .allSatisfy(pod -> assertThat(accepted(pod)).isNotNull());
    }

    @Test
    void podThatMayBeRootIsNotAcceptedThere() {
        List<HasMetadata> rendered = Chart.render("bootstrap", RESTRICTED, "podSecurityContext.runAsNonRoot=false")
                .all(API.admin());

        Pod pod = rendered.stream().flatMap(ChartApiIT::pods).findFirst().orElseThrow();

        assertThatThrownBy(() -> accepted(pod))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("runAsNonRoot");
    }

    @Test
    void fieldThatIsNoneIsNotAccepted() {
        HasMetadata cronJob = Chart.render("bootstrap", NAMESPACE, "extraVolumes[0].name=a", "extraVolumes[0].typo=b")
                .all(API.admin())
                .stream()
                .filter(CronJob.class::isInstance)
                .findFirst()
                .orElseThrow();

        assertThatThrownBy(() -> accepted(cronJob))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("typo");
    }

    private static HasMetadata accepted(HasMetadata resource) {
        return API.admin()
                .resource(resource)
                .dryRun()
                .fieldValidation(Validation.STRICT)
                .create();
    }

    /** Those that a controller would make of it, the Pod itself included. */
    private static Stream<Pod> pods(HasMetadata resource) {
        return switch (resource) {
            case CronJob cronJob ->
                Stream.of(pod(cronJob.getSpec().getJobTemplate().getSpec().getTemplate()));
            case Job job -> Stream.of(pod(job.getSpec().getTemplate()));
            case Pod pod -> Stream.of(pod);
            default -> Stream.of();
        };
    }

    private static Pod pod(PodTemplateSpec template) {
        return new PodBuilder()
                .withMetadata(template.getMetadata())
                .editMetadata()
                .withName("pod")
                .withNamespace(RESTRICTED)
                .endMetadata()
                .withSpec(template.getSpec())
                .build();
    }
}
