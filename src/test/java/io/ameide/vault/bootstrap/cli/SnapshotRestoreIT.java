package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpHolder;
import io.ameide.vault.bootstrap.testing.Ann;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import io.ameide.vault.bootstrap.testing.RestoreStage;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static io.ameide.vault.bootstrap.testing.RestoreStage.DESIRED_STATE;
import static io.ameide.vault.bootstrap.testing.RestoreStage.application;
import static io.ameide.vault.bootstrap.testing.RestoreStage.converge;
import static io.ameide.vault.bootstrap.testing.RestoreStage.status;
import static io.ameide.vault.bootstrap.testing.RestoreStage.take;
import static org.assertj.core.api.Assertions.assertThat;

/** Restores, each of data that was changed after the snapshot, as a workload sees it that signs in anew. */
class SnapshotRestoreIT {

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    private static final Ann ANN = new Ann(SERVER::send, RestoreStage.ENGINE);

    @TempDir
    static Path folder;

    private static PackagedApplication application;

    @BeforeAll
    static void initialize() throws IOException {
        application = application(folder, List.of(SERVER.address()));
        converge(application);
    }

    @Test
    void everythingIsAsItWasThenAndWhatWasThereBeforeIsKept() throws IOException {
        ANN.write("before");
        String name = take(application);
        ANN.write("after");
        int stored = snapshots().size();

        Result asked = application.run("snapshot", "restore", name);
        Result mistaken = application.run("snapshot", "restore", name, "--confirm", "vault-cluster-other");

        assertThat(asked.exit()).as(asked.stderr()).isEqualTo(2);
        assertThat(asked.stdout()).contains("cluster " + clusterName(), "what was written later is lost, with the ");
        assertThat(asked.stderr()).contains("nothing was done; --confirm");
        assertThat(mistaken.exit()).isEqualTo(64);
        assertThat(mistaken.stderr()).contains("this is cluster " + clusterName() + ", not vault-cluster-other");
        assertThat(mistaken.stdout()).as("no step ran").isEmpty();
        assertThat(ANN.read()).isEqualTo("after");
        assertThat(snapshots()).hasSize(stored);

        Result restored = application.run("snapshot", "restore", name, "--confirm", clusterName(), "--output", "json");

        assertThat(restored.exit()).as(restored.stdout() + restored.stderr()).isZero();
        assertThat(ANN.read()).isEqualTo("before");
        assertThat(restored.step("canary").path("detail").asText()).endsWith("as the manifest says");
        assertThat(snapshots()).hasSize(stored + 1);

        application.run("snapshot", "restore", snapshots().getFirst(), "--confirm", clusterName());
        assertThat(ANN.read()).as("what was kept").isEqualTo("after");
        converge(application);
    }

    @Test
    void nameTypedAtATerminalConfirms() {
        ANN.write("before");
        String name = take(application);
        ANN.write("after");

        Result mistaken = application.typing("vault-cluster-other", "snapshot", "restore", name);
        assertThat(mistaken.exit()).as(mistaken.stdout()).isEqualTo(64);
        assertThat(mistaken.stdout())
                .contains("what was written later is lost", "type the name of the cluster to restore it: ");
        assertThat(ANN.read()).isEqualTo("after");
        Result silent = application.typing("", "snapshot", "restore", name);
        assertThat(silent.exit()).as(silent.stdout()).isEqualTo(2);
        assertThat(silent.stdout()).contains("type the name of the cluster", "nothing was done; --confirm");
        assertThat(ANN.read()).isEqualTo("after");

        Result restored = application.typing(clusterName(), "snapshot", "restore", name, "--without-snapshot");

        assertThat(restored.exit()).as(restored.stdout()).isZero();
        assertThat(ANN.read()).isEqualTo("before");
    }

    @Test
    void valuesThatTheServerDoesNotShowAreWrittenAnewAfterARestore() throws IOException {
        String name = take(application);
        ANN.login("p-1");
        PackagedApplication changed = desiring(DESIRED_STATE.replace("p-1", "p-2"));
        converge(changed);
        ANN.login("p-2");

        Result restored = changed.run("snapshot", "restore", name, "--confirm", clusterName());
        ANN.login("p-1");
        converge(changed);

        assertThat(restored.exit()).as(restored.stdout()).isZero();
        ANN.login("p-2");
        converge(desiring(DESIRED_STATE));
    }

    @Test
    void withoutAPlaceForWhatIsThereNothingIsRestored() throws IOException {
        ANN.write("before");
        String name = take(application);
        Path copy = folder.resolve("copy");
        Files.createDirectories(copy);
        for (String file : List.of(name, name + ".json")) {
            Files.copy(folder.resolve("snapshots").resolve(file), copy.resolve(file));
        }
        ANN.write("after");
        Path noFolder = Files.writeString(folder.resolve("a-file"), "");
        PackagedApplication placeless =
                application.with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", noFolder.toString());
        String archive = copy.resolve(name).toString();

        Result kept = placeless.run("snapshot", "restore", archive, "--confirm", clusterName());

        assertThat(kept.exit()).as(kept.stdout()).isNotZero();
        assertThat(kept.stdout()).contains("nothing was restored, since what is there now could not be kept first");
        assertThat(ANN.read()).isEqualTo("after");

        Result given = placeless.run("snapshot", "restore", archive, "--without-snapshot", "--confirm", clusterName());
        assertThat(given.exit()).as(given.stdout()).isZero();
        assertThat(ANN.read()).isEqualTo("before");
    }

    @Test
    void archiveThatIsNotWholeOrWhoseSharesNobodyKnowsIsNotRestored() throws IOException {
        Path taken = folder.resolve("snapshots").resolve(take(application));
        byte[] archive = Files.readAllBytes(taken);
        Path half = folder.resolve("half.snap");
        Files.write(half, Arrays.copyOf(archive, archive.length - 8));
        ANN.write("now");

        Result unknown = application.run("snapshot", "restore", half.toString(), "--confirm", clusterName());
        assertThat(unknown.exit()).isEqualTo(4);
        assertThat(unknown.stderr())
                .contains("no manifest of " + half + " tells with which shares it was taken", "--custody");
        assertThat(ANN.read()).isEqualTo("now");

        Files.copy(taken.resolveSibling(taken.getFileName() + ".json"), folder.resolve("half.snap.json"));
        Result refused = application.run("snapshot", "restore", half.toString(), "--confirm", clusterName());

        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.stderr()).contains(half.toString());
        assertThat(ANN.read()).isEqualTo("now");
    }

    @Test
    void encryptedArchiveThatIsNotWholeIsNotRestored() throws IOException, PGPException {
        PgpHolder holder = PgpHolder.named("backup");
        Path safe = folder.resolve("safe");
        Result taken = application
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_SAFE_FOLDER", safe.toString())
                .with(
                        "BOOTSTRAP_SNAPSHOT_ENCRYPTION_PGP_KEYS",
                        Files.write(folder.resolve("backup.asc"), holder.binaryKey())
                                .toString())
                .run("snapshot", "take", "--target", "safe");
        assertThat(taken.exit()).as(taken.stdout()).isZero();
        Path half = folder.resolve("half.snap.pgp");
        try (Stream<Path> files = Files.list(safe)) {
            Path whole = files.filter(file -> file.toString().endsWith(".pgp"))
                    .findFirst()
                    .orElseThrow();
            byte[] archive = Files.readAllBytes(whole);
            Files.write(half, Arrays.copyOf(archive, archive.length / 2));
            Files.copy(
                    whole.resolveSibling(whole.getFileName() + ".json"),
                    half.resolveSibling(half.getFileName() + ".json"));
        }
        ANN.write("now");

        Result refused = application
                .with(
                        "BOOTSTRAP_SNAPSHOT_ENCRYPTION_PRIVATE_KEY_FILE",
                        Files.write(folder.resolve("backup.key"), holder.privateKey())
                                .toString())
                .run("snapshot", "restore", half.toString(), "--confirm", clusterName());

        assertThat(refused.exit()).as(refused.stderr()).isEqualTo(1);
        assertThat(refused.stderr())
                .contains(
                        "snapshot %s: its OpenPGP message is cut short or damaged within the first ".formatted(half),
                        "use another copy of it, or another snapshot");
        assertThat(ANN.read()).isEqualTo("now");
    }

    private static String clusterName() {
        return status(SERVER).path("cluster_name").asText();
    }

    private PackagedApplication desiring(String state) throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), state);
        return application;
    }

    private List<String> snapshots() {
        return RestoreStage.snapshots(application);
    }
}
