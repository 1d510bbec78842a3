package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;
import org.junit.jupiter.api.Test;

import javax.net.ssl.SSLHandshakeException;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RaftClusterTest {

    @Test
    void nodesStartEmptyBehindCertificatesOfOneAuthority() throws Exception {
        try (RaftCluster cluster = RaftCluster.of(3).start()) {
            CertificateAuthority stranger = new CertificateAuthority("stranger");

            assertThat(cluster.addresses())
                    .extracting(URI::getHost)
                    .containsExactly("127.0.0.2", "127.0.0.3", "127.0.0.4");
            assertThat(cluster.addresses()).extracting(URI::getPort).containsOnly(cluster.port());
            for (URI address : cluster.addresses()) {
                assertThat(health(address, cluster.authority())).isEqualTo(501);
                assertThatThrownBy(() -> health(address, stranger)).isInstanceOf(SSLHandshakeException.class);
            }
            assertThat(cluster.leader()).isEmpty();
            assertThat(cluster.clusterIds()).isEmpty();
        }
    }

    @Test
    void nodesThatJoinAndAreUnsealedAllVote() {
        try (RaftCluster cluster = RaftCluster.of(3).start()) {
            cluster.form(3, 2);

            assertThat(cluster.voters(cluster.rootToken())).containsExactly("vault-0", "vault-1", "vault-2");
            assertThat(cluster.leader()).hasValue(0);
            assertThat(cluster.clusterIds()).hasSize(1);

            cluster.node(1).restart();
            assertThat(cluster.health(1)).isEqualTo(503);
            cluster.unseal(1);
            cluster.awaitServing();

            cluster.node(2).wipe();
            assertThat(cluster.health(2)).isEqualTo(501);

            cluster.node(2).kill();
            assertThat(cluster.health(2)).isZero();
        }
    }

    @Test
    void nodesFindEachOtherWithRetryJoin() {
        try (RaftCluster cluster = RaftCluster.of(3)
                .withRetryJoin()
                .withNamesOnly("*.vault-internal")
                .start()) {
            cluster.form(1, 1);

            assertThat(cluster.voters(cluster.rootToken())).hasSize(3);
        }
    }

    @Test
    void clientsWithoutACertificateAreTurnedAwayWhereOneIsAskedFor() {
        try (RaftCluster cluster = RaftCluster.of(3).withClientCertificates().start()) {
            assertThatThrownBy(() -> health(cluster.address(0), cluster.authority()))
                    .isInstanceOf(IOException.class);
            cluster.form(1, 1);
            assertThat(cluster.health(0)).isEqualTo(200);
        }
    }

    @Test
    void reloadPresentsTheNewCertificate() throws Exception {
        try (RaftCluster cluster = RaftCluster.of(1).start()) {
            Issued other = new CertificateAuthority("next-ca").issue("127.0.0.2");

            cluster.rotateCertificate(0, other);

            assertThat(cluster.node(0).presentedCertificate()).contains(other.certificate());
            assertThat(health(cluster.address(0), other.issuer())).isEqualTo(501);
        }
    }

    @Test
    void nodesWithAStaticSealNeedNobodyToUnsealThem() {
        try (RaftCluster cluster =
                RaftCluster.of(3).withRetryJoin().withStaticSeal().start()) {
            cluster.initialize(0, 3, 2);

            cluster.awaitServing();
            assertThat(cluster.shares()).hasSize(3);
            // A node that has just joined serves before it votes.
            cluster.await(
                    "every node votes",
                    () -> cluster.voters(cluster.rootToken()).size() == 3);
        }
    }

    @Test
    void nodesWithATransitSealAreUnsealedByAnotherServer() {
        try (RealServer other = RealServer.unsealed().start();
                RaftCluster cluster = RaftCluster.of(1).withTransitSeal(other).start()) {
            cluster.form(3, 2);

            cluster.node(0).restart();
            cluster.await("it serves again", () -> cluster.health(0) == 200);
        }
    }

    private static int health(URI address, CertificateAuthority trusted) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().sslContext(trusted.trust()).build();
        return client.send(
                        HttpRequest.newBuilder(address.resolve("/v1/sys/health"))
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }
}
