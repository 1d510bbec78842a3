package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Exchange;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.VaultNode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** One server, with custody in a folder. */
final class LoneScene extends Scene {

    private static final Set<String> SIGNING =
            Set.of("POST /v1/auth/vault-bootstrap/login", "POST /v1/auth/token/revoke-self");

    /** Lets a test make itself a root token from the shares, after the application has revoked its own. */
    private static final ThrowAwayServer.Options OPEN =
            ThrowAwayServer.Options.DEFAULT.withListenerHcl("disable_unauthed_generate_root_endpoints = false");

    private final RealServer server;

    private LoneScene(RealServer server, LoopbackProxy proxy, Path folder) {
        super(
                proxy,
                PackagedApplication.in(folder, proxy.address())
                        .with("BOOTSTRAP_KEYS_SHARES", "3")
                        .with("BOOTSTRAP_KEYS_THRESHOLD", "2"));
        this.server = server;
    }

    /** @param parent where to make the folder */
    static LoneScene in(Path parent) {
        try {
            Path folder = Files.createTempDirectory(parent, "scene-");
            Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.SMALL);
            Files.writeString(folder.resolve("fixtures.json"), "{\"api-key\": \"k-1\"}");
            RealServer server = RealServer.empty(OPEN).start();
            return new LoneScene(server, LoopbackProxy.to(server.address()), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try (server) {
            super.close();
        }
    }

    RealServer server() {
        return server;
    }

    Path custodyFolder() {
        return folder().resolve("custody");
    }

    Custodian custodian() {
        return new Custodian(custodyFolder(), server.address());
    }

    @Override
    public KeyMaterial material() {
        return custodian().material();
    }

    /** Every write makes a new file. */
    @Override
    public String custodyVersion() {
        try {
            return String.valueOf(Files.readAttributes(application().custodyFile(), BasicFileAttributes.class)
                    .fileKey());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void assertCustodyIsGuarded() {
        Path file = application().custodyFile();
        try {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                    .isEqualTo("rwx------");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void assertNothingBesideCustody() {
        assertThat(Aftermath.names(custodyFolder())).containsExactlyInAnyOrder("keys.json", "tick.lock");
    }

    @Override
    public VaultNode serving() {
        return custodian().node();
    }

    @Override
    public VaultNode reopen() {
        server.restart();
        assertThat(server.health()).isEqualTo(503);
        custodian().unseal();
        return custodian().node();
    }

    @Override
    public void assertOneCluster(Sensitive rootToken) {
        assertThat(server.health()).isEqualTo(200);
    }

    @Override
    public String loginPath() {
        return "auth/vault-bootstrap/login";
    }

    @Override
    public List<String> secrets() {
        return List.of("api-key", "generated-password");
    }

    @Override
    Exchange place(Exchange exchange) {
        return exchange;
    }

    @Override
    boolean everyTick(Exchange exchange) {
        return SIGNING.contains(exchange.method() + " " + exchange.path());
    }

    /** Nobody sees the file being written, but a tick asks nothing more before it was. */
    @Override
    boolean storedShares(Exchange later) {
        return true;
    }
}
