package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SnapshotManifestTest {

    private static final String JSON = """
            {
              "archive" : "platform-20261122T101530Z-4711.snap",
              "sha256" : "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "size" : 16921,
              "index" : 4711,
              "term" : 3,
              "clusterId" : "52bff148-5cd7-ed00-3d30-7ffd02620f40",
              "clusterName" : "platform",
              "serverVersion" : "2.7.2",
              "sealType" : "shamir",
              "takenAt" : "2026-11-22T10:15:30.123Z",
              "takenBy" : "vault-bootstrap 0.1.0"
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
        assertThat(parse(JSON.replaceFirst("\\{", "{ \"custodyGeneration\": {\"n\": 3},")))
                .isEqualTo(parse(JSON));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "archive",
                "sha256",
                "size",
                "index",
                "term",
                "clusterId",
                "clusterName",
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

    private static SnapshotManifest named(String clusterName) {
        VerifiedArchive archive = new VerifiedArchive(
                1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 4711, 3, "bolt-snapshot", 1, 1);
        Instant takenAt = Instant.parse("2026-11-22T10:15:30.999Z");
        return SnapshotManifest.of(
                archive, new Provenance("http://v", "id", clusterName, "2.7.2", "shamir", 0, takenAt, "test"));
    }

    private static SnapshotManifest parse(String json) {
        return SnapshotManifest.parse("a.snap.json", json.getBytes(StandardCharsets.UTF_8));
    }
}
