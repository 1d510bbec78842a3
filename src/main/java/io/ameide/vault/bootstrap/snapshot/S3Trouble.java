package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.snapshot.S3Store.Credentials;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

import javax.net.ssl.SSLException;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a store refused, in words, with configuration keys as they go on after a target's name. Of the store's own texts only codes are told: a text may quote what was sent, and every
 * store has its own.
 */
final class S3Trouble {

    private static final Set<String> UNKNOWN_KEYS =
            Set.of("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId");
    private static final Set<String> EXPIRED = Set.of("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired");
    private static final Set<String> WRONG_REGION =
            Set.of("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException");
    private static final Set<String> FULL = Set.of(
            "QuotaExceeded",
            "XMinioStorageFull",
            "XMinioAdminBucketQuotaExceeded",
            "InsufficientCapacity",
            "ServiceQuotaExceededException");
    private static final Set<String> DAMAGED = Set.of(
            "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidDigest", "InvalidPart");
    private static final Set<String> PASSING =
            Set.of("RequestTimeout", "SlowDown", "Throttling", "TooManyRequests", "OperationAborted", "NoSuchUpload");

    private static final Set<String> LOCKED = Set.of("ObjectLocked", "RetentionPolicyNotMet", "ObjectUnderActiveHold");

    private final S3Store.Settings settings;

    S3Trouble(S3Store.Settings settings) {
        this.settings = settings;
    }

    /** How a sentence names the bucket. */
    String place() {
        String folder =
                settings.prefix().isEmpty() ? "" : "/" + settings.prefix().replaceAll("/$", "");
        return "S3 bucket %s%s%s"
                .formatted(
                        settings.bucket(),
                        folder,
                        settings.endpoint()
                                .map(endpoint -> " at %s://%s".formatted(endpoint.getScheme(), endpoint.getAuthority()))
                                .orElse(""));
    }

    /** Empty where the answer named none. */
    static String code(AwsServiceException e) {
        return Optional.ofNullable(e.awsErrorDetails())
                .map(details -> details.errorCode())
                .orElse("");
    }

    static StoreException locked(String asked, String why) {
        return new StoreException.Locked(asked + ": " + why, "retention tries again once it has ended");
    }

    StoreException of(String asked, SdkException failure) {
        return failure instanceof AwsServiceException refused ? refusal(asked, refused) : silence(asked, failure);
    }

    private StoreException refusal(String asked, AwsServiceException refused) {
        String code = code(refused);
        int status = refused.statusCode();
        String said = "%s: status %d%s".formatted(asked, status, code.isEmpty() ? "" : " " + code);
        if (!(refused instanceof S3Exception)) {
            return new StoreException.Denied(
                    "%s: the token service does not give a role, status %d %s".formatted(asked, status, code),
                    switch (settings.credentials()) {
                        case Credentials.WebIdentity web ->
                            "does the role of s3.web-identity.role-arn trust this ServiceAccount, and the issuer and"
                                    + " audience of the token in s3.web-identity.token-file?";
                        case Credentials.Keys keys -> "";
                        case Credentials.Environment environment ->
                            "does the role of AWS_ROLE_ARN trust this ServiceAccount, its issuer and audience?";
                    },
                    refused);
        }
        if (code.equals("NoSuchKey") || status == 404 && code.isEmpty()) { // An answer to HEAD has no code.
            return new StoreException.Missing(asked + ": it is not there", "", refused);
        }
        if (code.equals("NoSuchBucket")) {
            return new StoreException.Denied(
                    asked + ": there is no such bucket",
                    "make it, or name the right one in s3.bucket and its store in s3.endpoint",
                    refused);
        }
        if (lock(refused)) {
            return new StoreException.Locked(
                    asked + ": its object lock keeps it", "retention tries again once it has ended", refused);
        }
        if (code.equals("RequestTimeTooSkewed")) {
            return new StoreException.Denied(
                    asked + ": the clock of this machine and that of the store differ by too much",
                    "let both follow a time server",
                    refused);
        }
        if (UNKNOWN_KEYS.contains(code)) {
            return new StoreException.Denied(said, "%s of this store, and right?".formatted(credentials()), refused);
        }
        if (EXPIRED.contains(code)) {
            return new StoreException.Denied(said, expired(), refused);
        }
        if (WRONG_REGION.contains(code) || status == 301) {
            return new StoreException.Denied(
                    said, "is %s, in s3.region, that of the bucket?".formatted(settings.region()), refused);
        }
        if (FULL.contains(code) || status == 507) {
            return new StoreException.Full(said, "raise the quota, or keep fewer snapshots", refused);
        }
        if (DAMAGED.contains(code)) {
            return new StoreException.Unavailable(
                    said + ", what arrived is not what was sent",
                    "try again; if it stays, check disk and network",
                    refused);
        }
        if (status == 429 || status >= 500 || PASSING.contains(code)) {
            return new StoreException.Unavailable(said, "see how the store is doing, and try again", refused);
        }
        if (code.startsWith("KMS.")) {
            return new StoreException.Denied(
                    said,
                    "is the key of s3.kms-key, or the account's own one, enabled and in the region of the bucket, and may"
                            + " these credentials use it?",
                    refused);
        }
        if (status == 403 || status == 401) {
            return new StoreException.Denied(
                    said,
                    "it takes s3:ListBucket and s3:ListBucketMultipartUploads on the bucket, and s3:GetObject,"
                            + " s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects; see the"
                            + " documentation for versions, locks and KMS",
                    refused);
        }
        return new StoreException.Denied(said, "", refused);
    }

    /** What a person set, as the subject of a question. */
    private String credentials() {
        return switch (settings.credentials()) {
            case Credentials.Keys keys ->
                keys.sessionToken().isPresent()
                        ? "are s3.access-key-id-file, s3.secret-access-key-file and s3.session-token-file of one key,"
                        : "are s3.access-key-id-file and s3.secret-access-key-file of one key,";
            case Credentials.Environment environment -> "are the keys that the environment gives this process";
            case Credentials.WebIdentity web -> "are the keys that s3.web-identity.endpoint gives";
        };
    }

    private String expired() {
        return switch (settings.credentials()) {
            case Credentials.Keys keys -> "the token in s3.session-token-file has expired: who renews it?";
            case Credentials.Environment environment ->
                "the session token of the environment has expired: who renews it?";
            case Credentials.WebIdentity web -> "the token in s3.web-identity.token-file has expired: who renews it?";
        };
    }

    /** AWS and Ceph say it in the text of a 403, MinIO and Google with codes of their own. */
    private static boolean lock(AwsServiceException refused) {
        String text = Optional.ofNullable(refused.awsErrorDetails())
                .map(details -> String.valueOf(details.errorMessage()))
                .orElse("")
                .toLowerCase(Locale.ROOT);
        return LOCKED.contains(code(refused))
                || refused.statusCode() / 100 == 4 && (text.contains("object lock") || text.contains("worm protected"));
    }

    /** Nobody answered, or there is nobody to ask as. */
    private StoreException silence(String asked, SdkException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case AwsServiceException refused -> {
                    return refusal(asked, refused);
                }
                case UnknownHostException unknown -> {
                    return new StoreException.Unavailable(
                            asked + ": its host name is not known",
                            "is s3.endpoint spelled right, does DNS know it, and is the bucket to be part of the path"
                                    + " (s3.path-style) rather than of the name?",
                            failure);
                }
                case ConnectException refused -> {
                    return new StoreException.Unavailable(
                            asked + ": nobody listens there", "is s3.endpoint right, and the store up?", failure);
                }
                case SSLException tls -> {
                    return new StoreException.Unavailable(
                            asked + ": TLS failed",
                            "which authority signed the endpoint's certificate, and is it in s3.ca-file?",
                            failure);
                }
                default -> {}
            }
        }
        if (String.valueOf(failure.getMessage()).contains("load credentials")) {
            return new StoreException.Denied(
                    asked + ": there are no credentials in the environment",
                    "give the ServiceAccount a role, or set s3.access-key-id-file and s3.secret-access-key-file, or"
                            + " s3.web-identity.role-arn and s3.web-identity.token-file",
                    failure);
        }
        return new StoreException.Unavailable(
                asked + ": no answer", "may this pod reach the store, and is the store in good health?", failure);
    }
}
