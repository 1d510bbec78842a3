package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.testing.PackagedApplication;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class SnapshotCommandIT {

    @RegisterExtension
    static final RealServer SERVER = RealServer.empty();

    @TempDir
    static Path folder;

    private static boolean initialized;

    private PackagedApplication application;

    @BeforeEach
    void initialize() throws IOException {
        Files.writeString(folder.resolve("desired-state.yaml"), "policies: []\n");
        application = PackagedApplication.in(folder, SERVER.address())
                .with(
                        "BOOTSTRAP_SNAPSHOT_TARGETS_SECOND_FOLDER",
                        folder.resolve("second").toString())
                .with("BOOTSTRAP_SNAPSHOT_TARGETS_SECOND_CRON", "0 3 * * *");
        if (!initialized) {
            Result first = application.run("run");
            assertThat(first.exit()).as(first.stdout()).isZero();
            initialized = true;
        }
    }

    @Test
    void oneSnapshotGoesToEveryTargetAndIsListedThere() {
        assertThat(application.run("snapshot", "take").exit()).isZero();

        JsonNode both = application.run("snapshot", "list", "--output", "json").json();
        JsonNode one = application
                .run("snapshot", "list", "--target", "second", "--output", "json")
                .json();

        assertThat(both.path("targets")).hasSize(2);
        assertThat(both.at("/targets/0/snapshots/0")).isEqualTo(both.at("/targets/1/snapshots/0"));
        assertThat(one.path("targets")).containsExactly(both.at("/targets/1"));
        assertThat(folder.resolve("spool")).isEmptyDirectory();
    }

    @Test
    void targetThatCannotBeSeenHidesNoOther() throws IOException {
        Path file = Files.writeString(folder.resolve("a-file"), "");
        PackagedApplication half = application.with("BOOTSTRAP_SNAPSHOT_TARGETS_SECOND_FOLDER", file.toString());

        Result list = half.run("snapshot", "list");
        Result take = half.run("snapshot", "take", "--output", "json");

        assertThat(list.exit()).isEqualTo(5);
        assertThat(list.stdout()).contains("local (folder ", "list the snapshots in " + file);
        assertThat(take.exit()).isEqualTo(5);
        assertThat(take.step("snapshot").at("/problems/0/message").asText()).contains(file.toString());
        assertThat(take.step("snapshot").at("/changes/0/subject").asText()).isEqualTo("snapshot local");
    }

    @Test
    void targetThatNobodyNamedIsRefused() {
        Result list = application.run("snapshot", "list", "--target", "third");

        assertThat(list.exit()).isEqualTo(64);
        assertThat(list.stderr()).contains("there is no target third for snapshots", "local, second");
    }

    @Test
    void inspectingTellsWhatASnapshotHoldsAndWhoseSharesOpenIt() {
        String name = newest();

        Result named = application.run("snapshot", "inspect", name);
        JsonNode file = application
                .run(
                        "snapshot",
                        "inspect",
                        folder.resolve("snapshots").resolve(name).toString(),
                        "--output",
                        "json")
                .json();
        Result stranger = application
                .with(
                        "BOOTSTRAP_CUSTODY_FILE_FOLDER",
                        folder.resolve("other-custody").toString())
                .run("snapshot", "inspect", name, "--target", "second");

        assertThat(named.exit()).as(named.stderr()).isZero();
        assertThat(named.stdout())
                .contains(
                        "verified   whole and intact",
                        SERVER.product() == Product.OPENBAO ? "server     OpenBao 2." : "server     HashiCorp Vault 1.",
                        "shares     those in custody",
                        "  core  ");
        assertThat(file.path("exitCode").asInt()).isZero();
        assertThat(file.path("shares").asText()).isEqualTo("same");
        assertThat(file.at("/entries/logical").asLong()).isPositive();
        assertThat(stranger.exit()).isEqualTo(2);
        assertThat(stranger.stdout()).contains("shares     others than those in custody");
    }

    @Test
    void inspectingFindsDamage() throws IOException {
        byte[] archive = Files.readAllBytes(folder.resolve("snapshots").resolve(newest()));
        archive[archive.length / 2] ^= 1;
        Path damaged = Files.write(folder.resolve("damaged.snap"), archive);

        Result inspected = application.run("snapshot", "inspect", damaged.toString());

        assertThat(inspected.exit()).isEqualTo(1);
        assertThat(inspected.stderr()).contains("snapshot " + damaged + ": its ");
    }

    @Test
    void whatIsNowhereIsNotFound() {
        Result inspected = application.run("snapshot", "inspect", "absent.snap");

        assertThat(inspected.exit()).isEqualTo(64);
        assertThat(inspected.stderr())
                .contains("there is no snapshot absent.snap, neither as a file nor at any target");
    }

    @Test
    void pruningDeletesWhatNeedNotStayAndADryRunNothing() throws IOException {
        PackagedApplication three = application.with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_KEEP_NEWEST", "100");
        while (archives("local").size() < 3) {
            assertThat(three.run("snapshot", "take").exit()).isZero();
        }
        List<String> before = archives("local");
        Path unfinished = Files.writeString(folder.resolve("snapshots/.vault-bootstrap-a.snap.part"), "half");
        Files.setLastModifiedTime(unfinished, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
        PackagedApplication one = application.with("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_KEEP_NEWEST", "1");

        Result dry = one.run("snapshot", "prune", "--target", "local", "--dry-run");
        assertThat(dry.exit()).isZero();
        assertThat(dry.stdout())
                .contains("would delete " + before.getLast(), "would delete " + unfinished.getFileName());
        assertThat(unfinished).exists();
        assertThat(archives("local")).isEqualTo(before);

        flag(before.getFirst());
        Result held = one.run("snapshot", "prune", "--target", "local");
        assertThat(held.exit()).isEqualTo(4);
        assertThat(held.stdout()).contains("flagged are " + before.getFirst(), "--despite-flags");
        assertThat(archives("local")).isEqualTo(before);
        assertThat(unfinished).as("which no flag keeps").doesNotExist();
        String oldest = before.getLast();
        assertThat(one.run("snapshot", "prune", "--target", "local", "--despite-flags")
                        .exit())
                .isZero();
        assertThat(archives("local"))
                .as("the newest, and the newest that is not flagged")
                .hasSize(2);
        assertThat(archives("local")).doesNotContain(oldest);

        assertThat(three.run("snapshot", "take").exit()).isZero();
        before = archives("local");
        Result pruned = one.run("snapshot", "prune", "--target", "local", "--output", "json");
        assertThat(pruned.exit()).isZero();
        assertThat(pruned.json().at("/targets/0/deleted")).hasSize(before.size() - 1);
        assertThat(archives("local")).containsExactly(before.getFirst());
        assertThat(one.run("snapshot", "prune", "--target", "local").stdout()).contains("nothing to delete");
    }

    /** As if it had held less than the one before. */
    private static void flag(String archive) {
        Path manifest = folder.resolve("snapshots").resolve(archive + ".json");
        try {
            ObjectNode document = (ObjectNode) new ObjectMapper().readTree(manifest.toFile());
            document.putArray("flags").add("it holds 1 bytes, the one before 2");
            Files.writeString(manifest, document.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String newest() {
        return archives("local").getFirst();
    }

    private List<String> archives(String target) {
        return application
                .run("snapshot", "list", "--target", target, "--output", "json")
                .json()
                .at("/targets/0/snapshots")
                .findValuesAsText("archive");
    }
}
