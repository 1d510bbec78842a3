package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** What has to be true of server and custody in the end, whatever was done to the ticks that led there. */
final class Aftermath {

    /** The default of bootstrap.access.token-ttl. */
    private static final int TOKEN_TTL_SECONDS = 600;

    private final Scene scene;
    private final Custodian custodian;

    Aftermath(Scene scene) {
        this.scene = scene;
        this.custodian = scene.custodian();
    }

    /**
     * All of it, after a restart of the server, so that what is in custody proves itself.
     *
     * @param tokensOfKilledTicks how many tokens may be left that nobody could give back, each of which lives for
     *     bootstrap.access.token-ttl
     */
    void holdsAfterConvergence(int tokensOfKilledTicks) {
        custodyIsWhole();
        // The server would allow it here, which most do not: then ticks must not need it.
        assertThat(scene.allWrites()).noneMatch(write -> write.contains("generate-root"));
        assertThat(custodian.material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZED);
        assertThat(custodian.material().rootToken()).as("root token in custody").isEmpty();
        nextTickWritesNothing();
        noLeftovers();
        sharesOpenTheServerAgain();
        tokensAreGone(tokensOfKilledTicks);
    }

    void custodyIsWhole() {
        Path file = scene.application().custodyFile();
        try {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                    .isEqualTo("rwx------");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Reading it checks every field of it.
        assertThat(custodian.material().shareCount()).isEqualTo(3);
    }

    private void nextTickWritesNothing() {
        Result next = scene.tick();
        assertThat(next.exit()).as(next.stderr()).isZero();
        assertThat(scene.writes()).isEmpty();
        assertThat(next.json().path("requests").path("writes").asInt()).isZero();
    }

    private void noLeftovers() {
        assertThat(names(scene.custodyFolder())).containsExactlyInAnyOrder("keys.json", "tick.lock");
        assertThat(names(scene.folder().resolve("snapshots")))
                .hasSize(2)
                .allSatisfy(name -> assertThat(name).matches("[^.].*\\.snap(\\.json)?"));
    }

    private void sharesOpenTheServerAgain() {
        assertThat(custodian.material().shares()).hasSize(3);
        scene.server().restart();
        assertThat(scene.server().health()).isEqualTo(503);
        custodian.unseal();
    }

    private void tokensAreGone(int ofKilledTicks) {
        VaultNode node = custodian.node();
        VaultSession observer =
                node.session(node.generateRoot(custodian.material().shares(), nonce -> {}));
        try {
            List<JsonNode> others = new ArrayList<>();
            String own = observer.read("auth/token/lookup-self")
                    .orElseThrow()
                    .path("accessor")
                    .asText();
            for (String accessor : observer.list("auth/token/accessors")) {
                if (!accessor.equals(own)) {
                    others.add(observer.write("auth/token/lookup-accessor", Map.of("accessor", accessor)));
                }
            }
            assertThat(others).as("tokens still alive").hasSizeLessThanOrEqualTo(ofKilledTicks);
            for (JsonNode token : others) {
                assertThat(token.path("path").asText()).isEqualTo("auth/vault-bootstrap/login");
                assertThat(token.path("policies").toString()).isEqualTo("[\"vault-bootstrap\"]");
                assertThat(token.path("ttl").asInt()).isLessThanOrEqualTo(TOKEN_TTL_SECONDS);
                assertThat(token.path("creation_ttl").asInt()).isEqualTo(TOKEN_TTL_SECONDS);
            }
            for (String secret : Scene.SECRETS) {
                assertThat(observer.kv("secret").read(secret).orElseThrow().version())
                        .as("version of " + secret)
                        .isEqualTo(1);
            }
        } finally {
            observer.revoke();
        }
    }

    private static List<String> names(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
