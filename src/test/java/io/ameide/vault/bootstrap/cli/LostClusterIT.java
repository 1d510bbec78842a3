package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.testing.Ann;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import static io.ameide.vault.bootstrap.testing.RestoreStage.ENGINE;
import static io.ameide.vault.bootstrap.testing.RestoreStage.application;
import static io.ameide.vault.bootstrap.testing.RestoreStage.becomeTheLostOne;
import static io.ameide.vault.bootstrap.testing.RestoreStage.converge;
import static io.ameide.vault.bootstrap.testing.RestoreStage.status;
import static io.ameide.vault.bootstrap.testing.RestoreStage.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Disasters: a cluster is gone, and another becomes what it was. */
class LostClusterIT {

    @RegisterExtension
    static final RealServer LOST = RealServer.empty();

    private static final Ann ANN = new Ann(LOST::send, ENGINE);

    @TempDir
    static Path folder;

    private static PackagedApplication application;

    @BeforeAll
    static void initialize() throws IOException {
        application = application(folder, List.of(LOST.address()));
        converge(application);
    }

    /** Three empty nodes become what the one was: its data, its shares, its users. */
    @Test
    void anotherClusterBecomesWhatTheLostOneWas(@TempDir Path elsewhere) throws IOException {
        assumeTrue(
                LOST.product() == Product.OPENBAO,
                "HashiCorp Vault takes nodes that the lost cluster did not have for removed ones");
        ANN.write("of the lost one");
        String name = take(application);
        Path archive = folder.resolve("snapshots").resolve(name);
        try (RaftCluster three = RaftCluster.of(3).start()) {
            PackagedApplication anew = application(elsewhere, three.addresses())
                    .with("BOOTSTRAP_VAULT_TLS_CA_FILE", three.caFile().toString());
            converge(anew);
            String itsName = three.sealStatus(0).path("cluster_name").asText();

            Result other = anew.run("snapshot", "restore", archive.toString(), "--confirm", itsName);
            assertThat(other.exit()).as(other.stdout() + other.stderr()).isEqualTo(4);
            assertThat(other.stderr()).contains("was taken with other shares", "--custody");
            Result unforced = anew.run(
                    "snapshot",
                    "restore",
                    archive.toString(),
                    "--custody",
                    application.custodyFile().toString(),
                    "--confirm",
                    itsName);
            assertThat(unforced.exit()).isEqualTo(4);
            assertThat(unforced.stdout())
                    .contains(
                            "is of cluster " + status(LOST).path("cluster_name").asText(), "--force");

            Result restored = anew.run(becomeTheLostOne(archive, application.custodyFile(), itsName));

            assertThat(restored.exit())
                    .as(restored.stdout() + restored.stderr())
                    .isZero();
            assertThat(restored.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
            assertThat(three.clusterIds())
                    .containsExactly(status(LOST).path("cluster_id").asText());
            Ann leading = new Ann(
                    (method, path, json, token) -> three.call(three.awaitLeader(), method, path, json, token), ENGINE);
            assertThat(leading.read()).isEqualTo("of the lost one");
            converge(anew);
            assertThat(converge(anew).json().path("requests").path("writes").asInt())
                    .isZero();

            bringBackWhatThreeNodesHeld(anew, leading, three);
        }
    }

    /** Nothing is sealed by it, and every node has it. */
    private static void bringBackWhatThreeNodesHeld(PackagedApplication application, Ann leading, RaftCluster three) {
        leading.write("of three nodes");
        String name = take(application);
        leading.write("of three nodes, later");
        // Until it starts anew, the node that made the empty cluster shows the name that it gave to that one.
        String itsName =
                three.sealStatus(three.awaitLeader()).path("cluster_name").asText();

        Result restored = application.run("snapshot", "restore", name, "--confirm", itsName, "--output", "json");

        assertThat(restored.exit()).as(restored.stdout() + restored.stderr()).isZero();
        assertThat(restored.step("quorum").path("detail").asText()).isEqualTo("3 voters, 1 may fail");
        assertThat(leading.read()).isEqualTo("of three nodes");
        converge(application);
        // The log goes on, so that this one is not flagged.
        take(application);
    }

    /** A server asks for as many shares as its storage wanted when it started. */
    @Test
    void nodesThatTakeAnotherNumberOfSharesAreRestartedInBetween(@TempDir Path elsewhere) throws IOException {
        ANN.write("of the lost one");
        Path archive = folder.resolve("snapshots").resolve(take(application));
        try (RealServer anew = RealServer.empty().start()) {
            PackagedApplication two = application(elsewhere, List.of(anew.address()))
                    .with("BOOTSTRAP_KEYS_SHARES", "3")
                    .with("BOOTSTRAP_KEYS_THRESHOLD", "2");
            converge(two);

            Result restored = two.run(becomeTheLostOne(
                    archive,
                    application.custodyFile(),
                    status(anew).path("cluster_name").asText()));
            assertThat(restored.exit()).as(restored.stdout()).isEqualTo(5);
            assertThat(restored.step("restart").toString()).contains("restart every node, and let a tick open them");

            anew.restart();
            converge(two);

            assertThat(new Ann(anew::send, ENGINE).read()).isEqualTo("of the lost one");
        }
    }
}
