package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.TlsSettings;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * What the application finds in production, as far as processes on one machine can be that: an API server with the
 * permissions of the chart, a Raft cluster behind TLS whose nodes are Pods of a namespace, and the application as the
 * CronJob runs it, in the profile {@code ha}, as its own ServiceAccount with projected tokens.
 */
public final class HostedCluster implements AutoCloseable {

    /** Key custody, and the Lease beside it. */
    public static final String SECRET = "vault-bootstrap-keys";

    /** The ServiceAccount that the chart makes. */
    public static final String ACCOUNT = "vault-bootstrap";

    /** What the nodes' certificates bear besides the names of their Pods, and not their addresses. */
    public static final String SERVER_NAME = "vault.test.svc";

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final KubernetesApi api;
    private final RaftCluster nodes;
    private final String namespace;
    private final Path folder;

    private HostedCluster(KubernetesApi api, RaftCluster nodes, String namespace, Path folder) {
        this.api = api;
        this.nodes = nodes;
        this.namespace = namespace;
        this.folder = folder;
    }

    /** Three nodes in a namespace of their own, not initialized. */
    public static HostedCluster start(KubernetesApi api, Path parent) {
        return start(api, RaftCluster.of(3), parent);
    }

    /**
     * A root token can be made from shares.
     *
     * @param nodes not started yet
     * @param parent where to make a folder
     */
    public static HostedCluster start(KubernetesApi api, RaftCluster nodes, Path parent) {
        return install(api, nodes.withOpenGenerateRoot(), parent);
    }

    /** Three nodes as servers are by themselves: no root token can be made without another token. */
    public static HostedCluster startClosed(KubernetesApi api, Path parent) {
        return install(api, RaftCluster.of(3), parent);
    }

    private static HostedCluster install(KubernetesApi api, RaftCluster nodes, Path parent) {
        String namespace = "vault-" + NAMESPACES.incrementAndGet();
        api.namespace(namespace);
        for (HasMetadata resource : Chart.render("bootstrap", namespace).resources(api.admin())) {
            api.admin().resource(resource).inNamespace(namespace).create();
        }
        api.serviceAccount(namespace, KubernetesApi.SERVER_ACCOUNT);
        api.letReviewTokens(namespace, KubernetesApi.SERVER_ACCOUNT);
        api.serviceAccount("external-secrets", "external-secrets");
        try {
            HostedCluster hosted = new HostedCluster(
                    api,
                    nodes.withNamesOnly(SERVER_NAME, "*.%s.%s.svc".formatted(KubernetesApi.SERVER_SERVICE, namespace))
                            .start(),
                    namespace,
                    Files.createTempDirectory(parent, "hosted-"));
            for (int node = 0; node < nodes.size(); node++) {
                api.pod(
                        namespace,
                        "vault-" + node,
                        Optional.of(nodes.address(node).getHost()),
                        "Running");
            }
            hosted.writeFiles();
            return hosted;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeFiles() throws IOException {
        Files.writeString(
                folder.resolve("token"), api.token(namespace, ACCOUNT, "vault").reveal());
        api.kubeconfig(folder, namespace, ACCOUNT);
        Files.writeString(
                folder.resolve("reviewer"),
                api.apiToken(namespace, KubernetesApi.SERVER_ACCOUNT).reveal());
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        Files.writeString(folder.resolve("desired-state.yaml"), """
                policies:
                  - name: external-secrets
                    rules: |
                      path "secret/data/*"     { capabilities = ["read"] }
                      path "secret/metadata/*" { capabilities = ["read", "list"] }
                secretEngines:
                  - { path: secret, type: kv, options: { version: "2" } }
                """ + TickAccount.authMethod(api) + """
                    roles:
                      - name: external-secrets
                        bound_service_account_names: [external-secrets]
                        bound_service_account_namespaces: [external-secrets]
                        audience: vault
                        token_policies: [external-secrets]
                        token_ttl: 10m
                secrets:
                  - fixtures: fixtures.json
                  - name: generated
                    generate: { length: 24, charset: alphanumeric }
                """);
    }

    @Override
    public void close() {
        nodes.close();
    }

    public RaftCluster nodes() {
        return nodes;
    }

    public String namespace() {
        return namespace;
    }

    public Path folder() {
        return folder;
    }

    /** The application as the CronJob's Pod runs it. */
    public PackagedApplication application() {
        return PackagedApplication.in(folder, nodes.address(0))
                .without("BOOTSTRAP_VAULT_ADDRESSES")
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("QUARKUS_PROFILE", "ha")
                .with("BOOTSTRAP_VAULT_DISCOVERY_BY", "ip")
                .with("BOOTSTRAP_VAULT_DISCOVERY_PORT", Integer.toString(nodes.port()))
                .with("BOOTSTRAP_VAULT_TLS_CA_FILE", nodes.caFile().toString())
                .with("BOOTSTRAP_VAULT_TLS_SERVER_NAME", SERVER_NAME)
                .with("BOOTSTRAP_VAULT_READY_TIMEOUT", "5s")
                .with(
                        "BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE",
                        folder.resolve("token").toString())
                .with("BOOTSTRAP_KEYS_SHARES", "3")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "2")
                .with("KUBECONFIG", folder.resolve("kubeconfig").toString());
    }

    /** The application where a person runs it, who is known to the API server and has told it nothing else. */
    public PackagedApplication elsewhere() {
        try {
            Path home = Files.createDirectory(folder.resolve("elsewhere"));
            Path kubeconfig = api.kubeconfig(home, api.address(), "default", api.apiToken(namespace, ACCOUNT));
            return PackagedApplication.with(
                    home,
                    Map.of(
                            "PATH", System.getenv("PATH"),
                            "HOME", home.toString(),
                            "KUBECONFIG", kubeconfig.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The node that leads, without the application's own code in between but for its client. */
    public VaultNode leader() {
        return clients().get(nodes.awaitLeader());
    }

    /** All nodes, likewise, by number. */
    public List<VaultNode> clients() {
        Transport transport = new Transport(
                new TlsSettings(Optional.of(nodes.caFile()), Optional.of(SERVER_NAME), Optional.empty()),
                Duration.ofSeconds(2),
                Duration.ofSeconds(30));
        return VaultNode.at(nodes.addresses().stream().map(NodeAddress::new).toList(), transport, new RequestCounter());
    }

    /** Does something with a root token made from the shares in custody, which is revoked afterwards. */
    public <T> T asRoot(Function<Sensitive, T> work) {
        VaultNode leader = leader();
        Sensitive root = leader.generateRoot(shares(), nonce -> {});
        try {
            return work.apply(root);
        } finally {
            leader.session(root).revoke();
        }
    }

    /** What custody holds; fails the test when there is no Secret. */
    public JsonNode keys() {
        return Optional.ofNullable(secret())
                .map(secret -> secret.getData().values().iterator().next())
                .map(encoded -> new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8))
                .map(HostedCluster::parse)
                .orElseThrow(() -> new AssertionError("there is no Secret " + SECRET));
    }

    /** The Secret of key custody, or null where there is none. */
    public Secret secret() {
        return api.admin().secrets().inNamespace(namespace).withName(SECRET).get();
    }

    public List<Sensitive> shares() {
        List<Sensitive> shares = new ArrayList<>();
        keys().path("shares").forEach(share -> shares.add(Sensitive.of(share.asText())));
        return shares;
    }

    private static JsonNode parse(String json) {
        try {
            return new ObjectMapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("custody holds no JSON document", e);
        }
    }
}
