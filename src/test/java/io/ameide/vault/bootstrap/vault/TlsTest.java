package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.testing.CertificateAuthority;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.PemFiles;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.TlsSettings.ClientCertificate;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** A node that presents good and bad certificates, and asks for one. */
class TlsTest {

    private static final String OWN_NAME = "vault-0.vault-internal.vault.svc";

    @RegisterExtension
    static final RaftCluster NODE = RaftCluster.of(1)
            .withNamesOnly("*.vault-internal.vault.svc", "vault.vault.svc")
            .withClientCertificates();

    private static final Vertx VERTX = Vertx.vertx();

    @TempDir
    Path folder;

    @AfterAll
    static void stopReadingFiles() {
        VERTX.close();
    }

    private Path authorities;

    @BeforeEach
    void authorities() {
        authorities = NODE.authority().writeTo(folder.resolve("ca.crt"));
    }

    @AfterEach
    void goodCertificateAgain() {
        NODE.rotateCertificate(0, NODE.issue(0));
    }

    @Test
    void nameThatTheCertificateBearsIsAccepted() {
        assertThat(ask(settings("vault.vault.svc")).sealed()).isTrue();
    }

    @Test
    void wildcardStandsForOneLabel() {
        assertThat(ask(settings(OWN_NAME)).sealed()).isTrue();
        assertThat(refused(settings("a." + OWN_NAME)).getMessage())
                .contains("is not for a." + OWN_NAME, "but for *.vault-internal.vault.svc, vault.vault.svc");
        assertThat(refused(settings("vault-internal.vault.svc")).getMessage()).contains("is not for");
    }

    @Test
    void addressThatTheCertificateDoesNotBearIsNamedBesideTheNamesItHas() {
        NodeException refusal =
                refused(new TlsSettings(Optional.of(authorities), Optional.empty(), Optional.of(client())));

        assertThat(refusal.getMessage())
                .contains("is not for 127.0.0.2 but for *.vault-internal.vault.svc, vault.vault.svc");
        assertThat(refusal.hint()).contains("bootstrap.vault.tls.server-name");
    }

    @Test
    void addressIsNotTakenForANameThatAWildcardCovers() {
        NODE.rotateCertificate(0, NODE.authority().issue("*.0.0.2"));

        assertThat(refused(new TlsSettings(Optional.of(authorities), Optional.empty(), Optional.of(client())))
                        .getMessage())
                .contains("is not for 127.0.0.2");
    }

    @Test
    void certificateThatExpiredIsNamedWithItsEnd() {
        Instant end = Instant.parse("2026-01-02T03:04:05Z");
        NODE.rotateCertificate(0, NODE.authority().issue(end.minus(Duration.ofDays(1)), end, OWN_NAME));

        assertThat(refused(settings(OWN_NAME)).getMessage()).contains("expired at 2026-01-02T03:04:05Z");
    }

    @Test
    void certificateThatIsNotValidYetIsNamedWithItsBeginning() {
        Instant begin = Instant.now().plus(Duration.ofDays(1));
        NODE.rotateCertificate(0, NODE.authority().issue(begin, begin.plus(Duration.ofDays(1)), OWN_NAME));

        NodeException refusal = refused(settings(OWN_NAME));

        assertThat(refusal.getMessage()).contains("is valid only from");
        assertThat(refusal.hint()).contains("compare the clocks");
    }

    @Test
    void certificateOfAnotherAuthorityIsNamedWithItsIssuer() {
        NODE.rotateCertificate(0, new CertificateAuthority("someone else").issue(OWN_NAME));

        assertThat(refused(settings(OWN_NAME)).getMessage())
                .contains("issued by \"CN=someone else\", is not signed by an authority in " + authorities);
    }

    @Test
    void nodeThatAsksForACertificateIsToldApart() {
        NodeException refusal =
                refused(new TlsSettings(Optional.of(authorities), Optional.of(OWN_NAME), Optional.empty()));

        assertThat(refusal.getMessage()).contains("asks for a client certificate");
        assertThat(refusal.hint()).contains("bootstrap.vault.tls.certificate-file");
    }

    @Test
    void certificateThatTheNodeDoesNotTakeIsToldApart() {
        Issued stranger = new CertificateAuthority("someone else").issue("client");

        assertThat(refused(settings(OWN_NAME, client(stranger))).getMessage())
                .contains("asks for a client certificate and does not take the one it was shown");
    }

    @Test
    void clientCertificateThatIsNoneIsNamedWithItsFiles() throws IOException {
        Path nothing = Files.writeString(folder.resolve("nothing.pem"), "nothing");

        assertThat(refused(settings(OWN_NAME, new ClientCertificate(nothing, nothing, VERTX)))
                        .getMessage())
                .contains("client certificate " + nothing, "do not hold a certificate and its key");
        assertThat(refused(settings(OWN_NAME, new ClientCertificate(folder.resolve("absent"), nothing, VERTX)))
                        .getMessage())
                .contains("cannot be read");
    }

    @Test
    void nodeThatSpeaksOnlyAnOlderTlsIsToldApart() {
        int port = ThrowAwayServer.freePort(List.of("127.0.0.1"));
        PemFiles files = NODE.authority().issue(OWN_NAME).writeTo(folder.resolve("old"));
        String second = """
                listener "tcp" {
                  address = "127.0.0.1:%d"
                  tls_cert_file = "%s"
                  tls_key_file = "%s"
                  tls_min_version = "tls10"
                  tls_max_version = "tls11"
                }
                """.formatted(port, files.certificate(), files.key());
        try (RealServer old =
                RealServer.empty(Options.DEFAULT.withExtraHcl(second)).start()) {
            NodeException refusal = catchThrowableOfType(
                    NodeException.Unreachable.class,
                    () -> ask(settings(OWN_NAME), URI.create("https://127.0.0.1:" + port)));

            assertThat(refusal.getMessage()).contains("https://127.0.0.1:" + port + " does not speak TLS 1.2 or newer");
            assertThat(refusal.hint()).contains("tls_max_version");
            assertThat(old.health()).as("where it listens in the clear").isEqualTo(501);
        }
    }

    /** Whatever the platform would allow. */
    @Test
    void olderTlsIsNotOffered() {
        Transport transport = new Transport(TlsSettings.PLATFORM, Duration.ofSeconds(5), Duration.ofSeconds(5));

        try (HttpClient client = transport.client()) {
            assertThat(client.sslParameters().getProtocols()).containsExactly("TLSv1.3", "TLSv1.2");
        }
    }

    private TlsSettings settings(String serverName) {
        return settings(serverName, client());
    }

    private TlsSettings settings(String serverName, ClientCertificate client) {
        return new TlsSettings(Optional.of(authorities), Optional.of(serverName), Optional.of(client));
    }

    private ClientCertificate client() {
        return client(NODE.authority().issue("client"));
    }

    private ClientCertificate client(Issued issued) {
        PemFiles files = issued.writeTo(folder.resolve("client"));
        return new ClientCertificate(files.certificate(), files.key(), VERTX);
    }

    private static SealStatus ask(TlsSettings settings) {
        return ask(settings, NODE.address(0));
    }

    private static SealStatus ask(TlsSettings settings, URI address) {
        Transport transport = new Transport(settings, Duration.ofSeconds(5), Duration.ofSeconds(5));
        return VaultNode.at(List.of(new NodeAddress(address)), transport, new RequestCounter())
                .getFirst()
                .sealStatus();
    }

    private static NodeException refused(TlsSettings settings) {
        return catchThrowableOfType(NodeException.Unreachable.class, () -> ask(settings));
    }
}
