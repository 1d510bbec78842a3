package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.vault.NodeAddress;
import io.ameide.vault.bootstrap.vault.RequestCounter;
import io.ameide.vault.bootstrap.vault.TlsSettings;
import io.ameide.vault.bootstrap.vault.Transport;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Reads secrets as External Secrets does with what a ClusterSecretStore says: provider {@code vault}, version 2, auth
 * {@code kubernetes} with a ServiceAccount. From its sources ({@code providers/v1/vault/auth_kubernetes.go}): a token of
 * that ServiceAccount for these audiences and ten minutes, which its login sends as it is.
 */
final class StoreReader {

    private static final long TOKEN_SECONDS = 600;

    private final KubernetesApi api;
    private final JsonNode provider;
    private final VaultNode node;

    private StoreReader(KubernetesApi api, JsonNode provider, VaultNode node) {
        this.api = api;
        this.provider = provider;
        this.node = node;
    }

    /** @param active where the service that the store names leads to; its certificate has to be for the name of that */
    static StoreReader of(KubernetesApi api, HasMetadata store, URI active) {
        JsonNode provider = Installation.json(store).at("/spec/provider/vault");
        URI server = URI.create(provider.path("server").asText());
        if (!server.getScheme().equals(active.getScheme()) || server.getPort() != active.getPort()) {
            throw new AssertionError("the store's server is " + server + ", and nodes are at " + active);
        }
        Optional<Path> authority = Optional.of(provider.path("caProvider"))
                .filter(JsonNode::isObject)
                .map(source -> authority(api, source));
        TlsSettings tls = new TlsSettings(authority, authority.map(file -> server.getHost()), Optional.empty());
        VaultNode node = VaultNode.at(
                        List.of(new NodeAddress(active)),
                        new Transport(tls, Duration.ofSeconds(2), Duration.ofSeconds(30)),
                        new RequestCounter())
                .getFirst();
        StoreReader reader = new StoreReader(api, provider, node);
        api.serviceAccount(reader.accountNamespace(), reader.account());
        return reader;
    }

    private static Path authority(KubernetesApi api, JsonNode source) {
        if (!source.path("type").asText().equals("Secret")) {
            throw new AssertionError("an authority is read from a Secret here, not from a " + source.path("type"));
        }
        String entry = api.admin()
                .secrets()
                .inNamespace(source.path("namespace").asText())
                .withName(source.path("name").asText())
                .get()
                .getData()
                .get(source.path("key").asText());
        try {
            Path file = Files.createTempFile("store-", ".crt");
            file.toFile().deleteOnExit();
            return Files.write(file, Base64.getDecoder().decode(entry));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String account() {
        return login().at("/serviceAccountRef/name").asText();
    }

    String accountNamespace() {
        return login().at("/serviceAccountRef/namespace").asText();
    }

    String audience() {
        return login().at("/serviceAccountRef/audiences/0").asText();
    }

    private JsonNode login() {
        return provider.at("/auth/kubernetes");
    }

    VaultSession signIn() {
        List<String> audiences = new ArrayList<>();
        login().at("/serviceAccountRef/audiences").forEach(audience -> audiences.add(audience.asText()));
        var request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audiences)
                .withExpirationSeconds(TOKEN_SECONDS)
                .endSpec()
                .build();
        return signIn(Sensitive.of(api.admin()
                .serviceAccounts()
                .inNamespace(accountNamespace())
                .withName(account())
                .tokenRequest(request)
                .getStatus()
                .getToken()));
    }

    /** With any token. */
    VaultSession signIn(Sensitive token) {
        return node.session(node.loginWithKubernetes(
                        login().path("mountPath").asText(), login().path("role").asText(), token)
                .token());
    }

    /** What {@code remoteRef} with this key and property gives. */
    String read(String key, String property) {
        return signIn().read("%s/data/%s".formatted(provider.path("path").asText(), key))
                .orElseThrow(() -> new AssertionError("there is no secret " + key))
                .at("/data/" + property)
                .asText();
    }
}
