package io.ameide.vault.bootstrap.access;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

class ProjectedTokenTest {

    private static final String SUBJECT = "\"sub\": \"system:serviceaccount:vault:vault-bootstrap\"";

    @TempDir
    Path folder;

    @Test
    void claimsSayWhoseItIsAndForWhom() throws IOException {
        ProjectedToken token = read("{" + SUBJECT + ", \"aud\": [\"vault\"], \"exp\": 1800000000}");

        assertThat(token.account().namespace()).isEqualTo("vault");
        assertThat(token.account().name()).isEqualTo("vault-bootstrap");
        assertThat(token.audience()).isEqualTo("vault");
        assertThat(token.expiresAt()).isEqualTo(Instant.ofEpochSecond(1_800_000_000));
        assertThat(token.toString()).doesNotContain(token.jwt().reveal());
    }

    @Test
    void oneAudienceNeedsNoList() throws IOException {
        assertThat(read("{" + SUBJECT + ", \"aud\": \"vault\", \"exp\": 1800000000}")
                        .audience())
                .isEqualTo("vault");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{%s, \"aud\": [\"a\", \"b\"], \"exp\": 1} | has 2 audiences, not one",
                "{%s, \"aud\": [], \"exp\": 1}             | has 0 audiences, not one",
                "{%s, \"exp\": 1}                          | has no audiences, not one",
                "{%s, \"aud\": [\"\"], \"exp\": 1}         | has 1 audiences, not one",
                "{%s, \"aud\": [\"vault\"]}                | does not say when it expires",
                "{\"sub\": \"ann\", \"aud\": [\"vault\"], \"exp\": 1} | is not the token of a ServiceAccount",
                "[1]                                       | holds no JSON web token",
                "{                                         | holds no JSON web token"
            })
    void tokenThatNobodyProjectedIsRefused(String claims, String matter) throws IOException {
        assertThatRefusalSays(write(jwt(claims.replace("%s", SUBJECT))), matter);
    }

    @ParameterizedTest
    @CsvSource({"'', is empty", "' \n', is empty", "a.b, holds no JSON web token", "a.!.c, holds no JSON web token"})
    void fileWithoutATokenIsRefused(String content, String matter) throws IOException {
        assertThatRefusalSays(write(content), matter);
    }

    @Test
    void fileThatIsMissingIsNamed() {
        assertThatRefusalSays(folder.resolve("token"), "is not there");
        assertThatRefusalSays(folder, "cannot be read");
    }

    @Test
    void expiryHasAMinuteOfLeeway() throws IOException {
        ProjectedToken token = read("{" + SUBJECT + ", \"aud\": [\"vault\"], \"exp\": 1800000000}");

        assertThatNoException().isThrownBy(() -> token.requireValid(Instant.ofEpochSecond(1_800_000_060)));
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> token.requireValid(Instant.ofEpochSecond(1_800_000_061)))
                .satisfies(e -> assertThat(e.problem().message())
                        .isEqualTo("the token in %s expired at 2027-01-15T08:00:00Z".formatted(token.file())));
    }

    private static void assertThatRefusalSays(Path file, String matter) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> ProjectedToken.read(file))
                .satisfies(e -> {
                    assertThat(e.problem().kind()).isEqualTo(Problem.Kind.ACCESS);
                    assertThat(e.problem().message()).contains(file + " " + matter);
                    assertThat(e.problem().hint()).contains("bootstrap.access.kubernetes.token-file");
                });
    }

    private ProjectedToken read(String claims) throws IOException {
        return ProjectedToken.read(write(jwt(claims)));
    }

    private Path write(String content) throws IOException {
        return Files.writeString(folder.resolve("token"), content);
    }

    private static String jwt(String claims) {
        var encoder = Base64.getUrlEncoder().withoutPadding();
        return "e30." + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".c2ln";
    }
}
