package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.PemFiles;
import io.ameide.vault.bootstrap.testing.Documentation;
import io.ameide.vault.bootstrap.testing.Kubelet;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.NamesProxy;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.RenderedPod;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The chart does what it is for: its Pods lead real nodes to what its store of External Secrets needs. */
class ChartRunIT {

    private static final List<String> LOCAL = List.of("--values", "chart/values-local.yaml");
    private static final List<String> HA = List.of("--values", "chart/values-ha.yaml");

    private static final String TICK = "foundation-vault-bootstrap";

    /** A secret to read, a mount that External Secrets has no business in, and a right that Vault's own chart grants. */
    private static final String DOCUMENT = """
            {
              "rbac": {"tokenReview": {"vault": true}},
              "desiredState": {
                "document": {
                  "secretEngines": [{"path": "private", "type": "kv", "options": {"version": "2"}}],
                  "secrets": [{"fixtures": "fixtures.json"}, {"name": "made", "generate": {}, "mount": "private"}]
                },
                "files": {"fixtures.json": "{\\"api-key\\": \\"k-1\\"}"}
              }
            }
            """;

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    private final String namespace = "vault-" + UUID.randomUUID();
    private Kubelet kubelet;
    private NamesProxy dns;

    @BeforeAll
    static void operators() {
        Renderings.definitions().forEach(API::define);
    }

    @BeforeEach
    void otherPeoplesParts() {
        Installation.prepare(API, namespace);
        Map<String, String> names = IntStream.range(0, 3)
                .boxed()
                .collect(Collectors.toMap(
                        node -> "vault-%d.%s.%s.svc".formatted(node, KubernetesApi.SERVER_SERVICE, namespace),
                        ChartRunIT::address));
        dns = NamesProxy.of(names);
        kubelet = Kubelet.on(API, folder);
        names.forEach((name, address) -> kubelet = kubelet.resolving(name, address));
    }

    @AfterEach
    void noMoreNames() {
        dns.close();
    }

    private static String address(int node) {
        return "127.0.0." + (node + 2);
    }

    @Test
    void threeNodesBehindTlsConvergeAndExternalSecretsReadsWhatItsStoreSays() throws IOException {
        try (RaftCluster nodes = nodes()) {
            Installation chart = install(nodes, List.of());

            Result first = kubelet.pod(chart.installed("CronJob")).run();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            assertThat(Stream.of(0, 1, 2).map(nodes::health))
                    .containsOnlyOnce(200)
                    .containsOnly(200, 429);
            assertThat(nodes.clusterIds()).hasSize(1);
            Path snapshots = kubelet.claim(
                    namespace,
                    chart.installed("PersistentVolumeClaim").getMetadata().getName());
            assertThat(snapshots).isDirectoryContaining("glob:**.snap");
            secondRunWritesNothing(chart);
            testsOfHelmPass(chart);
            storeLetsExternalSecretsReadAndNothingElse(chart, nodes.address(nodes.awaitLeader()), "api-key", "k-1");
        }
    }

    @Test
    void oneNodeWithoutTlsConvergesAndExternalSecretsReadsWhatItsStoreSays() throws IOException {
        try (RealServer node = RealServer.empty().start()) {
            URI address = node.address();
            kubelet = kubelet.resolving("vault.%s.svc".formatted(namespace), address.getHost());
            Installation chart = Installation.apply(
                    API,
                    namespace,
                    List.of(LOCAL, reviewByNodes(), Installation.processes(API, folder, address.getPort())));

            Result first = kubelet.pod(chart.installed("CronJob")).run();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            secondRunWritesNothing(chart);
            testsOfHelmPass(chart);
            storeLetsExternalSecretsReadAndNothingElse(
                    chart, address, "orders-db-url", "postgresql://orders:local@postgres:5432/orders");
        }
    }

    /** Its server is the one of the nodes' image, which the Pod copies for itself. */
    @Test
    void drillProvesThatWhatTheTickTookCanBeBroughtBack() throws IOException {
        try (RealServer node = RealServer.empty().start()) {
            kubelet = kubelet.resolving(
                            "vault.%s.svc".formatted(namespace), node.address().getHost())
                    .holding("/bin/bao", RealServer.binary().file());
            Installation chart = Installation.apply(
                    API,
                    namespace,
                    List.of(
                            LOCAL,
                            Renderings.DRILL,
                            reviewByNodes(),
                            Installation.processes(API, folder, node.address().getPort())));
            assertThat(kubelet.pod(chart.installed("CronJob", TICK)).run().exit())
                    .isZero();
            node.kill(); // A drill needs nothing of the cluster but its shares.

            Result drill =
                    kubelet.pod(chart.installed("CronJob", TICK + "-drill")).run();

            assertThat(drill.exit()).as(drill.stdout() + drill.stderr()).isZero();
            assertThat(drill.stdout()).contains("as its manifest says", "all there", "recovery time");
        }
    }

    /** The stanza is that of the chart's README, where a Pod of the node would mount the Secret. */
    @Test
    void nodeSealedWithTheKeyThatTheHookMadeConvergesAndComesBackUnsealed() throws IOException {
        List<String> sealKey = List.of("--set", "sealKey.enabled=true");
        Installation early = Installation.apply(API, namespace, List.of(LOCAL, sealKey));
        Result made = kubelet.pod(Installation.one(early.hooks("Job"), "Job")).run();
        assertThat(made.exit()).as(made.stderr()).isZero();
        Secret key = secret("vault-seal-key");
        try (RaftCluster nodes = RaftCluster.of(1)
                .inTheClear()
                .withSeal(sealStanza(mounted(key)))
                .start()) {
            URI address = nodes.address(0);
            kubelet = kubelet.resolving("vault.%s.svc".formatted(namespace), address.getHost());
            Installation chart = Installation.apply(
                    API,
                    namespace,
                    List.of(LOCAL, sealKey, reviewByNodes(), Installation.processes(API, folder, address.getPort())));

            Result first = kubelet.pod(chart.installed("CronJob")).run();

            assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
            assertThat(nodes.sealStatus(0).path("type").asText()).isEqualTo("static");
            hookOfAnUpgradeLeavesTheKey(chart, key);
            nodes.node(0).restart();
            nodes.await("a node that unseals itself", () -> nodes.health(0) == 200);
            secondRunWritesNothing(chart);
            storeLetsExternalSecretsReadAndNothingElse(chart, address, "billing-api-client-secret", "local");
        }
    }

    private void hookOfAnUpgradeLeavesTheKey(Installation chart, Secret key) {
        Result again = kubelet.pod(Installation.one(chart.hooks("Job"), "Job")).run();

        assertThat(again.exit()).as(again.stderr()).isZero();
        assertThat(again.stdout()).contains("there already");
        assertThat(secret("vault-seal-key").getMetadata().getResourceVersion())
                .isEqualTo(key.getMetadata().getResourceVersion());
    }

    private Path mounted(Secret secret) throws IOException {
        Path volume = Files.createDirectory(folder.resolve(secret.getMetadata().getName()));
        for (Map.Entry<String, String> entry : secret.getData().entrySet()) {
            Files.write(volume.resolve(entry.getKey()), Base64.getDecoder().decode(entry.getValue()));
        }
        return volume;
    }

    private static String sealStanza(Path volume) {
        String stanza = Documentation.page("chart/README.md").blocks("hcl").stream()
                .map(Documentation.Block::text)
                .filter(text -> text.startsWith("seal \"static\""))
                .findFirst()
                .orElseThrow();
        assertThat(stanza).contains("file:///vault/seal/");
        return stanza.replace("/vault/seal", volume.toString());
    }

    @Test
    void ofTwoJobsMadeAtOnceOneSaysThatTheOtherHoldsTheLeaseAndBothEndWell() throws IOException {
        try (RaftCluster nodes = nodes()) {
            Installation chart = install(nodes, List.of());
            HasMetadata cronJob = chart.installed("CronJob");
            RenderedPod one = kubelet.pod(cronJob);
            RenderedPod other = kubelet.pod(cronJob);

            List<RenderedPod.Run> runs = List.of(one.start(), other.start());

            List<Result> results = runs.stream().map(RenderedPod.Run::await).toList();
            assertThat(results).as(results.toString()).extracting(Result::exit).containsOnly(0);
            assertThat(nodes.clusterIds()).hasSize(1);
            assertThat(IntStream.of(0, 1)
                            .filter(job -> results.get(job)
                                    .stderr()
                                    .contains("waiting for another tick: pid %d on "
                                            .formatted(runs.get(1 - job).pid()))))
                    .as(results.toString())
                    .hasSize(1);
        }
    }

    /** Three nodes as Pods, with exactly the names that cert-manager is asked for, in the Secret that it is asked for. */
    private RaftCluster nodes() throws IOException {
        JsonNode certificate = Installation.json(
                        Installation.one(Installation.render(API, namespace, List.of(HA)), "Certificate"))
                .path("spec");
        List<String> names = new ArrayList<>();
        certificate.path("dnsNames").forEach(name -> names.add(name.asText()));
        certificate.path("ipAddresses").forEach(address -> names.add(address.asText()));
        RaftCluster nodes = RaftCluster.of(3)
                .withNamesOnly(names.toArray(String[]::new))
                .knowing(dns)
                .start();
        for (int node = 0; node < nodes.size(); node++) {
            assertThat(nodes.address(node).getHost()).isEqualTo(address(node));
            API.pod(namespace, "vault-" + node, Optional.of(address(node)), "Running");
        }
        PemFiles files = nodes.issue(0).writeTo(folder.resolve("certificate"));
        API.admin()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(certificate.path("secretName").asText())
                        .withNamespace(namespace)
                        .endMetadata()
                        .withType("kubernetes.io/tls")
                        .addToStringData("ca.crt", Files.readString(files.authority()))
                        .addToStringData("tls.crt", Files.readString(files.certificate()))
                        .addToStringData("tls.key", Files.readString(files.key()))
                        .build())
                .create();
        return nodes;
    }

    private Installation install(RaftCluster nodes, List<String> more) {
        return Installation.apply(
                API,
                namespace,
                List.of(
                        HA,
                        Installation.values(folder, DOCUMENT),
                        Installation.processes(API, folder, nodes.port()),
                        more));
    }

    private static List<String> reviewByNodes() {
        return List.of("--set", "rbac.tokenReview.vault=true");
    }

    /** Also where the chart was applied once more in between, as somebody does who keeps a cluster as Git says. */
    private void secondRunWritesNothing(Installation chart) {
        String keys = keys();
        chart.apply();

        Result second = kubelet.pod(chart.installed("CronJob")).run();

        assertThat(second.exit()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.stdout()).contains("converged: 0 changes, ").contains(" 0 writes, ");
        assertThat(keys()).isEqualTo(keys);
    }

    private String keys() {
        return secret("vault-bootstrap-keys").getMetadata().getResourceVersion();
    }

    private Secret secret(String name) {
        return API.admin().secrets().inNamespace(namespace).withName(name).get();
    }

    private void testsOfHelmPass(Installation chart) {
        assertThat(chart.hooks("Pod")).isNotEmpty().allSatisfy(test -> {
            Result result = kubelet.pod(test).run();
            assertThat(result.exit()).as(result.stdout() + result.stderr()).isZero();
        });
    }

    /** @param active the node that the store's service leads to */
    private void storeLetsExternalSecretsReadAndNothingElse(Installation chart, URI active, String key, String value) {
        StoreReader store = StoreReader.of(API, chart.installed("ClusterSecretStore"), active);

        assertThat(store.read(key, "value")).isEqualTo(value);
        VaultSession session = store.signIn();
        assertThat(Stream.of(
                        "private/data/made",
                        "sys/mounts",
                        "sys/policies/acl/vault-bootstrap",
                        "sys/storage/raft/configuration",
                        "auth/kubernetes/config",
                        "auth/kubernetes/role/vault-bootstrap"))
                .allSatisfy(path ->
                        assertThatThrownBy(() -> session.read(path)).as(path).isInstanceOf(NodeException.Denied.class));
        assertThatThrownBy(() -> session.write("secret/data/" + key, Map.of("data", Map.of("value", "mine"))))
                .isInstanceOf(NodeException.Denied.class);
        Sensitive ofAnotherAccount = API.token(namespace, Installation.REVIEWER, store.audience());
        assertThatThrownBy(() -> store.signIn(ofAnotherAccount)).isInstanceOf(NodeException.class);
        Sensitive ofAnotherAudience = API.apiToken(store.accountNamespace(), store.account());
        assertThatThrownBy(() -> store.signIn(ofAnotherAudience)).isInstanceOf(NodeException.class);
    }
}
