package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.custody.InitJournal.ForeignServer;
import io.ameide.vault.bootstrap.custody.InitJournal.Fresh;
import io.ameide.vault.bootstrap.custody.InitJournal.Known;
import io.ameide.vault.bootstrap.custody.InitJournal.MarkerOnly;
import io.ameide.vault.bootstrap.custody.InitJournal.OtherServer;
import io.ameide.vault.bootstrap.custody.InitJournal.SharesLost;
import io.ameide.vault.bootstrap.custody.InitJournal.StorageLost;
import io.ameide.vault.bootstrap.custody.InitJournal.Verdict;
import io.ameide.vault.bootstrap.custody.KeyStore.Stored;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class InitJournalTest {

    private static final KeyMaterial MARKER = Materials.marker();
    private static final KeyMaterial MATERIAL = Materials.initialized(MARKER);
    private static final KeyMaterial HELD_BY_PEOPLE =
            MARKER.initialized(List.of(), List.of(new EscrowedShare("alice", Sensitive.of("00"))), Optional.empty());

    static Stream<Arguments> table() {
        return Stream.of(
                Arguments.of(false, absent(), new Fresh()),
                Arguments.of(false, stored(MARKER), new MarkerOnly(MARKER)),
                Arguments.of(true, stored(MATERIAL), new Known(MATERIAL, "v1")),
                Arguments.of(true, stored(HELD_BY_PEOPLE), new Known(HELD_BY_PEOPLE, "v1")));
    }

    @ParameterizedTest
    @MethodSource("table")
    void goesOnWhereNothingWasLost(boolean initialized, Stored stored, Verdict verdict) {
        assertThat(decide(initialized, stored)).isEqualTo(verdict);
    }

    @Test
    void markerOnAnInitializedServerMeansThatSharesWereLost() {
        assertThat(decide(true, stored(MARKER)))
                .isInstanceOfSatisfying(
                        SharesLost.class,
                        lost -> assertThat(lost.problem())
                                .isEqualTo(Problem.blocked(
                                        "initialize http://127.0.0.1:8200: the server is initialized, but the shares it gave were never"
                                                + " stored: file /c/keys.json holds only the marker of the try on"
                                                + " http://127.0.0.1:8200 by pid 4711 on laptop at 2026-11-01T10:00:00Z",
                                        "if the shares exist elsewhere, restore file /c/keys.json from there; if the server holds"
                                                + " nothing yet, wipe its storage and run again")));
    }

    @Test
    void nodeThatAMarkerNamesIsAwaitedWithAWayToLetGoOfIt() {
        KeyStore custody = new FileKeyStore(Path.of("/c"));

        assertThat(InitJournal.nodeAwaited(Materials.marker(Materials.NODE.ofPod("vault-0")), custody))
                .isEqualTo(Problem.access(
                        "file /c/keys.json holds the marker of the try on http://127.0.0.1:8200 (Pod vault-0) by pid 4711"
                                + " on laptop at 2026-11-01T10:00:00Z, and that node is not among those that answer: it"
                                + " may hold the cluster whose shares were being made",
                        "bring it back; if it is gone for good with its storage, take the marker away and run"
                                + " again: rm /c/keys.json"));
    }

    @Test
    void emptyCustodyOfAnInitializedServerMeansThatSomebodyElseInitializedIt() {
        assertThat(decide(true, absent())).isInstanceOfSatisfying(ForeignServer.class, foreign -> {
            assertThat(foreign.problem().kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(foreign.problem().message())
                    .isEqualTo(
                            "initialize http://127.0.0.1:8200: the server is initialized, but file /c/keys.json holds"
                                    + " nothing: somebody else initialized it");
            assertThat(foreign.problem().hint())
                    .contains("version", "phase", "kind", "shareCount", "threshold", "shares", "checksumKey");
        });
    }

    @Test
    void sharesOfAnUninitializedServerMeanThatItsStorageWasLost() {
        assertThat(decide(false, stored(MATERIAL))).isInstanceOfSatisfying(StorageLost.class, lost -> {
            assertThat(lost.problem().kind()).isEqualTo(Problem.Kind.BLOCKED);
            assertThat(lost.problem().message())
                    .isEqualTo(
                            "initialize http://127.0.0.1:8200: the server is not initialized, but file /c/keys.json holds"
                                    + " the shares of the one initialized through http://127.0.0.1:8200 at 2026-11-01T10:00:00Z:"
                                    + " its storage was lost, or is not mounted");
            assertThat(lost.problem().hint())
                    .startsWith("first look on the node's machine or in its Pod")
                    .endsWith("move file /c/keys.json aside to start anew");
        });
        assertThat(decide(false, stored(HELD_BY_PEOPLE))).isInstanceOf(StorageLost.class);
    }

    @Test
    void anotherNodeThatIsEmptyTellsNothingOfTheOneThatCustodyNames() {
        assertThat(decideAt("https://vault-0:8200", false, stored(MATERIAL)))
                .isInstanceOfSatisfying(OtherServer.class, other -> {
                    assertThat(other.problem().kind()).isEqualTo(Problem.Kind.BLOCKED);
                    assertThat(other.problem().hint())
                            .contains("point the tool at http://127.0.0.1:8200")
                            .doesNotContain("start anew", "wipe");
                });
    }

    @Test
    void anotherNodeThatIsInitializedDoesNotMeanThatSharesWereLost() {
        assertThat(decideAt("https://vault-0:8200", true, stored(MARKER)))
                .isInstanceOfSatisfying(
                        SharesLost.class,
                        other -> assertThat(other.problem().hint())
                                .contains("point the tool at http://127.0.0.1:8200")
                                .doesNotContain("wipe"));
    }

    private static Verdict decideAt(String address, boolean initialized, Stored stored) {
        return InitJournal.decide(NodeAddress.parse(address), initialized, stored, "file /c/keys.json");
    }

    private static Verdict decide(boolean initialized, Stored stored) {
        return decideAt("http://127.0.0.1:8200", initialized, stored);
    }

    private static Stored absent() {
        return new Stored(Optional.empty(), Stored.ABSENT);
    }

    private static Stored stored(KeyMaterial material) {
        return new Stored(Optional.of(material), "v1");
    }
}
