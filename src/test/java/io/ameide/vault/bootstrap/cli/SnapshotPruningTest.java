package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.snapshot.FaultyStore;
import io.ameide.vault.bootstrap.snapshot.FolderStore;
import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.Retention;
import io.ameide.vault.bootstrap.snapshot.SnapshotSchedule;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.SpoolFolder;
import io.ameide.vault.bootstrap.snapshot.StoredObject;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Problem;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class SnapshotPruningTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Problem REFUSED = Problem.access("no", "ask");

    @TempDir
    Path folder;

    @ParameterizedTest(name = "dry run {0}")
    @ValueSource(booleans = {true, false})
    void placeThatCannotBeAskedIsToldOnce(boolean dryRun) {
        assertThat(prune(new UnusableStore("offsite", "S3 bucket b", REFUSED), dryRun)
                        .problems())
                .hasSize(1);
    }

    @ParameterizedTest(name = "dry run {0}")
    @ValueSource(booleans = {true, false})
    void whereUploadsCannotBeListedSnapshotsAreLookedAtAllTheSame(boolean dryRun) {
        List<String> asked = new ArrayList<>();
        ObjectStore store = new FaultyStore(new FolderStore(folder)) {
            @Override
            public List<StoredObject> list() {
                asked.add("list");
                return super.list();
            }

            @Override
            public List<Leftover> leftovers(Instant before) {
                asked.add("leftovers");
                return new UnusableStore("offsite", description(), REFUSED).leftovers(before);
            }
        };

        assertThat(prune(store, dryRun).problems())
                .extracting(Problem::message)
                .singleElement()
                .asString()
                .contains("of target offsite: no");
        assertThat(asked).containsExactly("list", "leftovers");
    }

    private SnapshotPruning.Part prune(ObjectStore store, boolean dryRun) {
        SnapshotTarget target =
                new SnapshotTarget("offsite", store, new SpoolFolder(folder.resolve("spool")), Duration.ofSeconds(1));
        return SnapshotPruning.prune(
                new TakeSnapshot.Destination(target, new SnapshotSchedule.Every(Duration.ofHours(1)), new Retention(1)),
                dryRun,
                false,
                NOW);
    }
}
