package io.ameide.vault.bootstrap.azure;

import com.azure.core.credential.TokenCredential;
import com.azure.core.http.HttpClient;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.HttpLogDetailLevel;
import com.azure.core.http.policy.HttpLogOptions;
import com.azure.core.http.policy.RetryOptions;
import com.azure.identity.ClientAssertionCredentialBuilder;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who this process is to Azure: a ServiceAccount token that Microsoft Entra ID exchanges for one of its own, as the
 * mutating webhook of <a href="https://azure.github.io/azure-workload-identity/docs/">Azure Workload Identity</a> sets
 * it up.
 *
 * @param tokenFile the projected token, read anew whenever one is needed, since the kubelet renews it
 * @param authorityHost where tokens are exchanged, which differs from cloud to cloud
 */
public record WorkloadIdentity(String tenantId, String clientId, Path tokenFile, String authorityHost) {

    /** How Microsoft Entra ID names what is the matter. */
    private static final Pattern REFUSAL = Pattern.compile("AADSTS[0-9]+");

    private static final String TENANT = "AZURE_TENANT_ID";
    private static final String CLIENT = "AZURE_CLIENT_ID";
    private static final String TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE";
    private static final String AUTHORITY = "AZURE_AUTHORITY_HOST";

    /**
     * The identity in the environment variables of that webhook.
     *
     * @throws ProblemException of kind ACCESS that names those that are not set
     */
    public static WorkloadIdentity of(Map<String, String> environment) {
        List<String> missing = List.of(TENANT, CLIENT, TOKEN_FILE, AUTHORITY).stream()
                .filter(variable -> environment.getOrDefault(variable, "").isBlank())
                .toList();
        if (!missing.isEmpty()) {
            throw new ProblemException(Problem.access(
                    "sign in to Azure: the pod has no workload identity, %s not set"
                            .formatted(String.join(", ", missing) + (missing.size() == 1 ? " is" : " are")),
                    "label the pod azure.workload.identity/use: \"true\" and annotate its ServiceAccount with"
                            + " azure.workload.identity/client-id"));
        }
        return new WorkloadIdentity(
                environment.get(TENANT),
                environment.get(CLIENT),
                Path.of(environment.get(TOKEN_FILE)),
                environment.get(AUTHORITY));
    }

    /**
     * A credential for clients of the Azure SDK that asks once and logs nothing. The SDK's own credential for workload
     * identities would sign in through a connection of its own, without the limits and the trust of {@code http}.
     *
     * @param http with its own limits of time
     */
    public TokenCredential credential(HttpClient http) {
        return new ClientAssertionCredentialBuilder()
                .tenantId(tenantId)
                .clientId(clientId)
                .clientAssertion(this::assertion)
                .authorityHost(authorityHost)
                // Asks a host of the public cloud whether the authority is one, also in clouds without a way out.
                .disableInstanceDiscovery()
                .httpClient(http)
                .httpLogOptions(silent())
                .retryOptions(never())
                .build();
    }

    private String assertion() {
        try {
            return Files.readString(tokenFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Set on every client, since an environment variable could otherwise have the SDK log what it sends. */
    public static HttpLogOptions silent() {
        return new HttpLogOptions().setLogLevel(HttpLogDetailLevel.NONE);
    }

    /** For clients whose caller decides what is asked again. */
    public static RetryOptions never() {
        return new RetryOptions(new FixedDelayOptions(0, Duration.ofMillis(1)));
    }

    /** The code by which a sign-in was refused, for example {@code AADSTS70021}, in what a client threw. */
    public static Optional<String> refusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Matcher code = REFUSAL.matcher(String.valueOf(cause.getMessage()));
            if (code.find()) {
                return Optional.of(code.group());
            }
        }
        return Optional.empty();
    }
}
