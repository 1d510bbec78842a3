package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.Custodian;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.LoopbackProxy;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.vault.KvStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The packaged application on an empty server: from nothing to converged, and then nothing more. */
class FirstTickIT {

    @RegisterExtension
    final RealServer server = RealServer.empty();

    @TempDir
    Path folder;

    private PackagedApplication application;

    @BeforeEach
    void desiredState() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.SMALL);
        Files.writeString(folder.resolve("fixtures.json"), """
                {"api-key": "k-1", "database": {"user": "app", "password": "p-1"}, "team/token": "t-1"}""");
        application = PackagedApplication.in(folder, server.address());
    }

    @Test
    void emptyServerEndsSeededVerifiedAndSnapshotted() throws IOException {
        Result first = application.run("run", "--output", "json");

        assertThat(first.exit()).as(first.stderr()).isZero();
        assertThat(first.json().path("result").asText()).isEqualTo("converged");
        assertThat(first.step("initialize").path("outcome").asText()).isEqualTo("changed");
        assertThat(first.step("verify").path("detail").asText()).isEqualTo("5 keys of 4 secrets");
        assertThat(server.health()).isEqualTo(200);
        try (var snapshots = Files.list(folder.resolve("snapshots"))) {
            assertThat(snapshots.map(file -> file.getFileName().toString()))
                    .satisfiesExactlyInAnyOrder(
                            archive -> assertThat(archive).endsWith(".snap"),
                            manifest -> assertThat(manifest).endsWith(".snap.json"));
        }
    }

    @Test
    void secondTickSendsNoWriteAndMakesNoVersion() {
        assertThat(application.run("run").exit()).isZero();

        try (LoopbackProxy proxy = LoopbackProxy.to(server.address())) {
            Result second = application
                    .with("BOOTSTRAP_VAULT_ADDRESSES", proxy.address().toString())
                    .run("run", "--output", "json");

            assertThat(second.exit()).as(second.stderr()).isZero();
            for (JsonNode step : second.json().path("steps")) {
                assertThat(step.path("outcome").asText())
                        .as(step.path("name").asText())
                        .isEqualTo("unchanged");
            }
            // Its own token is all that a tick cannot do without.
            assertThat(proxy.writes())
                    .extracting(LoopbackProxy.Exchange::path)
                    .containsExactly("/v1/auth/vault-bootstrap/login", "/v1/auth/token/revoke-self");
            assertThat(second.json().path("requests").path("writes").asInt()).isZero();
        }
        KvStore kv = new Custodian(folder.resolve("custody"), server.address())
                .signIn()
                .kv("secret");
        assertThat(List.of("api-key", "database", "team/token", "generated-password"))
                .allSatisfy(secret ->
                        assertThat(kv.read(secret).orElseThrow().version()).isEqualTo(1));
    }

    @Test
    void planOfAGrownDesiredStateTellsWhatOnlyATickCanSee() throws IOException {
        assertThat(application.run("run").exit()).isZero();
        Files.writeString(folder.resolve("desired-state.yaml"), DesiredStates.SMALL.replace("policies:\n", """
                        policies:
                          - name: writers
                            rules: path "secret/data/*" { capabilities = ["update"] }
                        """));

        Result plan = application.run("plan", "--output", "json");

        assertThat(plan.exit()).as(plan.stdout()).isEqualTo(2);
        assertThat(plan.step("sign in").path("changes").path(0).path("subject").asText())
                .isEqualTo("policy vault-bootstrap");
        assertThat(plan.step("configure").path("waitingFor").path(0).asText())
                .contains("sys/policies/acl/writers", "a tick first lets its own policy follow");
        Result tick = application.run("run", "--output", "json");
        assertThat(tick.exit()).as(tick.stdout()).isZero();
        assertThat(tick.step("configure").path("changes")).hasSize(1);
    }
}
