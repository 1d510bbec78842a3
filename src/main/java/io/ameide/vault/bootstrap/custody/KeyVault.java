package io.ameide.vault.bootstrap.custody;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.core.http.HttpClient;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpResponse;
import com.azure.core.util.Context;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import com.azure.security.keyvault.secrets.models.DeletedSecret;
import com.azure.security.keyvault.secrets.models.KeyVaultSecret;
import com.azure.security.keyvault.secrets.models.SecretProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.microsoft.aad.msal4j.MsalException;
import io.ameide.vault.bootstrap.azure.WorkloadIdentity;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import javax.net.ssl.SSLException;

import java.io.IOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The secrets of one Azure Key Vault, as its
 * <a href="https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups">REST API</a> has them. The one class
 * that knows the Azure SDK. Every method sends one request, a listing one for each page, and throws
 * {@link ProblemException} of kind ACCESS; what may pass by itself is a {@link KeyVaultUnavailableException}. Of the
 * service's own texts only codes are told, since a text may quote what was sent.
 */
final class KeyVault {

    /** The service counts bytes of UTF-8 and allows 25 KB, which it does not say is 25,600. */
    static final int MAX_BYTES = 25_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI address;
    private final SecretClient client;

    /** One version as a listing tells it, without its value. */
    record Version(SecretProperties properties) {

        String id() {
            return properties.getVersion();
        }

        boolean enabled() {
            return Boolean.TRUE.equals(properties.isEnabled());
        }
    }

    /** One version with its value. */
    record Content(String version, Sensitive value) {}

    /** @param http with its own limits of time */
    KeyVault(URI address, WorkloadIdentity identity, HttpClient http) {
        this.address = address;
        this.client = new SecretClientBuilder()
                .vaultUrl(address.toString())
                .credential(identity.credential(http))
                .httpClient(http)
                .httpLogOptions(WorkloadIdentity.silent())
                // Custody decides itself what is asked again, because a write that was lost must not be sent twice
                // unseen.
                .retryOptions(WorkloadIdentity.never())
                .buildClient();
    }

    URI address() {
        return address;
    }

    /** The newest version; nothing where no secret of that name was ever written, or it was deleted. */
    Optional<Content> current(String name) {
        return found("read", name, () -> content(client.getSecret(name)));
    }

    /** A version that is listed and enabled. */
    Content version(String name, String version) {
        return asking("read version " + version + " of", name, () -> content(client.getSecret(name, version)));
    }

    /**
     * All versions, in no order: the service lists them in none, and {@code created} counts whole seconds, so that it
     * does not tell which of two came later either.
     */
    List<Version> versions(String name) {
        return found(
                        "list the versions of",
                        name,
                        () -> client.listPropertiesOfSecretVersions(name).stream()
                                .map(Version::new)
                                .toList())
                .orElse(List.of());
    }

    /**
     * Writes a new version.
     *
     * @return its id
     */
    String set(String name, Sensitive value, Map<String, String> tags) {
        KeyVaultSecret secret = new KeyVaultSecret(name, value.reveal())
                .setProperties(new SecretProperties()
                        .setContentType("application/json")
                        .setTags(tags));
        return asking(
                "write", name, () -> client.setSecret(secret).getProperties().getVersion());
    }

    /** From then on a get of the version is refused until somebody enables it again. */
    void disable(String name, Version version) {
        asking(
                "disable version " + version.id() + " of",
                name,
                () -> client.updateSecretProperties(version.properties().setEnabled(false)));
    }

    /** Until when a secret that somebody deleted can be recovered; nothing where none is, or where one may not ask. */
    Optional<Instant> recoverableUntil(String name) {
        try {
            return found(
                            "look for deleted",
                            name,
                            () -> client.getDeletedSecretWithResponse(name, Context.NONE)
                                    .getValue())
                    .map(DeletedSecret::getScheduledPurgeDate)
                    .map(OffsetDateTime::toInstant);
        } catch (KeyVaultUnavailableException e) {
            throw e;
        } catch (ProblemException e) {
            return Optional.empty();
        }
    }

    private static Content content(KeyVaultSecret secret) {
        return new Content(secret.getProperties().getVersion(), Sensitive.of(secret.getValue()));
    }

    private <T> Optional<T> found(String verb, String name, Supplier<T> request) {
        return asking(verb, name, () -> {
            try {
                return Optional.of(request.get());
            } catch (ResourceNotFoundException e) {
                // Only the service itself knows that there is none; a proxy that does not know the host says 404 too.
                if (error(e).path("code").asText().equals("SecretNotFound")) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    private <T> T asking(String verb, String name, Supplier<T> request) {
        String asked = "%s secret %s in Key Vault %s".formatted(verb, name, address);
        try {
            return request.get();
        } catch (ClientAuthenticationException e) {
            throw e.getResponse() == null || e.getResponse().getStatusCode() != 401
                    ? signIn(asked, e)
                    : denied(asked, e);
        } catch (HttpResponseException e) {
            throw e.getResponse() == null ? silent(asked, e) : refusal(asked, name, e);
        } catch (RuntimeException e) {
            throw other(asked, e);
        }
    }

    private ProblemException refusal(String asked, String name, HttpResponseException refused) {
        int status = refused.getResponse().getStatusCode();
        JsonNode error = error(refused);
        String inner = error.path("innererror").path("code").asText();
        String said = "%s: status %d%s".formatted(asked, status, words(error));
        if (status == 429 || status >= 500) {
            return new KeyVaultUnavailableException(
                    Problem.access(
                            said,
                            status == 429
                                    ? "the vault has had too many requests; who else uses it?"
                                    : "see the vault's resource health and try again"),
                    retryAfter(refused.getResponse()),
                    refused);
        }
        if (status == 403 && inner.equals("SecretDisabled")) {
            return problem(
                    asked + ": it is disabled",
                    "if it may be used, run az keyvault secret set-attributes --id %ssecrets/%s --enabled true"
                            .formatted(base(), name),
                    refused);
        }
        if (status == 409 && inner.equals("ObjectIsDeletedButRecoverable")) {
            return problem(
                    asked + ": one of that name was deleted, and is kept until it is purged",
                    "take it back with az keyvault secret recover, or end it with az keyvault secret purge, --id"
                            + " %sdeletedsecrets/%s".formatted(base(), name),
                    refused);
        }
        if (status == 409) {
            return new KeyVaultUnavailableException(
                    Problem.access(said, "it is being deleted or recovered; try again"), Duration.ZERO, refused);
        }
        if (status == 403) {
            return problem(
                    said,
                    inner.equals("ForbiddenByFirewall")
                            ? "let the vault's firewall admit this cluster, or use a private endpoint"
                            : "give the workload identity the role Key Vault Secrets Officer for this vault",
                    refused);
        }
        if (status == 404) {
            return problem(said, "is bootstrap.custody.azure.vault-url the address of a Key Vault?", refused);
        }
        return problem(said, "", refused);
    }

    private static ProblemException denied(String asked, HttpResponseException refused) {
        return problem(
                asked + ": the vault does not accept the workload identity's token",
                "does the vault belong to the tenant in AZURE_TENANT_ID?",
                refused);
    }

    private static ProblemException signIn(String asked, RuntimeException refused) {
        Optional<String> code = WorkloadIdentity.refusal(refused);
        if (code.isPresent()) {
            return problem(
                    "%s: the workload identity cannot sign in, %s".formatted(asked, code.get()),
                    "does the identity have a federated credential for this ServiceAccount, issuer and audience?"
                            + " see https://login.microsoftonline.com/error?code="
                            + code.get().substring("AADSTS".length()),
                    refused);
        }
        return silent(asked + ": signing in with the workload identity", refused);
    }

    /** Nobody answered, or somebody who is not who was asked. */
    private static ProblemException silent(String asked, RuntimeException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case NoSuchFileException file -> {
                    return problem(
                            asked + ": the token file is not there",
                            "is AZURE_FEDERATED_TOKEN_FILE mounted in this container?",
                            failure);
                }
                case UnknownHostException unknown -> {
                    return unavailable(
                            asked + ": its host name is not known",
                            "is bootstrap.custody.azure.vault-url spelled right, and does DNS know it?",
                            failure);
                }
                case UnresolvedAddressException unknown -> {
                    return unavailable(
                            asked + ": its host name is not known",
                            "is bootstrap.custody.azure.vault-url spelled right, and does DNS know it?",
                            failure);
                }
                case SSLException tls -> {
                    return unavailable(
                            asked + ": TLS failed",
                            "does a proxy on the way present a certificate of its own?",
                            failure);
                }
                default -> {}
            }
        }
        return unavailable(
                asked + ": no answer", "may this pod reach the vault, and is the vault in good health?", failure);
    }

    private static RuntimeException other(String asked, RuntimeException failure) {
        if (String.valueOf(failure.getMessage()).startsWith("The challenge ")) {
            return problem(
                    asked + ": what answers there names another service's tokens",
                    "is bootstrap.custody.azure.vault-url the address of a Key Vault?",
                    failure);
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MsalException) {
                return signIn(asked, failure);
            }
            if (cause instanceof IOException || cause instanceof TimeoutException) {
                return silent(asked, failure);
            }
        }
        return failure;
    }

    private static ProblemException problem(String message, String hint, Throwable cause) {
        return new ProblemException(Problem.access(message, hint), cause);
    }

    private static ProblemException unavailable(String message, String hint, Throwable cause) {
        return new KeyVaultUnavailableException(Problem.access(message, hint), Duration.ZERO, cause);
    }

    private String base() {
        return address.toString().endsWith("/") ? address.toString() : address + "/";
    }

    private static String words(JsonNode error) {
        String code = error.path("code").asText();
        String inner = error.path("innererror").path("code").asText();
        return (code.isEmpty() ? "" : " " + code) + (inner.isEmpty() ? "" : " " + inner);
    }

    private static JsonNode error(HttpResponseException refused) {
        try {
            String body = refused.getResponse().getBodyAsBinaryData().toString();
            return JSON.readTree(body).path("error");
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    /** Whole seconds, as the service sends it; RFC 9110, section 10.2.3, would allow a date as well. */
    private static Duration retryAfter(HttpResponse response) {
        String value = Optional.ofNullable(response.getHeaderValue(HttpHeaderName.RETRY_AFTER))
                .orElse("");
        return value.matches("[0-9]{1,5}") ? Duration.ofSeconds(Long.parseLong(value)) : Duration.ZERO;
    }
}
