package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Ticks that work as a ServiceAccount of their own, with what the chart grants it, and sign in through Kubernetes auth. */
public final class TickAccount {

    private static final String AUTH_METHOD = """
            authMethods:
              - path: kubernetes
                type: kubernetes
                config:
                  kubernetes_host: %s
                  kubernetes_ca_cert: %s
                  token_reviewer_jwt: "${file:reviewer}"
            """;

    private TickAccount() {}

    /** The part of a desired state that lets such ticks sign in. */
    public static String authMethod(KubernetesApi api) {
        return AUTH_METHOD.formatted(api.address(), api.quotedAuthority());
    }

    /**
     * The application in a folder that holds the account's token and that of a reviewer.
     *
     * @param secret where custody is
     */
    public static PackagedApplication application(KubernetesApi api, Path folder, URI server, String secret)
            throws IOException {
        String account = api.account(List.of(
                KubernetesApi.rule("", "secrets", List.of(), "create"),
                KubernetesApi.rule("", "secrets", List.of(secret, secret + "-probe"), "get", "update", "delete"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(), "create"),
                KubernetesApi.rule("coordination.k8s.io", "leases", List.of(secret), "get", "update")));
        String reviewer = api.account(List.of());
        api.letReviewTokens("default", reviewer);
        Files.writeString(
                folder.resolve("reviewer"), api.apiToken("default", reviewer).reveal());
        Path token = Files.writeString(
                folder.resolve("token"), api.token("default", account, "vault").reveal());
        return PackagedApplication.in(folder, server)
                .without("BOOTSTRAP_CUSTODY_FILE_FOLDER")
                .with("BOOTSTRAP_CUSTODY_KUBERNETES_SECRET", secret)
                .with("BOOTSTRAP_ACCESS_KUBERNETES_ROLE", "vault-bootstrap")
                .with("BOOTSTRAP_ACCESS_KUBERNETES_TOKEN_FILE", token.toString())
                .with("KUBECONFIG", api.kubeconfig(folder, "default", account).toString());
    }
}
