package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.S3Store.Credentials;
import io.ameide.vault.bootstrap.testing.Documentation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

import javax.net.ssl.SSLHandshakeException;

import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What a person is told to look at exists. No store refuses like this on demand, in all of these ways. */
class S3TroubleTest {

    private static final Pattern KEY = Pattern.compile("s3\\.[a-z.-]*[a-z]");
    private static final Credentials KEYS = new Credentials.Keys("id", Sensitive.of("secret"), Optional.empty());
    private static final Credentials SESSION =
            new Credentials.Keys("id", Sensitive.of("secret"), Optional.of(Sensitive.of("token")));
    private static final Credentials ENVIRONMENT = new Credentials.Environment();
    private static final Credentials WEB_IDENTITY =
            new Credentials.WebIdentity(Path.of("token"), "role", "session", Optional.empty());

    /**
     * @param keys that the hint names
     */
    private record Case(String name, Credentials credentials, SdkException failure, Set<String> keys) {

        @Override
        public String toString() {
            return name + " with " + credentials.getClass().getSimpleName();
        }
    }

    static Stream<Case> cases() {
        Set<String> key = Set.of("s3.access-key-id-file", "s3.secret-access-key-file");
        SdkException nobody = SdkClientException.create("Unable to load credentials from any of the providers");
        return Stream.of(
                new Case("unknown key", KEYS, refused("InvalidAccessKeyId"), key),
                new Case(
                        "wrong signature",
                        SESSION,
                        refused("SignatureDoesNotMatch"),
                        Set.of("s3.access-key-id-file", "s3.secret-access-key-file", "s3.session-token-file")),
                new Case("unknown key", ENVIRONMENT, refused("InvalidAccessKeyId"), Set.of()),
                new Case(
                        "unknown key", WEB_IDENTITY, refused("InvalidAccessKeyId"), Set.of("s3.web-identity.endpoint")),
                new Case("expired", SESSION, refused("ExpiredToken"), Set.of("s3.session-token-file")),
                new Case("expired", ENVIRONMENT, refused("ExpiredToken"), Set.of()),
                new Case("expired", WEB_IDENTITY, refused("ExpiredToken"), Set.of("s3.web-identity.token-file")),
                new Case(
                        "no role",
                        WEB_IDENTITY,
                        tokenService(),
                        Set.of("s3.web-identity.role-arn", "s3.web-identity.token-file")),
                new Case("no role", ENVIRONMENT, tokenService(), Set.of()),
                new Case("no bucket", KEYS, refused("NoSuchBucket"), Set.of("s3.bucket", "s3.endpoint")),
                new Case("no key to encrypt with", KEYS, refused("KMS.DisabledException"), Set.of("s3.kms-key")),
                new Case("region", KEYS, refused("AuthorizationHeaderMalformed"), Set.of("s3.region")),
                new Case(
                        "unknown host",
                        KEYS,
                        SdkClientException.create("no", new UnknownHostException("minio")),
                        Set.of("s3.endpoint", "s3.path-style")),
                new Case(
                        "nobody listens",
                        KEYS,
                        SdkClientException.create("no", new ConnectException("refused")),
                        Set.of("s3.endpoint")),
                new Case(
                        "untrusted",
                        KEYS,
                        SdkClientException.create("no", new SSLHandshakeException("no path")),
                        Set.of("s3.ca-file")),
                new Case(
                        "no credentials",
                        ENVIRONMENT,
                        nobody,
                        Set.of(
                                "s3.access-key-id-file",
                                "s3.secret-access-key-file",
                                "s3.web-identity.role-arn",
                                "s3.web-identity.token-file")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void hintNamesTheKeysToLookAt(Case trouble) {
        StoreException told = new S3Trouble(settings(trouble.credentials())).of("store a", trouble.failure());

        Set<String> named = KEY.matcher(told.problem().hint())
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
        assertThat(named).as(told.problem().hint()).isEqualTo(trouble.keys()).isSubsetOf(documented());
    }

    private static List<String> documented() {
        String prefix = "bootstrap.snapshot.targets.NAME.";
        return Documentation.page("docs/configuration.md").rows("configuration key").stream()
                .map(row -> row.get("configuration key"))
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .toList();
    }

    private static S3Store.Settings settings(Credentials credentials) {
        return new S3Store.Settings(
                "bucket",
                Optional.of(URI.create("https://minio:9000")),
                "us-east-1",
                true,
                "",
                new S3Store.Encryption.OfBucket(),
                Optional.empty(),
                credentials,
                Optional.empty());
    }

    private static SdkException refused(String code) {
        return S3Exception.builder()
                .statusCode(400)
                .awsErrorDetails(details(code))
                .build();
    }

    @Test
    void keyServiceThatIsBusyPasses() {
        SdkException busy = S3Exception.builder()
                .statusCode(503)
                .awsErrorDetails(details("KMS.InternalException"))
                .build();

        assertThat(new S3Trouble(settings(KEYS)).of("store a", busy)).isInstanceOf(StoreException.Unavailable.class);
    }

    private static SdkException tokenService() {
        return AwsServiceException.builder()
                .statusCode(403)
                .awsErrorDetails(details("AccessDenied"))
                .build();
    }

    private static AwsErrorDetails details(String code) {
        return AwsErrorDetails.builder().errorCode(code).errorMessage("no").build();
    }
}
