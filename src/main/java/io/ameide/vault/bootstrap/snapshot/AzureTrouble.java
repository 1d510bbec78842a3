package io.ameide.vault.bootstrap.snapshot;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobStorageException;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.snapshot.AzureBlobStore.Credentials;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import javax.net.ssl.SSLException;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What the service refused, in words. Of its own texts only codes are told, and no exception of its client is passed on:
 * both may quote the address of a request, and a shared access signature is part of that.
 */
final class AzureTrouble {

    private static final Set<String> DAMAGED = Set.of("Md5Mismatch", "Crc64Mismatch", "InvalidMd5");
    private static final Set<String> KEPT =
            Set.of("BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold", "LeaseIdMissing", "SnapshotsPresent");
    private static final Set<String> FULL =
            Set.of("AccountQuotaExceeded", "ContainerQuotaExceeded", "BlockCountExceedsLimit");

    private final AzureBlobStore.Settings settings;
    private final String account;

    AzureTrouble(AzureBlobStore.Settings settings, BlobContainerClient container) {
        this.settings = settings;
        URI address = URI.create(container.getBlobContainerUrl());
        this.account = "%s://%s".formatted(address.getScheme(), address.getAuthority());
    }

    /** How a sentence names the container. */
    String place() {
        String folder =
                settings.prefix().isEmpty() ? "" : "/" + settings.prefix().replaceAll("/$", "");
        return "Azure container %s%s at %s".formatted(settings.container(), folder, account);
    }

    /** @throws ProblemException of kind INVALID that does not quote what was parsed */
    static void parsing(Supplier<?> connectionString) {
        try {
            connectionString.get();
        } catch (RuntimeException e) {
            throw new ProblemException(Problem.invalid(
                    "read the connection string of an Azure storage account: it is none",
                    "copy it from the account's access keys in the portal"));
        }
    }

    static String code(BlobStorageException e) {
        return Optional.ofNullable(e.getErrorCode()).map(Object::toString).orElse("");
    }

    /** An answer to HEAD has no body, only the service's own header tells it from a proxy's. */
    static boolean missing(BlobStorageException e) {
        return e.getStatusCode() == 404 && code(e).equals("BlobNotFound");
    }

    static StoreException locked(String asked, String why) {
        return new StoreException.Locked(asked + ": " + why, "retention tries again once it has ended");
    }

    /** Empty for what the client did not mean to throw. */
    Optional<RuntimeException> of(String asked, RuntimeException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case StoreException known -> {
                    return Optional.of(known);
                }
                case BlobStorageException refused -> {
                    return Optional.of(refusal(asked, refused));
                }
                case ClientAuthenticationException refused -> {
                    return Optional.of(signIn(asked, refused));
                }
                case HttpResponseException refused
                when refused.getResponse() != null -> {
                    return Optional.of(status(asked, refused.getResponse().getStatusCode(), ""));
                }
                case NoSuchFileException file -> {
                    return Optional.of(new StoreException.Denied(
                            asked + ": the token file is not there",
                            "is AZURE_FEDERATED_TOKEN_FILE mounted in this container?"));
                }
                case UnknownHostException unknown -> {
                    return Optional.of(unknownHost(asked));
                }
                case UnresolvedAddressException unknown -> {
                    return Optional.of(unknownHost(asked));
                }
                case SSLException tls -> {
                    return Optional.of(new StoreException.Unavailable(
                            asked + ": TLS failed", "does a proxy on the way present a certificate of its own?"));
                }
                case ConnectException refused -> {
                    return Optional.of(new StoreException.Unavailable(
                            asked + ": nobody listens there", "is the address right, and the account reachable?"));
                }
                case TimeoutException late -> {
                    return Optional.of(silent(asked));
                }
                case IOException broken -> {
                    return Optional.of(silent(asked));
                }
                default -> {}
            }
        }
        return WorkloadIdentity.refusal(failure).map(code -> signIn(asked, failure));
    }

    private StoreException refusal(String asked, BlobStorageException refused) {
        String code = code(refused);
        if (code.equals("BlobNotFound")) {
            return new StoreException.Missing(asked + ": it is not there", "");
        }
        if (code.equals("ContainerNotFound")) {
            return new StoreException.Denied(
                    asked + ": there is no such container", "make it, or name the right one and its account");
        }
        if (KEPT.contains(code)) {
            return locked(
                    asked,
                    switch (code) {
                        case "LeaseIdMissing" -> "somebody holds a lease on it";
                        case "SnapshotsPresent" -> "it has snapshots of its own that somebody took";
                        case "BlobImmutableDueToLegalHold" -> "a legal hold keeps it";
                        default -> "an immutability policy keeps it";
                    });
        }
        if (DAMAGED.contains(code)) {
            return new StoreException.Unavailable(
                    "%s: status %d %s, what arrived is not what was sent"
                            .formatted(asked, refused.getStatusCode(), code),
                    "try again; if it stays, check disk and network");
        }
        if (FULL.contains(code)) {
            return new StoreException.Full(
                    "%s: status %d %s".formatted(asked, refused.getStatusCode(), code),
                    "raise the quota, or keep fewer snapshots");
        }
        return status(asked, refused.getStatusCode(), code);
    }

    private StoreException status(String asked, int status, String code) {
        String said = "%s: status %d%s".formatted(asked, status, code.isEmpty() ? "" : " " + code);
        if (status == 429 || status >= 500 || status == 408) {
            return new StoreException.Unavailable(said, "see the account's resource health, and try again");
        }
        if (status == 401 || status == 403) {
            return new StoreException.Denied(said, permissions());
        }
        return new StoreException.Denied(said, status == 404 ? "is the address one of a storage account?" : "");
    }

    private String permissions() {
        return switch (settings.credentials()) {
            case Credentials.Identity identity ->
                "give the workload identity the role Storage Blob Data Contributor for the container, and let the"
                        + " account's firewall admit this cluster";
            case Credentials.SharedAccessSignature signature ->
                "has the shared access signature expired, and does it permit read, add, create, write, delete and list?"
                        + " are the clocks right?";
            case Credentials.ConnectionString connection ->
                "was the account's key rotated or switched off? are the clocks right?";
        };
    }

    private static StoreException signIn(String asked, Throwable refused) {
        return WorkloadIdentity.refusal(refused)
                .map(code -> new StoreException.Denied(
                        "%s: the workload identity cannot sign in, %s".formatted(asked, code),
                        "does the identity have a federated credential for this ServiceAccount, issuer and audience?"))
                .orElseGet(() -> new StoreException.Denied(
                        asked + ": the workload identity cannot sign in", "is AZURE_AUTHORITY_HOST right?"));
    }

    private static StoreException unknownHost(String asked) {
        return new StoreException.Unavailable(
                asked + ": its host name is not known", "is the account spelled right, and does DNS know it?");
    }

    private static StoreException silent(String asked) {
        return new StoreException.Unavailable(
                asked + ": no answer", "may this pod reach the account, and is the account in good health?");
    }
}
