package io.ameide.vault.bootstrap.promises;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** What has to be true of servers and custody in the end, whatever was done to the ticks that led there. */
final class Aftermath {

    /** The default of bootstrap.access.token-ttl. */
    private static final int TOKEN_TTL_SECONDS = 600;

    private final Scene scene;

    Aftermath(Scene scene) {
        this.scene = scene;
    }

    /**
     * All of it, after a restart of the servers, so that what is in custody proves itself.
     *
     * @param tokensOfKilledTicks how many tokens may be left that nobody could give back, each of which lives for
     *     bootstrap.access.token-ttl
     */
    void holdsAfterConvergence(int tokensOfKilledTicks) {
        custodyIsWhole();
        // The server would allow it here, which most do not: then ticks must not need it.
        assertThat(scene.allWrites()).noneMatch(write -> write.contains("generate-root"));
        assertThat(scene.material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZED);
        assertThat(scene.material().shares()).hasSize(3);
        assertThat(scene.material().rootToken()).as("root token in custody").isEmpty();
        nextTickWritesNothing();
        noLeftovers();
        serversAreWhole(scene.reopen(), tokensOfKilledTicks);
    }

    void custodyIsWhole() {
        scene.assertCustodyIsGuarded();
        assertThat(scene.material().shareCount()).isEqualTo(3);
    }

    private void nextTickWritesNothing() {
        Result next = scene.tick();
        assertThat(next.exit()).as(next.stderr()).isZero();
        assertThat(scene.writes()).isEmpty();
        assertThat(next.json().path("requests").path("writes").asInt()).isZero();
    }

    private void noLeftovers() {
        scene.assertNothingBesideCustody();
        assertThat(names(scene.folder().resolve("snapshots")))
                .hasSize(2)
                .allSatisfy(name -> assertThat(name).matches("[^.].*\\.snap(\\.json)?"));
    }

    private void serversAreWhole(VaultNode node, int tokensOfKilledTicks) {
        Sensitive root = node.generateRoot(scene.material().shares(), nonce -> {});
        VaultSession observer = node.session(root);
        try {
            scene.assertOneCluster(root);
            tokensAreGone(observer, tokensOfKilledTicks);
            for (String secret : scene.secrets()) {
                assertThat(observer.kv("secret").read(secret).orElseThrow().version())
                        .as("version of " + secret)
                        .isEqualTo(1);
            }
        } finally {
            observer.revoke();
        }
    }

    private void tokensAreGone(VaultSession observer, int ofKilledTicks) {
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
            assertThat(token.path("path").asText()).isEqualTo(scene.loginPath());
            assertThat(token.path("policies").toString()).isEqualTo("[\"vault-bootstrap\"]");
            assertThat(token.path("ttl").asInt()).isLessThanOrEqualTo(TOKEN_TTL_SECONDS);
            assertThat(token.path("creation_ttl").asInt()).isEqualTo(TOKEN_TTL_SECONDS);
        }
    }

    static List<String> names(Path folder) {
        try (var entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
