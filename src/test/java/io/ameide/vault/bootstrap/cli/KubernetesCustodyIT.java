package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.fabric8.kubernetes.api.model.Secret;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application as a ServiceAccount that may do no more than custody in a Secret needs. */
class KubernetesCustodyIT {

    private static final String SECRET = "vault-bootstrap-keys";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void account() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.SMALL);
        Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
        String account = API.account(List.of(
                KubernetesApi.rule("", "secrets", List.of(), "create"),
                KubernetesApi.rule("", "secrets", List.of(SECRET, SECRET + "-probe"), "get", "update", "delete"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(), "create"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(SECRET), "get", "update")));
        API.admin().secrets().inNamespace("default").withName(SECRET).delete();
        application = PackagedApplication.in(folder, server.address())
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET", SECRET)
                .with("KUBECONFIG", API.kubeconfig(folder, "default", account).toString());
    }

    @Test
    void firstTickConvergesAndTheSecondWritesNothing() {
        Result first = application.run("run", "--output", "json");
        assertThat(first.exit()).as(first.stdout() + first.stderr()).isZero();
        Secret custody = secret();

        Result second = application.run("run", "--output", "json");

        assertThat(second.exit()).as(second.stderr()).isZero();
        assertThat(second.json().path("requests").path("writes").asInt()).isZero();
        assertThat(secret().getMetadata().getResourceVersion())
                .isEqualTo(custody.getMetadata().getResourceVersion());
        assertThat(folder.resolve("custody")).doesNotExist();
    }

    @Test
    void secondTickAtOnceIsToldWhoHoldsTheLease() {
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            var refused = new java.util.concurrent.atomic.AtomicReference<Result>();
            proxy.on(
                    LoopbackProxy.Point.BEFORE_SENT, exchange -> exchange.path().equals("/v1/sys/init"), exchange -> {
                        refused.set(application
                                .with("BOOTSTRAP_CUSTODY_LOCK_TIMEOUT", "1s")
                                .run("run"));
                        return LoopbackProxy.Verdict.PROCEED;
                    });

            Result first = application
                    .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                    .run("run");

            assertThat(first.exit()).as(first.stderr()).isZero();
            assertThat(refused.get().exit()).isEqualTo(3);
            assertThat(refused.get().stderr())
                    .containsPattern("another tick is at work: pid \\d+ on .+ \\([0-9a-f]{8}\\) has held the Lease");
        }
    }

    @Test
    void ofTicksThatStartAtOnceEachEndsWellOnOneCluster() {
        List<Running> ticks =
                Stream.of(1, 2, 3).map(i -> application.start("run")).toList();

        assertThat(ticks).extracting(tick -> tick.await().exit()).containsOnly(0);
        assertThat(server.health()).isEqualTo(200);
    }

    @Test
    void permissionThatIsMissingIsNamedBeforeTheServerIsInitialized() {
        String account = API.account(List.of(
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(), "create", "get", "update"),
                KubernetesApi.rule("", "secrets", List.of(SECRET, SECRET + "-probe"), "get")));

        Result denied = application
                .with("KUBECONFIG", API.kubeconfig(folder, "default", account).toString())
                .run("run");

        assertThat(denied.exit()).isEqualTo(3);
        assertThat(denied.stdout()).contains("create Secret default/" + SECRET + "-probe");
        assertThat(server.health()).isEqualTo(501);
    }

    private static Secret secret() {
        return API.admin().secrets().inNamespace("default").withName(SECRET).get();
    }
}
