package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.S3Store;
import io.ameide.vault.bootstrap.snapshot.S3Store.Credentials;
import io.ameide.vault.bootstrap.snapshot.SnapshotConfig;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A bucket as a place for snapshots, made from configuration. On its own, since the client behind it takes time to load,
 * which a tick that stores nowhere in S3 does not have to spend.
 */
final class S3Place {

    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");
    private static final Pattern REGION = Pattern.compile("[a-z0-9][a-z0-9-]*");
    private static final String ELSEWHERE = "us-east-1";

    private final String key;
    private final SnapshotConfig.S3 config;

    private S3Place(String key, SnapshotConfig.S3 config) {
        this.key = key + ".";
        this.config = config;
    }

    /**
     * Asks nobody yet.
     *
     * @param key of the section
     * @throws ProblemException of kind INVALID for values that no bucket has
     */
    static ObjectStore open(String target, String key, SnapshotConfig.S3 config, Clock clock) {
        return new S3Place(key, config).open(target, clock);
    }

    private ObjectStore open(String target, Clock clock) {
        String bucket = StoreNames.matching(
                key + "bucket",
                config.bucket(),
                BUCKET,
                "write the bucket's name alone, without s3:// and without a path");
        Optional<URI> endpoint = config.endpoint()
                .map(address -> StoreNames.address(key + "endpoint", address, "https://minio.storage:9000"));
        String region = region();
        String prefix = config.prefix()
                .map(value -> StoreNames.prefix(key + "prefix", value))
                .orElse("");
        S3Store.Encryption encryption = encryption();
        Optional<S3Store.ObjectLock> lock = config.objectLock().map(this::lock);
        requireOneIdentity();
        try {
            return new S3Store(
                    new S3Store.Settings(
                            bucket,
                            endpoint,
                            region,
                            config.pathStyle().orElse(endpoint.isPresent()),
                            prefix,
                            encryption,
                            lock,
                            credentials(),
                            config.caFile()),
                    clock);
        } catch (ProblemException e) {
            return new UnusableStore(target, "S3 bucket " + bucket, e.problem());
        }
    }

    private String region() {
        return config.region()
                .map(region -> StoreNames.matching(key + "region", region, REGION, "write for example eu-central-1"))
                .or(() -> config.endpoint().map(elsewhere -> ELSEWHERE))
                .orElseThrow(() -> StoreNames.invalid(
                        key + "region is not set",
                        "name the bucket's region, for example eu-central-1, or the endpoint of a store other than"
                                + " Amazon's"));
    }

    private S3Store.Encryption encryption() {
        if (config.kmsKey().isPresent() && config.encryption() != SnapshotConfig.S3.ServerSide.KMS) {
            throw StoreNames.invalid(
                    "%skms-key is set, but %sencryption is not kms".formatted(key, key),
                    "set that, or leave out the key");
        }
        return switch (config.encryption()) {
            case BUCKET -> new S3Store.Encryption.OfBucket();
            case MANAGED -> new S3Store.Encryption.Managed();
            case KMS -> new S3Store.Encryption.Kms(config.kmsKey());
        };
    }

    private S3Store.ObjectLock lock(SnapshotConfig.S3.Lock lock) {
        return new S3Store.ObjectLock(
                switch (lock.mode()) {
                    case GOVERNANCE -> S3Store.ObjectLock.Mode.GOVERNANCE;
                    case COMPLIANCE -> S3Store.ObjectLock.Mode.COMPLIANCE;
                },
                Bounds.atLeastOne(key + "object-lock.days", lock.days()));
    }

    private void requireOneIdentity() {
        boolean id = config.accessKeyIdFile().isPresent();
        if (id != config.secretAccessKeyFile().isPresent()
                || config.sessionTokenFile().isPresent() && !id) {
            throw StoreNames.invalid(
                    "keys for %s are named in part".formatted(key.substring(0, key.length() - 1)),
                    "set both access-key-id-file and secret-access-key-file, or none of them");
        }
        if (id && config.webIdentity().isPresent()) {
            throw StoreNames.invalid(
                    "%saccess-key-id-file and %sweb-identity are set at once".formatted(key, key),
                    "unset one of them: requests are signed as one");
        }
        config.webIdentity()
                .flatMap(SnapshotConfig.S3.WebIdentity::endpoint)
                .ifPresent(address ->
                        StoreNames.address(key + "web-identity.endpoint", address, "https://minio.storage:9000"));
    }

    private Credentials credentials() {
        return config.accessKeyIdFile()
                .<Credentials>map(id -> new Credentials.Keys(
                        CredentialFile.read(key + "access-key-id-file", id).reveal(),
                        CredentialFile.read(
                                key + "secret-access-key-file",
                                config.secretAccessKeyFile().orElseThrow()),
                        sessionToken()))
                .or(() -> config.webIdentity().map(this::webIdentity))
                .orElseGet(Credentials.Environment::new);
    }

    private Optional<Sensitive> sessionToken() {
        return config.sessionTokenFile().map(file -> CredentialFile.read(key + "session-token-file", file));
    }

    private Credentials webIdentity(SnapshotConfig.S3.WebIdentity identity) {
        return new Credentials.WebIdentity(
                CredentialFile.readable(key + "web-identity.token-file", identity.tokenFile()),
                identity.roleArn(),
                identity.sessionName(),
                identity.endpoint());
    }
}
