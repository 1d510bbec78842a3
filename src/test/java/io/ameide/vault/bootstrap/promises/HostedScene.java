package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.custody.SecretKeyStore;
import io.ameide.vault.bootstrap.kubernetes.Secrets;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.Waiter;
import io.fabric8.kubernetes.api.model.Secret;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Three nodes that run in Pods, with custody in a Secret. Each node and the API server are behind the proxy, for which the
 * application asks all of them in the clear.
 */
final class HostedScene extends Scene {

    static final String KUBERNETES = "kubernetes";
    static final String SECRETS = "/api/v1/namespaces/vault/secrets";
    static final String CUSTODY = SECRETS + "/" + HostedCluster.SECRET;
    static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/vault/leases";
    static final String LOGIN = "/v1/auth/kubernetes/login";

    private static final int NODES = 3;
    private static final Set<String> SIGNING = Set.of("POST " + LOGIN, "POST /v1/auth/token/revoke-self");
    private static final Duration OUTAGE = Duration.ofSeconds(10);

    /** Nodes become voters at once instead of after ten seconds, which a test need not wait for. */
    private static final String VOTE_AT_ONCE = """
            resources:
              - path: sys/storage/raft/autopilot/configuration
                data: { server_stabilization_time: 1s }
            """;

    private final KubernetesApi api;
    private final HostedCluster hosted;

    private HostedScene(KubernetesApi api, HostedCluster hosted, LoopbackProxy proxy, PackagedApplication application) {
        super(proxy, application);
        this.api = api;
        this.hosted = hosted;
    }

    /** @param parent where to make the folder */
    static HostedScene on(KubernetesApi api, Path parent) {
        HostedCluster hosted = HostedCluster.start(api, RaftCluster.of(NODES).inTheClear(), parent);
        LoopbackProxy proxy = LoopbackProxy.trusting(api.caFile());
        try {
            Files.writeString(hosted.folder().resolve("desired-state.yaml"), VOTE_AT_ONCE, StandardOpenOption.APPEND);
            return new HostedScene(api, hosted, proxy, behind(proxy, api, hosted));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PackagedApplication behind(LoopbackProxy proxy, KubernetesApi api, HostedCluster hosted)
            throws IOException {
        int port = ThrowAwayServer.freePort(
                IntStream.range(0, NODES).mapToObj(HostedScene::host).toList());
        for (int node = 0; node < NODES; node++) {
            proxy.before("vault-" + node, hosted.nodes().address(node), host(node), port);
            api.podStatus(hosted.namespace(), "vault-" + node, Optional.of(host(node)), "Running");
        }
        URI server = proxy.before(KUBERNETES, api.address(), "127.0.0.1", 0);
        Path kubeconfig = api.kubeconfig(
                Files.createDirectory(hosted.folder().resolve("behind-proxy")),
                server,
                hosted.namespace(),
                api.apiToken(hosted.namespace(), HostedCluster.ACCOUNT));
        return hosted.application()
                .with("BOOTSTRAP_VAULT_DISCOVERY_PORT", Integer.toString(port))
                .with("BOOTSTRAP_VAULT_DISCOVERY_TLS", "false")
                // The shortest there is: it is waited for after every kill.
                .with("BOOTSTRAP_CUSTODY_KUBERNETES_LEASE_DURATION", "10s")
                .with("KUBECONFIG", kubeconfig.toString());
    }

    private static String host(int node) {
        return "127.0.0." + (node + 12);
    }

    @Override
    public void close() {
        try (hosted) {
            super.close();
        }
    }

    @Override
    KeyMaterial material() {
        return new SecretKeyStore(
                        new Secrets(api.admin(), hosted.namespace()), HostedCluster.SECRET, Waiter.REAL, OUTAGE)
                .read()
                .material()
                .orElseThrow(() -> new AssertionError("custody is empty"));
    }

    @Override
    void assertCustodyIsGuarded() {
        assertThat(hosted.secret().getMetadata().getOwnerReferences()).isEmpty();
    }

    @Override
    void assertNothingBesideCustody() {
        assertThat(api.admin().secrets().inNamespace(hosted.namespace()).list().getItems())
                .extracting((Secret secret) -> secret.getMetadata().getName())
                .containsExactly(HostedCluster.SECRET);
        assertThat(api.admin()
                        .leases()
                        .inNamespace(hosted.namespace())
                        .withName(HostedCluster.SECRET)
                        .get()
                        .getSpec()
                        .getHolderIdentity())
                .as("holder of the Lease")
                .isEmpty();
    }

    @Override
    VaultNode reopen() {
        RaftCluster nodes = hosted.nodes();
        List<Sensitive> shares = material().shares();
        for (int node = 0; node < NODES; node++) {
            nodes.node(node).restart();
            assertThat(nodes.health(node)).isEqualTo(503);
        }
        for (URI address : nodes.addresses()) {
            shares.stream()
                    .map(share -> Nodes.at(address).unseal(share))
                    .takeWhile(status -> status.sealed() && status.progress() > 0)
                    .forEach(status -> {});
        }
        nodes.awaitServing();
        return hosted.leader();
    }

    @Override
    void assertOneCluster(Sensitive rootToken) {
        assertThat(hosted.nodes().clusterIds()).hasSize(1);
        assertThat(hosted.nodes().voters(rootToken)).containsExactly("vault-0", "vault-1", "vault-2");
    }

    @Override
    String loginPath() {
        return "auth/kubernetes/login";
    }

    @Override
    List<String> secrets() {
        return List.of("api-key", "generated");
    }

    @Override
    Exchange place(Exchange exchange) {
        return new Exchange(
                exchange.number(),
                exchange.server(),
                exchange.method(),
                exchange.path().replace("/namespaces/" + hosted.namespace() + "/", "/namespaces/vault/"),
                exchange.status());
    }

    @Override
    boolean everyTick(Exchange exchange) {
        return SIGNING.contains(exchange.method() + " " + exchange.path())
                || exchange.path().startsWith(LEASES);
    }

    @Override
    boolean storedShares(Exchange later) {
        if (!later.server().equals(KUBERNETES)) {
            return true;
        }
        return later.write() && later.path().equals(CUSTODY) && later.status().orElse(0) / 100 == 2;
    }
}
