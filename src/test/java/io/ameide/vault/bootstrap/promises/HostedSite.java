package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.SecretKeyStore;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.api.model.Secret;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Nodes that run in Pods, with custody in a Secret. */
interface HostedSite extends Site {

    /** A resource with which nodes become voters at once instead of after ten seconds, which a test need not wait for. */
    String VOTE_AT_ONCE = """
            resources:
              - path: sys/storage/raft/autopilot/configuration
                data: { server_stabilization_time: 1s }
            """;

    Duration OUTAGE = Duration.ofSeconds(10);

    KubernetesApi api();

    HostedCluster hosted();

    @Override
    default KeyMaterial material() {
        return new SecretKeyStore(
                        new Secrets(api().admin(), hosted().namespace()), HostedCluster.SECRET, Waiter.REAL, OUTAGE)
                .read()
                .material()
                .orElseThrow(() -> new AssertionError("custody is empty"));
    }

    @Override
    default String custodyVersion() {
        return hosted().secret().getMetadata().getResourceVersion();
    }

    @Override
    default void assertCustodyIsGuarded() {
        assertThat(hosted().secret().getMetadata().getOwnerReferences()).isEmpty();
    }

    @Override
    default void assertNothingBesideCustody() {
        assertThat(api().admin()
                        .secrets()
                        .inNamespace(hosted().namespace())
                        .list()
                        .getItems())
                .extracting((Secret secret) -> secret.getMetadata().getName())
                .containsExactly(HostedCluster.SECRET);
        assertThat(api().admin()
                        .leases()
                        .inNamespace(hosted().namespace())
                        .withName(HostedCluster.SECRET)
                        .get()
                        .getSpec()
                        .getHolderIdentity())
                .as("holder of the Lease")
                .isEmpty();
    }

    @Override
    default VaultNode serving() {
        hosted().nodes().awaitServing();
        return hosted().leader();
    }

    @Override
    default VaultNode reopen() {
        RaftCluster nodes = hosted().nodes();
        List<Sensitive> shares = material().shares();
        for (int node = 0; node < nodes.size(); node++) {
            nodes.node(node).restart();
            assertThat(nodes.health(node)).isEqualTo(503);
        }
        for (VaultNode node : hosted().clients()) {
            shares.stream()
                    .map(node::unseal)
                    .takeWhile(status -> status.sealed() && status.progress() > 0)
                    .forEach(status -> {});
        }
        return serving();
    }

    @Override
    default void assertOneCluster(Sensitive rootToken) {
        RaftCluster nodes = hosted().nodes();
        assertThat(nodes.clusterIds()).as("clusters").hasSize(1);
        assertThat(nodes.voters(rootToken))
                .as("voters")
                .containsExactly(IntStream.range(0, nodes.size())
                        .mapToObj(node -> nodes.node(node).nodeId())
                        .toArray(String[]::new));
    }

    @Override
    default String loginPath() {
        return "auth/kubernetes/login";
    }

    @Override
    default List<String> secrets() {
        return List.of("api-key", "generated");
    }
}
