package io.ameide.vault.bootstrap.snapshot;

import com.azure.core.http.HttpClient;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobClient;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlobInputStreamOptions;
import com.azure.storage.blob.options.BlockBlobCommitBlockListOptions;
import com.azure.storage.blob.options.BlockBlobStageBlockOptions;
import com.azure.storage.blob.specialized.BlobInputStream;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A container of Azure Blob Storage, as its
 * <a href="https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api">REST API</a> has it. A file is sent
 * in blocks of {@value #BLOCK_BYTES} bytes, each with its MD5, the one checksum of content that the service verifies; the
 * list of blocks is committed under {@code If-None-Match: *} after the SHA-256 of what was read was found right. Metadata
 * {@code sha256} of a blob is that of the whole file.
 *
 * <p>Blocks that nobody commits are no blob, cost little and vanish by themselves a week after the last of them came; the
 * service has no request that removes them earlier.
 */
public final class AzureBlobStore implements ObjectStore {

    static final int BLOCK_BYTES = 8 * 1024 * 1024;

    /** Of a blob, by the service's limits. */
    private static final int MAX_BLOCKS = 50_000;

    /** The client holds several times as much while it reads. */
    private static final int READ_BYTES = 2 * 1024 * 1024;

    private static final int PAGE = 1000;
    private static final String SHA256 = "sha256";

    /** What the service in Azure Stack and emulators know, too. */
    private static final BlobServiceVersion VERSION = BlobServiceVersion.V2021_12_02;

    private static final int TRIES = 3;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** A try of one request; a block of 8 MiB takes as long at 64 KiB/s, with as much again for the answer. */
    private static final Duration TRY_LIMIT = Duration.ofMinutes(4);

    /** Somebody else has put; who commits takes all the blocks of the others along. */
    private static final Set<String> TAKEN = Set.of("BlobAlreadyExists", "ConditionNotMet", "InvalidBlockList");

    /**
     * @param container its name
     * @param prefix which the names of blobs get, without one the whole container is the place; a slash at its end is added
     */
    public record Settings(String container, String prefix, Credentials credentials) {

        public Settings {
            Objects.requireNonNull(container);
            Objects.requireNonNull(credentials);
            prefix = Prefixes.closed(prefix);
        }
    }

    /** As whom requests are sent, and to which account. */
    public sealed interface Credentials {

        /**
         * With the role Storage Blob Data Contributor for the container.
         *
         * @param account for example {@code https://platform.blob.core.windows.net}
         */
        record Identity(URI account, WorkloadIdentity identity) implements Credentials {}

        /**
         * A shared access signature with the permissions read, add, create, write, delete and list for the container.
         *
         * @param account for example {@code https://platform.blob.core.windows.net}
         * @param token what follows the question mark of its address
         */
        record SharedAccessSignature(URI account, Sensitive token) implements Credentials {}

        /** As the portal shows it, with an account's key or a shared access signature. */
        record ConnectionString(Sensitive value) implements Credentials {}
    }

    /**
     * @param tryLimit for one try of one request, in whole seconds
     * @param pause before the second try; longer before each one after it
     */
    record Limits(long blockBytes, Duration tryLimit, Duration pause) {}

    private final Settings settings;
    private final BlobContainerClient container;
    private final AzureTrouble trouble;
    private final Clock clock;
    private final long blockBytes;

    /** @param http with limits of time of its own for connecting and for the next bytes of an answer */
    public AzureBlobStore(Settings settings, HttpClient http, Clock clock) {
        this(settings, http, clock, new Limits(BLOCK_BYTES, TRY_LIMIT, PAUSE));
    }

    AzureBlobStore(Settings settings, HttpClient http, Clock clock, Limits limits) {
        this.settings = settings;
        this.container = container(settings, http, limits);
        this.trouble = new AzureTrouble(settings, container);
        this.clock = clock;
        this.blockBytes = limits.blockBytes();
    }

    private static BlobContainerClient container(Settings settings, HttpClient http, Limits limits) {
        BlobContainerClientBuilder builder = new BlobContainerClientBuilder()
                .httpClient(http)
                .httpLogOptions(WorkloadIdentity.silent())
                .serviceVersion(VERSION)
                .retryOptions(new RequestRetryOptions(
                        RetryPolicyType.EXPONENTIAL,
                        TRIES,
                        Math.toIntExact(limits.tryLimit().toSeconds()),
                        limits.pause().toMillis(),
                        LONGEST_PAUSE.toMillis(),
                        null));
        switch (settings.credentials()) {
            case Credentials.Identity identity ->
                builder.endpoint(identity.account().toString())
                        .credential(identity.identity().credential(http));
            case Credentials.SharedAccessSignature signature ->
                builder.endpoint(signature.account().toString())
                        .sasToken(signature.token().reveal());
            case Credentials.ConnectionString connection ->
                AzureTrouble.parsing(
                        () -> builder.connectionString(connection.value().reveal()));
        }
        return builder.containerName(settings.container()).buildClient();
    }

    @Override
    public String description() {
        return trouble.place();
    }

    @Override
    public List<StoredObject> list() {
        return asking("list the snapshots in " + description(), () -> {
            List<StoredObject> objects = new ArrayList<>();
            ListBlobsOptions below =
                    new ListBlobsOptions().setPrefix(settings.prefix()).setMaxResultsPerPage(PAGE);
            for (BlobItem item : container.listBlobsByHierarchy("/", below, null)) {
                String name = item.getName().substring(settings.prefix().length());
                if (!Boolean.TRUE.equals(item.isPrefix()) && !name.isEmpty()) {
                    objects.add(new StoredObject(
                            name,
                            item.getProperties().getContentLength(),
                            item.getProperties().getLastModified().toInstant()));
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
                } catch (BlobStorageException e) {
                    if (!TAKEN.contains(AzureTrouble.code(e))) {
                        throw e;
                    }
                    // The first answer may have been lost on its way, and this one is to the second try.
                    if (!isThere(asked, name, content)) {
                        throw new StoreException.Exists(asked);
                    }
                }
            }
            return name;
        });
    }

    /**
     * Whether this very content is there already.
     *
     * @throws StoreException.Exists where something else is
     */
    private boolean isThere(String asked, String name, LocalFile content) {
        Optional<BlobProperties> found = properties(blob(name));
        if (found.isEmpty()) {
            return false;
        }
        BlobProperties there = found.get();
        boolean same = there.getBlobSize() == content.sizeBytes()
                && content.sha256().equals(there.getMetadata().get(SHA256));
        if (!same) {
            throw new StoreException.Exists(asked);
        }
        return true;
    }

    private static Optional<BlobProperties> properties(BlobClient blob) {
        try {
            return Optional.of(blob.getProperties());
        } catch (BlobStorageException e) {
            if (AzureTrouble.missing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Ids of blocks are drawn for each upload, so that two of one name do not mix their content. */
    private void send(String asked, String name, LocalFile content) {
        var blob = blob(name).getBlockBlobClient();
        long size = Math.max(blockBytes, Math.ceilDiv(content.sizeBytes(), MAX_BLOCKS));
        String upload = UUID.randomUUID().toString();
        MessageDigest whole = Sha256.digest();
        List<String> blocks = new ArrayList<>();
        for (long from = 0; from < content.sizeBytes(); from += size) {
            FileRange range = new FileRange(content.path(), from, Math.min(size, content.sizeBytes() - from));
            MessageDigest md5 = md5();
            range.digest(md5, whole);
            String id = id(upload, blocks.size());
            BinaryData data = BinaryData.fromFile(content.path(), from, range.bytes());
            blob.stageBlockWithResponse(
                    new BlockBlobStageBlockOptions(id, data).setContentMd5(md5.digest()), null, Context.NONE);
            blocks.add(id);
        }
        content.requireSame(asked, whole);
        blob.commitBlockListWithResponse(
                new BlockBlobCommitBlockListOptions(blocks)
                        .setMetadata(Map.of(SHA256, content.sha256()))
                        .setRequestConditions(new BlobRequestConditions().setIfNoneMatch("*")),
                null,
                Context.NONE);
    }

    private static String id(String upload, int number) {
        return Base64.getEncoder()
                .encodeToString("%s-%06d".formatted(upload, number).getBytes(StandardCharsets.US_ASCII));
    }

    /** Against damage on the way, as the service offers it; nobody's secret hangs on it. */
    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    /** Asks for {@value #READ_BYTES} bytes at a time, each again where its answer breaks off, and all of the same version of the blob. */
    @Override
    public InputStream open(String name) {
        String asked = "read %s in %s".formatted(name, description());
        return asking(asked, () -> {
            BlobInputStream in = blob(name).openInputStream(new BlobInputStreamOptions().setBlockSize(READ_BYTES));
            return new WholeStream(
                    in,
                    in.getProperties().getBlobSize(),
                    () -> {},
                    e -> trouble.of(asked, e).orElse(e));
        });
    }

    @Override
    public void delete(String name) {
        String asked = "delete %s in %s".formatted(name, description());
        asking(asked, () -> {
            BlobClient blob = blob(name);
            properties(blob).ifPresent(there -> {
                requireUnlocked(asked, there);
                blob.deleteIfExists();
            });
            return name;
        });
    }

    /** With versions on, a blob that is locked can be deleted: it is then hidden, and kept as a version. */
    private void requireUnlocked(String asked, BlobProperties there) {
        if (Boolean.TRUE.equals(there.hasLegalHold())) {
            throw AzureTrouble.locked(asked, "a legal hold keeps it");
        }
        Optional.ofNullable(there.getImmutabilityPolicy())
                .map(policy -> policy.getExpiryTime())
                .filter(until -> until.toInstant().isAfter(clock.instant()))
                .ifPresent(until -> {
                    throw AzureTrouble.locked(asked, "its immutability policy keeps it until " + until.toInstant());
                });
    }

    /** The service itself removes what was not committed. */
    @Override
    public List<Leftover> leftovers(Instant before) {
        return List.of();
    }

    private BlobClient blob(String name) {
        return container.getBlobClient(settings.prefix() + name);
    }

    private <T> T asking(String asked, Supplier<T> request) {
        try {
            return request.get();
        } catch (FileRange.UnreadableException e) {
            throw FileTrouble.store(asked, e.getCause());
        } catch (StoreException e) {
            throw e;
        } catch (RuntimeException e) {
            throw trouble.of(asked, e).orElse(e);
        }
    }
}
