package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class KeyMaterialJsonTest {

    private static final String STORE = "file /custody/keys.json";

    private final KeyMaterialJson json = new KeyMaterialJson();

    @Test
    void everyFieldSurvivesTheRoundTrip() {
        KeyMaterial material = Materials.everything().withAside(Materials.initialized());

        assertThat(json.read(json.write(material), STORE)).isEqualTo(material);
    }

    @Test
    void markerSurvivesTheRoundTrip() {
        KeyMaterial marker = Materials.marker();

        assertThat(json.read(json.write(marker), STORE)).isEqualTo(marker);
        KeyMaterial ofPod = Materials.marker(Materials.NODE.ofPod("vault-0"));
        assertThat(json.read(json.write(ofPod), STORE)).isEqualTo(ofPod);
    }

    @Test
    void sameMaterialIsTheSameBytes() {
        KeyMaterial material = Materials.everything();

        assertThat(json.write(json.read(json.write(material), STORE))).isEqualTo(json.write(material));
    }

    @Test
    void documentWrittenByHandMayLeaveOutWhatItDoesNotHave() {
        String document = """
                {
                  "version": 1, "phase": "INITIALIZED", "kind": "UNSEAL", "shareCount": 5, "threshold": 3,
                  "shares": ["a", "b", "c"],
                  "address": "https://vault:8200", "startedAt": "2026-11-01T10:00:00Z",
                  "startedBy": {"pid": 0, "host": "by hand"},
                  "checksumKey": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
                }
                """;

        KeyMaterial material = json.read(document.getBytes(UTF_8), STORE);

        assertThat(material.shares()).hasSize(3);
        assertThat(material.rootToken()).isEmpty();
        assertThat(material.pod()).isEmpty();
        assertThat(material.fingerprints()).isEmpty();
    }

    @Test
    void unknownVersionAsksForAnotherReleaseNotForTheBackup() {
        byte[] document = changed("\"version\" : 1", "\"version\" : 2");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> json.read(document, STORE))
                .extracting(ProblemException::problem)
                .isEqualTo(Problem.blocked(
                        "read custody from file /custody/keys.json: its version is 2, this release knows version 1",
                        "nothing was changed; use a release of vault-bootstrap that knows it"));
    }

    @Test
    void everyTruncationIsReportedWithoutQuotingTheDocument() {
        byte[] whole = json.write(Materials.everything());

        // Without its last line break and closing brace it is no longer whole.
        for (int length = 0; length < whole.length - 1; length++) {
            assertRefusedWithoutQuoting(Arrays.copyOf(whole, length));
        }
    }

    @Test
    void truncationSaysSoAndNamesTheWayOut() {
        byte[] whole = json.write(Materials.everything());

        Problem problem = refusal(Arrays.copyOf(whole, whole.length / 2));

        assertThat(problem.message())
                .isEqualTo("read custody from file /custody/keys.json: it is truncated: it ends in the middle of its"
                        + " JSON document");
        assertThat(problem.hint()).isEqualTo("nothing was changed; restore it from its backup");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "phase" : "INITIALIZED"       | "phase" : "s3ntinel"           | field phase is none of [INITIALIZING, INITIALIZED]
            "kind" : "UNSEAL"             | "kind" : 7                     | field kind is not text, or is empty
            "threshold" : 3               | "threshold" : "s3ntinel"       | field threshold is missing or is not a whole number
            "threshold" : 3               | "threshold" : 6                | the threshold is not between 0 and the number of shares
            "threshold" : 3               | "threshold" : 3.5              | field threshold is missing or is not a whole number
            "startedAt" : "2026-11-01T10  | "startedAt" : "s3ntinel        | field startedAt is not a time such as 2026-11-01T10:00:00Z
            "address" :                   | "s3ntinel" :                   | it holds a field that this release does not know
            "holder" :                    | "s3ntinel" :                   | it holds a field that this release does not know
            "secretId" :                  | "role" :                       | it is not one JSON document: trouble in line 25, column 11
            "host" : "laptop"             | "host" : ""                    | field host is not text, or is empty
            "shares" : [ "s3ntinel-share" ] | "shares" : "s3ntinel-share"  | field shares is not a list
            "shares" : [ "s3ntinel-share" ] | "shares" : [ 17 ]            | field shares holds something that is not a share
            "rootToken" : "s3ntinel-root" | "rootToken" : s3ntinel-root    | it is not one JSON document: trouble in line 20, column 17
            "rootToken" : "s3ntinel-root" | "rootToken" : ["s3ntinel"]     | field rootToken is not text, or is empty
            "hmac-a"                      | 12                             | field fingerprints holds something that is not text
            """)
    void whatIsWrongIsNamedButNeverQuoted(String original, String replacement, String matter) {
        byte[] document = changed(original, replacement);

        assertRefusedWithoutQuoting(document);
        assertThat(refusal(document).message()).isEqualTo("read custody from " + STORE + ": " + matter);
    }

    @Test
    void otherThingsThanADocumentAreRefused() {
        assertThat(refusal(new byte[0]).message()).endsWith(": it is empty");
        assertThat(refusal("[]".getBytes(UTF_8)).message()).endsWith(": it is not a JSON object");
        assertThat(refusal("null".getBytes(UTF_8)).message()).endsWith(": it is not a JSON object");
        assertRefusedWithoutQuoting((Materials.SENTINEL + "\n").getBytes(UTF_8));
        assertRefusedWithoutQuoting(Materials.SENTINEL.getBytes(UTF_16));
        assertRefusedWithoutQuoting(new byte[4096]);
        assertRefusedWithoutQuoting(twice(json.write(Materials.everything())));
    }

    private byte[] changed(String original, String replacement) {
        String document = new String(json.write(Materials.everything()), UTF_8);
        assertThat(document).contains(original);
        return document.replace(original, replacement).getBytes(UTF_8);
    }

    private Problem refusal(byte[] document) {
        return catchThrowableOfType(ProblemException.class, () -> json.read(document, STORE))
                .problem();
    }

    private void assertRefusedWithoutQuoting(byte[] document) {
        var exception = catchThrowableOfType(ProblemException.class, () -> json.read(document, STORE));

        assertThat(exception.problem().kind()).isEqualTo(Problem.Kind.BLOCKED);
        assertThat(exception.problem().message()).contains(STORE);
        var trace = new StringWriter();
        exception.printStackTrace(new PrintWriter(trace));
        assertThat(trace.toString()).doesNotContain(Materials.SENTINEL);
    }

    private static byte[] twice(byte[] bytes) {
        byte[] doubled = Arrays.copyOf(bytes, 2 * bytes.length);
        System.arraycopy(bytes, 0, doubled, bytes.length, bytes.length);
        return doubled;
    }
}
