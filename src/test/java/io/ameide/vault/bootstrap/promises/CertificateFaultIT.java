package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Running;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** Certificates of nodes are renewed, forgotten, and issued to the wrong name, while ticks go on. */
class CertificateFaultIT {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    private static final CertificateAuthority OTHER = new CertificateAuthority("other-ca");

    @TempDir
    static Path folder;

    private static FaultScene scene;

    /** What can be the matter with a certificate, and what a tick says of it. */
    enum Fault {
        EXPIRED(
                own -> own.issue(before(Duration.ofDays(2)), before(Duration.ofHours(1)), HostedCluster.SERVER_NAME),
                "its certificate expired at",
                "the server has not read it again"),
        NOT_YET_VALID(
                own -> own.issue(before(Duration.ofHours(-1)), before(Duration.ofDays(-1)), HostedCluster.SERVER_NAME),
                "its certificate is valid only from",
                "compare the clocks"),
        OTHER_AUTHORITY(
                own -> OTHER.issue(HostedCluster.SERVER_NAME),
                "its certificate, issued by \\\"CN=other-ca\\\", is not signed by an authority in",
                "set bootstrap.vault.tls.ca-file to the ca.crt of its issuer"),
        OTHER_NAME(
                own -> own.issue("vault.other.svc"),
                "its certificate is not for " + HostedCluster.SERVER_NAME + " but for vault.other.svc",
                "set bootstrap.vault.tls.server-name to one it has");

        private final Function<CertificateAuthority, Issued> made;
        private final String matter;
        private final String wayOut;

        Fault(Function<CertificateAuthority, Issued> made, String matter, String wayOut) {
            this.made = made;
            this.matter = matter;
            this.wayOut = wayOut;
        }

        private static Instant before(Duration age) {
            return Instant.now().minus(age);
        }
    }

    @BeforeAll
    static void converge() {
        scene = FaultScene.converged(API, folder);
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @AfterEach
    void everyNodeHasAGoodOneAgain() {
        for (int node = 0; node < scene.nodes().size(); node++) {
            scene.nodes().rotateCertificate(node, scene.nodes().issue(node));
        }
        scene.holds();
    }

    @ParameterizedTest
    @EnumSource
    void badCertificateOfOneNodeIsNamedWithTheWayOut(Fault fault) {
        scene.nodes()
                .rotateCertificate(
                        scene.follower(), fault.made.apply(scene.nodes().authority()));

        Result tick = application().run("run", "--output", "json");

        assertThat(tick.exit()).as(tick.stdout()).isEqualTo(5);
        assertThat(tick.step("discover").toString()).contains(fault.matter, fault.wayOut);
        assertThat(tick.step("seed").path("outcome").asText())
                .as("served by the others: " + tick.stdout())
                .isEqualTo("unchanged");
    }

    @Test
    void badCertificateOfTheLeaderIsWhatNoNodeServesFor() {
        scene.nodes()
                .rotateCertificate(
                        scene.nodes().awaitLeader(),
                        Fault.EXPIRED.made.apply(scene.nodes().authority()));

        Result tick = application().with("BOOTSTRAP_VAULT_ACTIVE_TIMEOUT", "3s").run("run", "--output", "json");

        assertThat(tick.exit()).as(tick.stdout()).isEqualTo(5);
        assertThat(tick.step("unseal").toString())
                .contains("no node serves that answers, though 2 of 3 are unsealed", Fault.EXPIRED.matter);
    }

    @Test
    void certificatesThatAreAllBadEndATickBeforeItBegins() {
        for (int node = 0; node < scene.nodes().size(); node++) {
            scene.nodes()
                    .rotateCertificate(
                            node, Fault.OTHER_NAME.made.apply(scene.nodes().authority()));
        }

        Result tick = application().run("run", "--output", "json");

        assertThat(tick.exit()).as(tick.stdout()).isEqualTo(3);
        assertThat(tick.step("discover").path("problems")).hasSize(3);
        assertThat(tick.step("discover").toString()).contains(Fault.OTHER_NAME.matter, Fault.OTHER_NAME.wayOut);
    }

    @Test
    void certificateThatBecomesGoodWhileATickWaitsLetsItGoOn() {
        int late = scene.follower();
        scene.nodes()
                .rotateCertificate(late, Fault.EXPIRED.made.apply(scene.nodes().authority()));
        Path log = scene.nodes().node(late).log();
        long before = size(log);

        Running tick =
                application().with("BOOTSTRAP_VAULT_READY_TIMEOUT", "60s").start("run", "--output", "json");
        FaultScene.await("the tick has refused the certificate", () -> size(log) > before);
        scene.nodes().rotateCertificate(late, scene.nodes().issue(late));
        Result waited = tick.await();

        assertThat(waited.exit()).as(waited.stdout()).isZero();
    }

    @Test
    void authorityIsReplacedWithoutATickThatFails() throws IOException {
        Path ca = scene.hosted().folder().resolve("rotating-ca.crt");
        PackagedApplication application = application().with("BOOTSTRAP_VAULT_TLS_CA_FILE", ca.toString());
        Path old = scene.nodes().authority().writeTo(scene.hosted().folder().resolve("old.crt"));
        Path fresh = OTHER.writeTo(scene.hosted().folder().resolve("new.crt"));
        Files.writeString(ca, Files.readString(old) + Files.readString(fresh));
        for (int node = 0; node < scene.nodes().size(); node++) {
            scene.nodes().rotateCertificate(node, OTHER.issue(HostedCluster.SERVER_NAME));
            Result half = application.run("run", "--output", "json");
            assertThat(half.exit()).as(half.stdout()).isZero();
        }

        Files.copy(fresh, ca, StandardCopyOption.REPLACE_EXISTING);

        assertThat(application.run("run", "--output", "json").exit()).isZero();
        assertThat(application().run("run", "--output", "json").exit())
                .as("with the old authority alone")
                .isEqualTo(3);
    }

    @Test
    void serveReadsAnAuthorityAnewWithoutARestart() throws IOException {
        Path ca = scene.nodes().authority().writeTo(scene.hosted().folder().resolve("served-ca.crt"));
        Running serve = application()
                .with("BOOTSTRAP_VAULT_TLS_CA_FILE", ca.toString())
                .with("BOOTSTRAP_SCHEDULE_EVERY", "2s")
                .with("QUARKUS_HTTP_PORT", Integer.toString(freePort()))
                .start("serve");
        try {
            FaultScene.await("a tick converged", () -> ticks(serve, "converged") > 0);
            for (int node = 0; node < scene.nodes().size(); node++) {
                scene.nodes().rotateCertificate(node, OTHER.issue(HostedCluster.SERVER_NAME));
            }
            FaultScene.await("a tick refused them", () -> ticks(serve, "is not signed by an authority in") > 0);
            int before = ticks(serve, "converged");
            OTHER.writeTo(ca);

            FaultScene.await("a tick converged again", () -> ticks(serve, "converged") > before);
        } finally {
            serve.terminate();
            serve.await();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static int ticks(Running serve, String word) {
        return serve.stdout().split(Pattern.quote(word), -1).length - 1;
    }

    /** Trusts what it trusted from the beginning, whatever is beside the nodes' certificates now. */
    private static PackagedApplication application() {
        Path ca = scene.nodes().authority().writeTo(scene.hosted().folder().resolve("ca.crt"));
        return scene.application().with("BOOTSTRAP_VAULT_TLS_CA_FILE", ca.toString());
    }

    private static long size(Path log) {
        try {
            return Files.size(log);
        } catch (IOException e) {
            return 0;
        }
    }
}
