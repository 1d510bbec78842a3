package io.ameide.vault.bootstrap.testing;

import io.fabric8.kubernetes.api.model.Pod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

class KubernetesApiTest {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @Test
    void podsHaveTheStatusTheyWereGiven() {
        API.namespace("vault");
        API.namespace("vault");
        API.pod("vault", "vault-0", Optional.of("127.0.0.2"), "Running");
        API.pod("vault", "vault-1", Optional.empty(), "Pending");
        API.pod("vault", "vault-2", Optional.of("127.0.0.4"), "Failed");
        API.podStatus("vault", "vault-1", Optional.of("127.0.0.3"), "Running");
        API.terminatingPod("vault", "vault-1");

        List<Pod> pods = API.admin()
                .pods()
                .inNamespace("vault")
                .withLabelSelector("app.kubernetes.io/name=vault,component=server")
                .list()
                .getItems();

        assertThat(pods)
                .extracting(
                        pod -> pod.getStatus().getPhase(),
                        pod -> pod.getStatus().getPodIP())
                .containsExactly(
                        tuple("Running", "127.0.0.2"), tuple("Running", "127.0.0.3"), tuple("Failed", "127.0.0.4"));
        assertThat(pods)
                .extracting(pod -> pod.getMetadata().getDeletionTimestamp() != null)
                .containsExactly(false, true, false);
        assertThat(pods)
                .extracting(
                        pod -> pod.getSpec().getHostname() + "." + pod.getSpec().getSubdomain())
                .containsExactly("vault-0.vault-internal", "vault-1.vault-internal", "vault-2.vault-internal");

        API.removePod("vault", "vault-1");
        assertThat(API.admin().pods().inNamespace("vault").withName("vault-1").get())
                .isNull();
    }
}
