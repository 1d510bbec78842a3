package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.S3Store.Credentials;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsWebIdentityTokenFileCredentialsProvider;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Clients of the AWS SDK as {@link S3Store} wants them: bounded in time, and with nothing that only Amazon's S3 knows. */
final class S3Clients {

    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private S3Clients() {}

    static S3Client of(S3Store.Settings settings, Duration answerLimit, StandardRetryStrategy retries) {
        Region region = Region.of(settings.region());
        var builder = S3Client.builder()
                .region(region)
                .credentialsProvider(credentials(settings, region, answerLimit))
                .httpClient(http(settings.caFile(), answerLimit))
                .forcePathStyle(settings.pathStyle())
                // The checksums that the SDK adds by itself come as trailers, which other stores do not take.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .serviceConfiguration(
                        S3Configuration.builder().chunkedEncodingEnabled(false).build())
                .authSchemeProvider(signingContent())
                .overrideConfiguration(limits -> limits.retryStrategy(retries)
                        .apiCallAttemptTimeout(answerLimit)
                        .addExecutionInterceptor(new NoExpectation()));
        settings.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    /** Over TLS the SDK would leave the content out of the signature, and with it the store's look at its hash. */
    private static S3AuthSchemeProvider signingContent() {
        S3AuthSchemeProvider schemes = S3AuthSchemeProvider.defaultProvider();
        return parameters -> schemes.resolveAuthScheme(parameters).stream()
                .map(option -> option.toBuilder()
                        .putSignerProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, true)
                        .putSignerProperty(AwsV4HttpSigner.CHUNK_ENCODING_ENABLED, false)
                        .build())
                .map(AuthSchemeOption.class::cast)
                .toList();
    }

    /**
     * Leaves out {@code Expect: 100-continue}, since the JDK waits for that answer as long as for any other, and a store or
     * a proxy need not give it.
     */
    private static final class NoExpectation implements ExecutionInterceptor {

        @Override
        public SdkHttpRequest modifyHttpRequest(
                Context.ModifyHttpRequest context, ExecutionAttributes executionAttributes) {
            return context.httpRequest().toBuilder().removeHeader("Expect").build();
        }
    }

    private static SdkHttpClient http(Optional<Path> caFile, Duration answerLimit) {
        var builder = UrlConnectionHttpClient.builder()
                .connectionTimeout(CONNECT_LIMIT)
                .socketTimeout(answerLimit);
        caFile.map(TrustedAuthorities::in).ifPresent(trust -> builder.tlsTrustManagersProvider(() -> trust));
        return builder.build();
    }

    private static AwsCredentialsProvider credentials(S3Store.Settings settings, Region region, Duration answerLimit) {
        return switch (settings.credentials()) {
            case Credentials.Keys keys -> StaticCredentialsProvider.create(credentials(keys));
            case Credentials.Environment environment ->
                DefaultCredentialsProvider.builder().build();
            case Credentials.WebIdentity identity ->
                StsWebIdentityTokenFileCredentialsProvider.builder()
                        .webIdentityTokenFile(identity.tokenFile())
                        .roleArn(identity.roleArn())
                        .roleSessionName(identity.sessionName())
                        .stsClient(tokens(identity.stsEndpoint(), region, settings.caFile(), answerLimit))
                        .build();
        };
    }

    private static AwsCredentials credentials(Credentials.Keys keys) {
        String secret = keys.secretAccessKey().reveal();
        return keys.sessionToken()
                .map(Sensitive::reveal)
                .<AwsCredentials>map(token -> AwsSessionCredentials.create(keys.accessKeyId(), secret, token))
                .orElseGet(() -> AwsBasicCredentials.create(keys.accessKeyId(), secret));
    }

    private static StsClient tokens(
            Optional<URI> endpoint, Region region, Optional<Path> caFile, Duration answerLimit) {
        var builder = StsClient.builder()
                .region(region)
                .credentialsProvider(AnonymousCredentialsProvider.create())
                .httpClient(http(caFile, answerLimit))
                .overrideConfiguration(
                        limits -> limits.retryStrategy(RetryMode.STANDARD).apiCallAttemptTimeout(answerLimit));
        endpoint.ifPresent(builder::endpointOverride);
        return builder.build();
    }
}
