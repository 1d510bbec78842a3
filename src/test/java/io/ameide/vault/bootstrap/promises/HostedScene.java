package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.RaftCluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Three nodes that run in Pods, with custody in a Secret. Each node and the API server are behind the proxy, for which the
 * application asks all of them in the clear.
 */
final class HostedScene extends Scene implements HostedSite {

    static final String KUBERNETES = "kubernetes";
    static final String SECRETS = "/api/v1/namespaces/vault/secrets";
    static final String CUSTODY = SECRETS + "/" + HostedCluster.SECRET;
    static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/vault/leases";
    static final String LOGIN = "/v1/auth/kubernetes/login";

    private static final int NODES = 3;
    private static final Set<String> SIGNING = Set.of("POST " + LOGIN, "POST /v1/auth/token/revoke-self");
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
    public KubernetesApi api() {
        return api;
    }

    @Override
    public HostedCluster hosted() {
        return hosted;
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
