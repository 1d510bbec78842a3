package io.ameide.vault.bootstrap.custody;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Who this process is to Azure: a ServiceAccount token that Microsoft Entra ID exchanges for one of its own, as the
 * mutating webhook of <a href="https://azure.github.io/azure-workload-identity/docs/">Azure Workload Identity</a> sets
 * it up.
 *
 * @param tokenFile the projected token, read anew whenever one is needed, since the kubelet renews it
 * @param authorityHost where tokens are exchanged, which differs from cloud to cloud
 */
public record WorkloadIdentity(String tenantId, String clientId, Path tokenFile, String authorityHost) {

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
}
