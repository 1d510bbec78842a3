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

    private final Site site;

    Aftermath(Site site) {
        this.site = site;
    }

    /**
     * All of it, after a restart of the servers, so that what is in custody proves itself.
     *
     * @param tokensOfKilledTicks how many tokens may be left that nobody could give back, each of which lives for
     *     bootstrap.access.token-ttl
     */
    void holdsAfterConvergence(int tokensOfKilledTicks) {
        holdsBesideTheServers();
        serversAreWhole(site.reopen(), tokensOfKilledTicks);
    }

    /** All of it without that restart: for a scene that is used again. What is in custody makes a root token all the same. */
    void holds(int tokensOfKilledTicks) {
        VaultNode serving = site.serving();
        holdsBesideTheServers();
        serversAreWhole(serving, tokensOfKilledTicks);
    }

    private void holdsBesideTheServers() {
        custodyIsWhole();
        // The server would allow it here, which most do not: then ticks must not need it.
        assertThat(site.allWrites()).noneMatch(write -> write.contains("generate-root"));
        assertThat(site.material().phase()).isEqualTo(KeyMaterial.Phase.INITIALIZED);
        assertThat(site.material().shares()).hasSize(3);
        assertThat(site.material().rootToken()).as("root token in custody").isEmpty();
        nextTickWritesNothing();
        noLeftovers();
    }

    void custodyIsWhole() {
        site.assertCustodyIsGuarded();
        assertThat(site.material().shareCount()).isEqualTo(3);
    }

    private void nextTickWritesNothing() {
        String custody = site.custodyVersion();
        Result next = site.tick();
        assertThat(next.exit()).as(next.stdout() + next.stderr()).isZero();
        assertThat(site.custodyVersion()).as("version of custody").isEqualTo(custody);
        assertThat(site.writes()).isEmpty();
        assertThat(next.json().path("requests").path("writes").asInt()).isZero();
    }

    private void noLeftovers() {
        site.assertNothingBesideCustody();
        assertThat(names(site.folder().resolve("snapshots")))
                .hasSize(2)
                .allSatisfy(name -> assertThat(name).matches("[^.].*\\.snap(\\.json)?"));
    }

    private void serversAreWhole(VaultNode node, int tokensOfKilledTicks) {
        Sensitive root = node.generateRoot(site.material().shares(), nonce -> {});
        VaultSession observer = node.session(root);
        try {
            site.assertOneCluster(root);
            tokensAreGone(observer, tokensOfKilledTicks);
            for (String secret : site.secrets()) {
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
            assertThat(token.path("path").asText()).isEqualTo(site.loginPath());
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
