package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.azure.AzureHttp;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore.Credentials;
import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.SnapshotConfig;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A container as a place for snapshots, made from configuration. On its own, since the client behind it takes time to
 * load, which a tick that stores nowhere in Azure does not have to spend.
 */
final class AzureBlobPlace {

    private static final Pattern CONTAINER = Pattern.compile("(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*");
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    private final String key;
    private final SnapshotConfig.AzureBlob config;

    private AzureBlobPlace(String key, SnapshotConfig.AzureBlob config) {
        this.key = key + ".";
        this.config = config;
    }

    /**
     * Asks nobody yet.
     *
     * @param key of the section
     * @throws ProblemException of kind INVALID for values that no container has
     */
    static ObjectStore open(String target, String key, SnapshotConfig.AzureBlob config, Clock clock) {
        return new AzureBlobPlace(key, config).open(target, clock);
    }

    private ObjectStore open(String target, Clock clock) {
        String container = StoreNames.matching(
                key + "container",
                config.container(),
                CONTAINER,
                "write the container's name alone: 3 to 63 lower case letters, digits and single dashes");
        String prefix = config.prefix()
                .map(value -> StoreNames.prefix(key + "prefix", value))
                .orElse("");
        Optional<URI> account = config.account()
                .map(address -> StoreNames.address(key + "account", address, "https://platform.blob.core.windows.net"));
        requireOneIdentity();
        try {
            return new AzureBlobStore(
                    new AzureBlobStore.Settings(container, prefix, credentials(account)),
                    AzureHttp.client()
                            .connectionTimeout(CONNECT_LIMIT)
                            .responseTimeout(ANSWER_LIMIT)
                            .readTimeout(ANSWER_LIMIT)
                            .build(),
                    clock);
        } catch (ProblemException e) {
            return new UnusableStore(target, "Azure container " + container, e.problem());
        }
    }

    private void requireOneIdentity() {
        boolean connection = config.connectionStringFile().isPresent();
        if (connection && config.sasTokenFile().isPresent()) {
            throw StoreNames.invalid(
                    "%sconnection-string-file and %ssas-token-file are set at once".formatted(key, key),
                    "unset one of them: requests are signed as one");
        }
        if (connection && config.account().isPresent()) {
            throw StoreNames.invalid(
                    "%sconnection-string-file and %saccount are set at once".formatted(key, key),
                    "unset the account: the connection string names it");
        }
        if (!connection && config.account().isEmpty()) {
            throw StoreNames.invalid(
                    key + "account is not set",
                    "write for example https://platform.blob.core.windows.net, or name a connection-string-file");
        }
    }

    private Credentials credentials(Optional<URI> account) {
        return config.connectionStringFile()
                .<Credentials>map(file ->
                        new Credentials.ConnectionString(CredentialFile.read(key + "connection-string-file", file)))
                .orElseGet(() -> credentials(account.orElseThrow()));
    }

    private Credentials credentials(URI account) {
        return config.sasTokenFile()
                .<Credentials>map(file -> new Credentials.SharedAccessSignature(
                        account, withoutMark(CredentialFile.read(key + "sas-token-file", file))))
                .orElseGet(() -> new Credentials.Identity(account, WorkloadIdentity.of(System.getenv())));
    }

    /** The portal shows it with the question mark that it follows in an address. */
    private static Sensitive withoutMark(Sensitive token) {
        return Sensitive.of(token.reveal().replaceFirst("^\\?", ""));
    }
}
