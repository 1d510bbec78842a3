package io.ameide.vault.bootstrap.kubernetes;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the API server knows of tokens and of who may do what (authentication.k8s.io/v1, authorization.k8s.io/v1). Every
 * method throws {@link ApiServerException}.
 */
public final class Reviews {

    private final KubernetesClient client;

    public Reviews(KubernetesClient client) {
        this.client = client;
    }

    /**
     * What a TokenReview came to.
     *
     * @param username empty where the token is not accepted
     * @param error the server's words, empty where it is accepted; they never quote the token
     */
    public record Verdict(boolean authenticated, String username, String error) {}

    /** @param audiences one of which the token has to have; none for the API server's own */
    public Verdict token(Sensitive jwt, List<String> audiences) {
        var review = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(jwt.reveal())
                .withAudiences(audiences)
                .endSpec()
                .build();
        return asking("review a token", () -> {
            TokenReviewStatus status = client.tokenReviews().create(review).getStatus();
            boolean authenticated = Boolean.TRUE.equals(status.getAuthenticated());
            return new Verdict(
                    authenticated,
                    authenticated
                            ? Optional.ofNullable(status.getUser().getUsername())
                                    .orElse("")
                            : "",
                    Optional.ofNullable(status.getError()).orElse(""));
        });
    }

    /** Whether a ServiceAccount, there or not, may create TokenReviews. */
    public boolean mayReviewTokens(Account account) {
        var review = new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(account.subject())
                // What every token of a ServiceAccount carries; a binding may be to one of these.
                .withGroups(
                        "system:serviceaccounts",
                        "system:serviceaccounts:" + account.namespace(),
                        "system:authenticated")
                .withNewResourceAttributes()
                .withGroup("authentication.k8s.io")
                .withResource("tokenreviews")
                .withVerb("create")
                .endResourceAttributes()
                .endSpec()
                .build();
        return asking(
                "review the access of ServiceAccount %s".formatted(account),
                () -> Boolean.TRUE.equals(client.authorization()
                        .v1()
                        .subjectAccessReview()
                        .create(review)
                        .getStatus()
                        .getAllowed()));
    }

    /**
     * Has a token made (TokenRequest), which lives ten minutes, the shortest there is.
     *
     * @return empty where there is no such ServiceAccount
     */
    public Optional<Sensitive> requestToken(Account account, String audience) {
        TokenRequest request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audience)
                .withExpirationSeconds(600L)
                .endSpec()
                .build();
        return asking("request a token of ServiceAccount " + account, () -> {
            try {
                return Optional.of(Sensitive.of(client.serviceAccounts()
                        .inNamespace(account.namespace())
                        .withName(account.name())
                        .tokenRequest(request)
                        .getStatus()
                        .getToken()));
            } catch (KubernetesClientException e) {
                if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    private static <T> T asking(String asked, Supplier<T> request) {
        try {
            return request.get();
        } catch (KubernetesClientException e) {
            throw ApiServerException.of(asked, e);
        }
    }
}
