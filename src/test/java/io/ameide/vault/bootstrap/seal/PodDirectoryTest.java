package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.kubernetes.ApiServerException;
import io.ameide.vault.bootstrap.kubernetes.Pods;
import io.ameide.vault.bootstrap.seal.NodeDirectory.Listing;
import io.ameide.vault.bootstrap.seal.PodDirectory.Settings;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.VaultConfig.By;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which Pods are nodes, and how they are addressed. */
class PodDirectoryTest {

    private static final String SELECTOR = "app.kubernetes.io/name=vault,component=server";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private String namespace;

    @BeforeEach
    void namespace() {
        namespace = "pods-" + NAMESPACES.incrementAndGet();
        API.namespace(namespace);
    }

    @Test
    void podsThatRunAreNodesInTheOrderOfTheirNames() {
        API.pod(namespace, "vault-1", Optional.of("10.0.0.2"), "Running");
        API.pod(namespace, "vault-0", Optional.of("10.0.0.1"), "Running");

        assertThat(list(By.IP).nodes())
                .containsExactly(node("vault-0", "https://10.0.0.1:8200"), node("vault-1", "https://10.0.0.2:8200"));
        assertThat(list(By.NAME).nodes())
                .containsExactly(
                        node("vault-0", "https://vault-0.vault-internal.%s.svc:8200".formatted(namespace)),
                        node("vault-1", "https://vault-1.vault-internal.%s.svc:8200".formatted(namespace)));
        assertThat(list(By.NAME).awaited()).isEmpty();
    }

    @Test
    void serviceAndSchemeAndPortAreThoseThatAreSet() {
        API.pod(namespace, "vault-0", Optional.of("fd00::7"), "Running");

        assertThat(directory(new Settings(SELECTOR, By.NAME, Optional.of("bao-peers"), 8300, false))
                        .list()
                        .nodes())
                .containsExactly(node("vault-0", "http://vault-0.bao-peers.%s.svc:8300".formatted(namespace)));
        assertThat(list(By.IP).nodes()).containsExactly(node("vault-0", "https://[fd00::7]:8200"));
    }

    @Test
    void podsThatDoNotRunYetAreAwaitedAndThoseThatEndAreLeavingOrGone() {
        API.pod(namespace, "vault-0", Optional.of("10.0.0.1"), "Running");
        API.pod(namespace, "vault-1", Optional.empty(), "Pending");
        API.pod(namespace, "vault-2", Optional.empty(), "Running");
        API.pod(namespace, "vault-3", Optional.of("10.0.0.4"), "Failed");
        API.pod(namespace, "vault-4", Optional.of("10.0.0.5"), "Running");
        API.terminatingPod(namespace, "vault-4");

        Listing listing = list(By.IP);

        assertThat(listing.nodes()).containsExactly(node("vault-0", "https://10.0.0.1:8200"));
        assertThat(listing.awaited())
                .containsExactly(
                        "Pod %s/vault-1 is pending".formatted(namespace),
                        "Pod %s/vault-2 has no address yet".formatted(namespace));
        assertThat(listing.leaving()).containsExactly("Pod %s/vault-4 is terminating".formatted(namespace));
    }

    @Test
    void noPodAtAllIsAwaitedWithTheLabels() {
        assertThat(list(By.IP).awaited())
                .containsExactly("no Pod in namespace %s has the labels %s".formatted(namespace, SELECTOR));
    }

    @Test
    void accountThatMayNotListPodsIsToldSo() {
        String account = API.account(List.of());
        try (KubernetesClient client = API.client(API.apiToken("default", account))) {
            PodDirectory directory = new PodDirectory(
                    new Pods(client, namespace), new Settings(SELECTOR, By.IP, Optional.empty(), 8200, true));

            assertThatThrownBy(directory::list)
                    .isInstanceOf(ApiServerException.Denied.class)
                    .hasMessageContaining("list Pods %s in %s".formatted(SELECTOR, namespace));
        }
    }

    private Listing list(By by) {
        return directory(new Settings(SELECTOR, by, Optional.empty(), 8200, true))
                .list();
    }

    private PodDirectory directory(Settings settings) {
        return new PodDirectory(new Pods(API.admin(), namespace), settings);
    }

    private static NodeAddress node(String pod, String address) {
        return NodeAddress.parse(address).ofPod(pod);
    }
}
