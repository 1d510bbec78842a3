package io.ameide.vault.bootstrap.snapshot;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A bucket of Amazon S3 or of anything else that speaks its
 * <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html">API</a>. A
 * file of up to {@value #PART_BYTES} bytes is one request, a larger one is a multipart upload, {@code If-None-Match: *}
 * guards both. Each request with content is signed together with the SHA-256 of that content, which every store checks,
 * and says it once more as the checksum that newer stores keep. Metadata {@code sha256} of an object is that of the whole
 * file.
 *
 * <p>A store that ignores {@code If-None-Match} can be told from none that honours it. There a name that is taken is still
 * found before anything is sent; but of two that put under one name in the same moment the later one wins. One that
 * refuses the header (501) is asked again without it.
 *
 * <p>Where the bucket has versions, deleting removes the version, for good: a delete marker would be accepted for a
 * locked one too and hide it.
 */
public final class S3Store implements ObjectStore {

    static final int PART_BYTES = 16 * 1024 * 1024;

    /** Of a multipart upload, by the API's limits. */
    private static final int MAX_PARTS = 10_000;

    private static final String SHA256 = "sha256";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");
    private static final int MAX_VERSIONS = 100;

    /** A request without content gets this long, three times at most. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    /** Slower than this a request with content is as good as dead. */
    private static final long LEAST_BYTES_PER_SECOND = 64 * 1024;

    /** By codes of S3 and of Ceph: somebody else has put or is about to. */
    private static final Set<String> TAKEN = Set.of("PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload");

    /**
     * @param endpoint of a store other than Amazon's, for example {@code https://minio.storage:9000} or {@code
     *     https://storage.googleapis.com}
     * @param region for example {@code eu-central-1}; other stores mostly take {@code us-east-1}, Google {@code auto}
     * @param pathStyle whether the bucket is part of the path rather than of the host's name, as most stores off Amazon want
     * @param prefix which the names of objects get, without one the whole bucket is the place; a slash at its end is added
     * @param caFile PEM of the authorities that sign the endpoint's certificate; those of the JVM where it is empty
     */
    public record Settings(
            String bucket,
            Optional<URI> endpoint,
            String region,
            boolean pathStyle,
            String prefix,
            Encryption encryption,
            Optional<ObjectLock> objectLock,
            Credentials credentials,
            Optional<Path> caFile) {

        public Settings {
            Objects.requireNonNull(bucket);
            Objects.requireNonNull(endpoint);
            Objects.requireNonNull(region);
            Objects.requireNonNull(encryption);
            Objects.requireNonNull(objectLock);
            Objects.requireNonNull(credentials);
            Objects.requireNonNull(caFile);
            prefix = Prefixes.closed(prefix);
        }
    }

    /** How the store encrypts at rest. */
    public sealed interface Encryption {

        /** As the bucket is set up. */
        record OfBucket() implements Encryption {}

        /** With keys that the store manages: SSE-S3. */
        record Managed() implements Encryption {}

        /**
         * SSE-KMS.
         *
         * @param keyId id, alias or ARN; empty for the key that the account has for S3
         */
        record Kms(Optional<String> keyId) implements Encryption {}
    }

    /**
     * Under which nobody can delete an object before its time, from the moment it is stored. The bucket must have been made
     * with object lock.
     *
     * @param days from when it is stored
     */
    public record ObjectLock(Mode mode, int days) {

        public enum Mode {
            /** Who has a permission of its own may lift it. */
            GOVERNANCE,
            /** Nobody can, not even the account's owner. */
            COMPLIANCE
        }

        public ObjectLock {
            Objects.requireNonNull(mode);
            if (days < 1) {
                throw new IllegalArgumentException("an object lock of less than a day");
            }
        }
    }

    /** As whom requests are signed. */
    public sealed interface Credentials {

        /** Keys that were made for this, HMAC keys of Google among them. */
        record Keys(String accessKeyId, Sensitive secretAccessKey, Optional<Sensitive> sessionToken)
                implements Credentials {}

        /**
         * Whatever this process finds, as every AWS tool does: the variables AWS_ACCESS_KEY_ID and so on, a web identity
         * (IRSA), the shared files, EKS Pod Identity, the instance's role.
         */
        record Environment() implements Credentials {}

        /**
         * A role that the security token service gives for a ServiceAccount's token.
         *
         * @param tokenFile the projected token, read anew whenever one is needed
         * @param sessionName how logs of the account show this process
         * @param stsEndpoint of a service other than Amazon's
         */
        record WebIdentity(Path tokenFile, String roleArn, String sessionName, Optional<URI> stsEndpoint)
                implements Credentials {}
    }

    /**
     * @param partBytes no store takes parts of less than 5 MiB, but for the last one
     * @param answer for one try of one request, beyond the time that its content takes
     * @param leastBytesPerSecond what its content takes at most
     * @param retries what is tried again, how often and after which pauses
     */
    record Limits(long partBytes, Duration answer, long leastBytesPerSecond, StandardRetryStrategy retries) {

        private Duration transfer(long bytes) {
            return answer.plusSeconds(bytes / leastBytesPerSecond);
        }
    }

    private final Settings settings;
    private final S3Client client;
    private final S3Trouble trouble;
    private final Clock clock;
    private final Limits limits;

    public S3Store(Settings settings, Clock clock) {
        this(
                settings,
                clock,
                new Limits(PART_BYTES, ANSWER_LIMIT, LEAST_BYTES_PER_SECOND, AwsRetryStrategy.standardRetryStrategy()));
    }

    S3Store(Settings settings, Clock clock, Limits limits) {
        this.settings = settings;
        this.client = S3Clients.of(settings, limits.answer(), limits.retries());
        this.trouble = new S3Trouble(settings);
        this.clock = clock;
        this.limits = limits;
    }

    @Override
    public String description() {
        return trouble.place();
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public List<StoredObject> list() {
        return asking("list the snapshots in " + description(), () -> {
            List<StoredObject> objects = new ArrayList<>();
            var pages = client.listObjectsV2Paginator(request ->
                    request.bucket(settings.bucket()).prefix(settings.prefix()).delimiter("/"));
            for (ListObjectsV2Response page : pages) {
                for (S3Object object : page.contents()) {
                    String name = object.key().substring(settings.prefix().length());
                    if (!name.isEmpty()) { // A console makes an object of that name when it makes a folder.
                        objects.add(new StoredObject(name, object.size(), object.lastModified()));
                    }
                }
            }
            return objects;
        });
    }

    @Override
    public void put(String name, LocalFile content) {
        String asked = "store %s in %s".formatted(name, description());
        asking(asked, () -> {
            if (!isThere(asked, name, content)) {
                try {
                    send(asked, name, content);
                } catch (S3Exception e) {
                    if (!TAKEN.contains(S3Trouble.code(e)) && e.statusCode() != 412) {
                        throw e;
                    }
                    // The first answer may have been lost on its way, and this one is to the second try.
                    if (!isThere(asked, name, content)) {
                        throw S3Trouble.code(e).equals("NoSuchUpload") ? e : new StoreException.Exists(asked);
                    }
                }
            }
            return name;
        });
    }

    /**
     * Whether this very content is there already. Asks by listing: whether a name is free, a HEAD does not tell to who may
     * list below a prefix only.
     *
     * @throws StoreException.Exists where something else is
     */
    private boolean isThere(String asked, String name, LocalFile content) {
        if (!listed(key(name))) {
            return false;
        }
        HeadObjectResponse object =
                client.headObject(request -> request.bucket(settings.bucket()).key(key(name)));
        boolean same = object.contentLength() == content.sizeBytes()
                && content.sha256().equals(object.metadata().get(SHA256));
        if (!same) {
            throw new StoreException.Exists(asked);
        }
        return true;
    }

    /** A name sorts before all others that begin with it. */
    private boolean listed(String key) {
        return client
                .listObjectsV2(
                        request -> request.bucket(settings.bucket()).prefix(key).maxKeys(1))
                .contents()
                .stream()
                .anyMatch(object -> object.key().equals(key));
    }

    private void send(String asked, String name, LocalFile content) {
        Function<Optional<String>, Void> send = condition -> {
            if (content.sizeBytes() <= limits.partBytes()) {
                putWhole(asked, name, content, condition);
            } else {
                putParts(asked, name, content, condition);
            }
            return null;
        };
        try {
            send.apply(Optional.of("*"));
        } catch (S3Exception e) {
            if (e.statusCode() != 501) {
                throw e;
            }
            send.apply(Optional.empty());
        }
    }

    private void putWhole(String asked, String name, LocalFile content, Optional<String> condition) {
        MessageDigest digest = Sha256.digest();
        // A store too old to know the checksum's header would take whatever the file holds by now.
        new FileRange(content.path(), 0, content.sizeBytes()).digest(digest);
        content.requireSame(asked, digest);
        client.putObject(
                request -> {
                    request.bucket(settings.bucket())
                            .key(key(name))
                            .ifNoneMatch(condition.orElse(null))
                            .checksumSHA256(base64(content.sha256()))
                            .metadata(Map.of(SHA256, content.sha256()))
                            .contentType("application/octet-stream")
                            .overrideConfiguration(
                                    one -> one.apiCallAttemptTimeout(limits.transfer(content.sizeBytes())));
                    Keeping keeping = keeping();
                    request.serverSideEncryption(keeping.encryption())
                            .ssekmsKeyId(keeping.kmsKeyId())
                            .objectLockMode(keeping.lock())
                            .objectLockRetainUntilDate(keeping.lockedUntil());
                },
                RequestBody.fromFile(content.path()));
    }

    private void putParts(String asked, String name, LocalFile content, Optional<String> condition) {
        String key = key(name);
        String upload = client.createMultipartUpload(request -> {
                    request.bucket(settings.bucket())
                            .key(key)
                            .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                            .checksumType(ChecksumType.COMPOSITE)
                            .metadata(Map.of(SHA256, content.sha256()))
                            .contentType("application/octet-stream");
                    Keeping keeping = keeping();
                    request.serverSideEncryption(keeping.encryption())
                            .ssekmsKeyId(keeping.kmsKeyId())
                            .objectLockMode(keeping.lock())
                            .objectLockRetainUntilDate(keeping.lockedUntil());
                })
                .uploadId();
        try {
            List<CompletedPart> parts = sendParts(asked, key, upload, content);
            client.completeMultipartUpload(request -> request.bucket(settings.bucket())
                    .key(key)
                    .uploadId(upload)
                    .ifNoneMatch(condition.orElse(null))
                    .checksumType(ChecksumType.COMPOSITE)
                    .multipartUpload(all -> all.parts(parts))
                    // A store may take minutes to put the parts together, and sends blanks meanwhile.
                    .overrideConfiguration(
                            one -> one.apiCallAttemptTimeout(limits.answer().multipliedBy(5))));
        } catch (RuntimeException e) {
            try {
                abort(key, upload);
            } catch (SdkException aside) {
                // Why it was given up is the news; what is left of it is cleaned up a day later.
                e.addSuppressed(aside);
            }
            throw e;
        }
    }

    private List<CompletedPart> sendParts(String asked, String key, String upload, LocalFile content) {
        long size = Math.max(limits.partBytes(), Math.ceilDiv(content.sizeBytes(), MAX_PARTS));
        MessageDigest whole = Sha256.digest();
        List<CompletedPart> parts = new ArrayList<>();
        for (long from = 0; from < content.sizeBytes(); from += size) {
            int number = parts.size() + 1;
            FileRange range = new FileRange(content.path(), from, Math.min(size, content.sizeBytes() - from));
            MessageDigest digest = Sha256.digest();
            range.digest(digest, whole);
            String checksum = Base64.getEncoder().encodeToString(digest.digest());
            String tag = client.uploadPart(
                            request -> request.bucket(settings.bucket())
                                    .key(key)
                                    .uploadId(upload)
                                    .partNumber(number)
                                    .checksumSHA256(checksum)
                                    .contentLength(range.bytes())
                                    .overrideConfiguration(
                                            one -> one.apiCallAttemptTimeout(limits.transfer(range.bytes()))),
                            RequestBody.fromContentProvider(range::open, range.bytes(), "application/octet-stream"))
                    .eTag();
            parts.add(CompletedPart.builder()
                    .partNumber(number)
                    .eTag(tag)
                    .checksumSHA256(checksum)
                    .build());
        }
        content.requireSame(asked, whole);
        return parts;
    }

    private void abort(String key, String upload) {
        client.abortMultipartUpload(
                request -> request.bucket(settings.bucket()).key(key).uploadId(upload));
    }

    @Override
    public InputStream open(String name) {
        String asked = "read %s in %s".formatted(name, description());
        return asking(asked, () -> {
            var object = client.getObject(
                    request -> request.bucket(settings.bucket()).key(key(name)));
            GetObjectResponse response = object.response();
            return new WholeStream(
                    object,
                    response.contentLength(),
                    object::abort,
                    e -> e instanceof SdkException sdk ? trouble.of(asked, sdk) : e);
        });
    }

    /** One version after the other: below the one that is deleted there may be an older one, which would show again. */
    @Override
    public void delete(String name) {
        String asked = "delete %s in %s".formatted(name, description());
        String key = key(name);
        asking(asked, () -> {
            for (int i = 0; i < MAX_VERSIONS && listed(key); i++) {
                deleteVersion(asked, key);
            }
            return name;
        });
    }

    private void deleteVersion(String asked, String key) {
        try {
            HeadObjectResponse object = client.headObject(
                    request -> request.bucket(settings.bucket()).key(key));
            requireUnlocked(asked, object);
            client.deleteObject(
                    request -> request.bucket(settings.bucket()).key(key).versionId(object.versionId()));
        } catch (S3Exception e) {
            // Another process was faster; that the bucket is there the listing has shown.
            if (e.statusCode() != 404) {
                throw e;
            }
        }
    }

    /** Not every store says so when it is asked to delete, and not every account is told when it asks for the object. */
    private void requireUnlocked(String asked, HeadObjectResponse object) {
        if (object.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON) {
            throw S3Trouble.locked(asked, "a legal hold keeps it");
        }
        Optional.ofNullable(object.objectLockRetainUntilDate())
                .filter(until -> until.isAfter(clock.instant()))
                .ifPresent(until -> {
                    throw S3Trouble.locked(asked, "its object lock keeps it until " + until);
                });
    }

    /**
     * Uploads of archives right below the prefix, by their names: nothing else of this tool is large enough for parts, and no
     * listing ascribes an upload to whoever began it. A place of its own should have a prefix or a bucket of its own.
     */
    @Override
    public List<Leftover> leftovers(Instant before) {
        return asking("list the uploads in " + description(), () -> {
            List<Leftover> left = new ArrayList<>();
            client.listMultipartUploadsPaginator(
                            request -> request.bucket(settings.bucket()).prefix(settings.prefix()))
                    .uploads()
                    .forEach(upload -> {
                        String name = upload.key().substring(settings.prefix().length());
                        if (ours(name) && upload.initiated().isBefore(before) && hashed(upload)) {
                            left.add(leftover(name, upload));
                        }
                    });
            return left;
        });
    }

    private Leftover leftover(String name, MultipartUpload upload) {
        String words = "upload of %s begun at %s".formatted(name, upload.initiated());
        return new Leftover(
                words,
                () -> asking("delete the %s in %s".formatted(words, description()), () -> {
                    try {
                        abort(upload.key(), upload.uploadId());
                    } catch (S3Exception e) {
                        if (!S3Trouble.code(e).equals("NoSuchUpload")) {
                            throw e;
                        }
                    }
                    return upload;
                }));
    }

    private static boolean ours(String name) {
        return NAME.matcher(name).matches() && SnapshotManifest.isArchiveName(name);
    }

    /** As ours are, where the store tells. */
    private static boolean hashed(MultipartUpload upload) {
        return upload.checksumAlgorithm() == null || upload.checksumAlgorithm() == ChecksumAlgorithm.SHA256;
    }

    private <T> T asking(String asked, Supplier<T> request) {
        try {
            return request.get();
        } catch (SdkException e) {
            throw trouble.of(asked, e);
        } catch (UncheckedIOException e) {
            // Of the file that is sent, or of a web identity's token.
            throw FileTrouble.store(asked, e.getCause());
        }
    }

    private String key(String name) {
        return settings.prefix() + name;
    }

    /** What requests say of how the object is kept, as their builders take it: null for what is left to the bucket. */
    private record Keeping(
            ServerSideEncryption encryption, String kmsKeyId, ObjectLockMode lock, Instant lockedUntil) {}

    private Keeping keeping() {
        ServerSideEncryption encryption = switch (settings.encryption()) {
            case Encryption.OfBucket ofBucket -> null;
            case Encryption.Managed managed -> ServerSideEncryption.AES256;
            case Encryption.Kms kms -> ServerSideEncryption.AWS_KMS;
        };
        String kmsKeyId = settings.encryption() instanceof Encryption.Kms kms
                ? kms.keyId().orElse(null)
                : null;
        return new Keeping(
                encryption,
                kmsKeyId,
                settings.objectLock().map(S3Store::mode).orElse(null),
                settings.objectLock().map(this::until).orElse(null));
    }

    private static ObjectLockMode mode(ObjectLock lock) {
        return switch (lock.mode()) {
            case GOVERNANCE -> ObjectLockMode.GOVERNANCE;
            case COMPLIANCE -> ObjectLockMode.COMPLIANCE;
        };
    }

    private Instant until(ObjectLock lock) {
        return clock.instant().plus(Duration.ofDays(lock.days()));
    }

    private static String base64(String hex) {
        return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(hex));
    }
}
