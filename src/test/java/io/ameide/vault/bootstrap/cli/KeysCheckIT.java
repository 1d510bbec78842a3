package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.custody.FileKeyStore;
import io.ameide.vault.bootstrap.custody.KeyMaterial;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Point;
import io.ameide.vault.bootstrap.testing.LoopbackProxy.Verdict;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code keys check} of the packaged application. */
class KeysCheckIT {

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void twoOfThree() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), "policies: []");
        application = PackagedApplication.in(folder, server.address())
                .with("BOOTSTRAP_KEYS_SHARES", "3")
                .with("BOOTSTRAP_KEYS_THRESHOLD", "2");
    }

    @Test
    void custodyIsProvenDamagedAndSealed() {
        Result empty = application.run("keys", "check");
        assertThat(empty.exit()).isEqualTo(4);
        assertThat(empty.stdout()).contains("is not initialized");
        assertThat(application.run("run").exit()).isZero();
        KeyMaterial keys = custody().read().material().orElseThrow();

        Result form = application.run("keys", "check");
        assertThat(form.exit()).as(form.stdout() + form.stderr()).isZero();
        assertThat(form.stdout()).contains("no server tried", "3 of 3 unseal shares in clear");

        Result proof = application.run("keys", "check", "--prove", "--output", "json");
        assertThat(proof.exit()).as(proof.stdout() + proof.stderr()).isZero();
        assertThat(proof.json().path("proven").asBoolean()).isTrue();
        assertThat(keys.shares())
                .noneMatch(share -> (form.stdout() + proof.stdout() + proof.stderr()).contains(share.reveal()));
        assertThat(application
                        .run("run", "--output", "json")
                        .json()
                        .path("requests")
                        .path("writes")
                        .asInt())
                .as("writes of the next tick")
                .isZero();

        server.restart();
        Result sealed = application.run("keys", "check", "--prove");
        assertThat(sealed.exit()).isZero();
        assertThat(sealed.stdout()).contains("only the form was checked", "no server tried");

        custody().update(whole -> whole.initialized(whole.shares().subList(0, 1), List.of(), Optional.empty()));
        Result few = application.run("keys", "check", "--output", "json");
        assertThat(few.exit()).isEqualTo(4);
        assertThat(few.json().path("problems").path(0).path("message").asText()).contains("holds 1 of the 2 shares");

        server.kill();
        assertThat(application.run("keys", "check").exit()).isEqualTo(3);
    }

    @Test
    void tokenThatCannotBeGivenBackIsAProblem() {
        assertThat(application.run("run").exit()).isZero();
        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            proxy.on(
                    Point.BEFORE_SENT,
                    exchange -> exchange.path().equals("/v1/auth/token/revoke-self"),
                    exchange -> Verdict.DROP);
            application = application.with(
                    "BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString());

            Result json = application.run("keys", "check", "--prove", "--output", "json");
            Result text = application.run("keys", "check", "--prove");

            assertThat(json.exit()).as(json.stdout() + json.stderr()).isEqualTo(3);
            assertThat(json.json().path("proven").asBoolean()).isTrue();
            assertThat(json.json().path("problems").findValuesAsText("message"))
                    .singleElement()
                    .asString()
                    .contains("auth/token/revoke-self");
            assertThat(text.exit()).isEqualTo(3);
            assertThat(text.stdout()).contains("problem  ", "what is in custody could unseal the cluster now");
        }
    }

    @Test
    void sharesThatTheServerRefusesAreBlocked() {
        assertThat(application.run("run").exit()).isZero();
        custody().update(whole -> {
            String last = whole.shares().getLast().reveal();
            String other = (last.charAt(0) == 'A' ? 'B' : 'A') + last.substring(1);
            return whole.initialized(
                    List.of(whole.shares().get(0), whole.shares().get(1), Sensitive.of(other)),
                    List.of(),
                    Optional.empty());
        });

        Result refused = application.run("keys", "check", "--prove");

        assertThat(refused.exit()).as(refused.stdout()).isEqualTo(4);
        assertThat(refused.stdout()).contains("share 3 in file", "refused to open the seal");
    }

    private FileKeyStore custody() {
        return new FileKeyStore(folder.resolve("custody"));
    }
}
