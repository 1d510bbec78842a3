package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SnapshotManifestTest {

    private static final String JSON = """
            {
              "archive" : "platform-20261122T101530Z-4711.snap",
              "sha256" : "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "size" : 16921,
              "stateSize" : 11895,
              "index" : 4711,
              "term" : 3,
              "clusterId" : "52bff148-5cd7-ed00-3d30-7ffd02620f40",
              "clusterName" : "platform",
              "serverKind" : "OpenBao",
              "serverVersion" : "2.7.2",
              "sealType" : "shamir",
              "custody" : "hmac-sha256:4711",
              "takenAt" : "2026-11-22T10:15:30.123Z",
              "takenBy" : "vault-bootstrap 0.1.0",
              "encryption" : {
                "recipients" : [ "AB12" ],
                "sha256" : "0000000000000000000000000000000000000000000000000000000000000000",
                "size" : 16000
              },
              "entries" : {
                "core" : 19,
                "logical" : 3
              },
              "flags" : [ "it ends at index 4711, the one before at 4712" ]
            }
            """;

    @Test
    void writesWhatItReads() {
        SnapshotManifest manifest = parse(JSON);

        assertThat(new String(manifest.toJson(), StandardCharsets.UTF_8)).isEqualTo(JSON);
        assertThat(manifest.sizeBytes()).isEqualTo(16921);
        assertThat(manifest.takenAt()).isEqualTo("2026-11-22T10:15:30.123Z");
        assertThat(manifest.fileName()).isEqualTo("platform-20261122T101530Z-4711.snap.json");
    }

    @Test
    void fieldsOfLaterVersionsAreIgnored() {
        assertThat(parse(JSON.replaceFirst("\\{", "{ \"laterField\": {\"n\": 3},")))
                .isEqualTo(parse(JSON));
    }

    @ParameterizedTest
    @ValueSource(strings = {"custody", "encryption", "entries", "flags"})
    void whatMayBeUnknownMayBeMissing(String field) {
        SnapshotManifest manifest = parse(JSON.replace('"' + field + '"', "\"other\""));

        assertThat(new String(manifest.toJson(), StandardCharsets.UTF_8)).doesNotContain('"' + field + '"');
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "archive",
                "sha256",
                "size",
                "stateSize",
                "index",
                "term",
                "clusterId",
                "clusterName",
                "serverKind",
                "serverVersion",
                "sealType",
                "takenAt",
                "takenBy"
            })
    void missingFieldIsNamed(String field) {
        assertThatThrownBy(() -> parse(JSON.replace('"' + field + '"', "\"other\"")))
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith("snapshot manifest a.snap.json lacks " + field);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ | is not JSON",
                "[] | is not a JSON object",
                "'' | is not a JSON object",
                "{\"archive\":\"a.snap\",\"archive\":\"b.snap\"} | is not JSON"
            })
    void whatIsNoManifestIsRefused(String json, String reason) {
        assertThatThrownBy(() -> parse(json)).hasMessageStartingWith("snapshot manifest a.snap.json " + reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"platform-20261122T101530Z-4711.snap\" | \"../../etc/passwd.snap\" | no file name of a snapshot as archive",
                "\"platform-20261122T101530Z-4711.snap\" | \".snap\" | no file name of a snapshot as archive",
                "\"platform-20261122T101530Z-4711.snap\" | \"a.tar\" | no file name of a snapshot as archive",
                "e3b0c442 | E3B0C442 | something else than a SHA-256 as sha256",
                "16921 | \"16921\" | something else than a whole number as size",
                "16921 | -1 | a number out of range as size",
                "4711, | 47.11, | something else than a whole number as index",
                "\"52bff148-5cd7-ed00-3d30-7ffd02620f40\" | \"\" | an empty clusterId",
                "[ \"AB12\" ] | [ 12 ] | something else than a list of text as recipients",
                "[ \"it ends at index 4711, the one before at 4712\" ] | \"odd\" | something else than a list of text as flags",
                "\"core\" : 19 | \"core\" : -1 | a number out of range as core",
                "\"52bff148-5cd7-ed00-3d30-7ffd02620f40\" | 7 | something else than text as clusterId",
                "10:15:30.123Z | ten | something else than a time as takenAt"
            })
    void fieldThatCannotBeIsNamed(String valid, String invalid, String reason) {
        assertThatThrownBy(() -> parse(JSON.replace(valid, invalid)))
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith("snapshot manifest a.snap.json has " + reason);
    }

    @ParameterizedTest
    @CsvSource({
        "vault-cluster-4148db44, vault-cluster-4148db44",
        "Prod EU/1, Prod-EU-1",
        "../../etc, etc",
        ".hidden, hidden",
        "--rm, rm",
        "Zürich, Z-rich",
        "'', cluster",
        "///, cluster"
    })
    void clusterNameBecomesAPlainFileName(String clusterName, String expected) {
        assertThat(named(clusterName).archive()).isEqualTo(expected + "-20261122T101530Z-4711.snap");
    }

    @Test
    void longClusterNameStillMakesAFileNameThatFits() {
        assertThat(named("n".repeat(1000)).fileName()).hasSizeLessThan(200);
    }

    @ParameterizedTest
    @CsvSource({
        "platform-20261122T101530Z-4711.snap, 2026-11-22T10:15:30Z",
        "platform-20261122T101530Z-4711.snap.pgp.json, 2026-11-22T10:15:30Z",
        "n-20200101T000000Z-1-20261122T101530Z-4711.snap.json, 2026-11-22T10:15:30Z",
        "platform-20261322T101530Z-4711.snap,",
        "copy.snap,"
    })
    void nameTellsTheTime(String name, Instant time) {
        assertThat(SnapshotManifest.timeIn(name)).isEqualTo(Optional.ofNullable(time));
    }

    @Test
    void encryptedArchiveIsNamedSo() {
        VerifiedArchive archive = new VerifiedArchive(
                7,
                "1".repeat(64),
                4711,
                3,
                "bolt-snapshot",
                1,
                1000,
                new TreeMap<>(),
                new TreeMap<>(),
                OutsideWork.NONE);
        LocalFile stored = new LocalFile(Path.of("spooled"), 9, "2".repeat(64));
        SnapshotManifest manifest = SnapshotManifest.of(
                archive,
                stored,
                List.of("AB12"),
                Manifests.provenance("id", "platform", Instant.parse("2026-11-22T10:15:30Z")));

        assertThat(manifest.fileName()).isEqualTo("platform-20261122T101530Z-4711.snap.pgp.json");
        assertThat(manifest.sha256()).isEqualTo(stored.sha256());
        assertThat(manifest.sizeBytes()).isEqualTo(9);
        assertThat(manifest.encryption())
                .contains(new SnapshotManifest.Encryption(List.of("AB12"), archive.sha256(), 7));
    }

    private static SnapshotManifest named(String clusterName) {
        return Manifests.of(
                Manifests.provenance("id", clusterName, Instant.parse("2026-11-22T10:15:30.999Z")), 4711, 1000);
    }

    private static SnapshotManifest parse(String json) {
        return SnapshotManifest.parse("a.snap.json", json.getBytes(StandardCharsets.UTF_8));
    }
}
