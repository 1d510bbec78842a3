package io.ameide.vault.bootstrap.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.testing.Chart;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The chart in a namespace of an API server that knows the kinds of all three operators.
 *
 * <p>The nodes are processes and no Pods. Hence a few things are said to the chart, in values of its own, that a cluster
 * does not need: the nodes' port, and in the desired state where the API server is and with which token it is asked, which
 * nodes in Pods find by themselves.
 */
final class Installation {

    /** The ServiceAccount of the nodes. */
    static final String REVIEWER = KubernetesApi.SERVER_ACCOUNT;

    private static final String REVIEWER_TOKEN = "reviewer-token";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final KubernetesApi api;
    private final List<HasMetadata> rendered;

    private Installation(KubernetesApi api, List<HasMetadata> rendered) {
        this.api = api;
        this.rendered = rendered;
    }

    /** Makes the namespace, and in it what other charts and the controllers of a cluster make. */
    static void prepare(KubernetesApi api, String namespace) {
        api.namespace(namespace);
        api.publishAuthority(namespace);
        api.serviceAccount(namespace, REVIEWER);
        Secret token = new SecretBuilder()
                .withNewMetadata()
                .withName(REVIEWER_TOKEN)
                .withNamespace(namespace)
                .endMetadata()
                .addToStringData(
                        REVIEWER_TOKEN, api.apiToken(namespace, REVIEWER).reveal())
                .build();
        api.admin().resource(token).create();
    }

    /** Options of helm for nodes that are processes and review tokens with one of their own. */
    static List<String> processes(KubernetesApi api, Path folder, int port) {
        return processes(api, folder, port, "\"token_reviewer_jwt\": \"${file:%s}\"".formatted(REVIEWER_TOKEN));
    }

    /** @param review how nodes review tokens, in the configuration of Kubernetes auth, as fields in JSON */
    static List<String> processes(KubernetesApi api, Path folder, int port, String review) {
        return values(folder, """
                {
                  "vault": {"port": %d},
                  "desiredState": {
                    "document": {
                      "authMethods": [{
                        "path": "kubernetes",
                        "type": "kubernetes",
                        "config": {"kubernetes_host": "%s", "kubernetes_ca_cert": "${file:ca.crt}", %s}
                      }]
                    },
                    "sources": [{"configMap": "kube-root-ca.crt"}, {"secret": "%s"}]
                  }
                }
                """.formatted(port, api.address(), review, REVIEWER_TOKEN));
    }

    /** Options of helm for more values, in JSON. */
    static List<String> values(Path folder, String json) {
        try {
            Path file = Files.createTempFile(folder, "values-", ".json");
            return List.of("--values", Files.writeString(file, json).toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param options of helm */
    static List<HasMetadata> render(KubernetesApi api, String namespace, List<List<String>> options) {
        List<String> all = new ArrayList<>(Renderings.API_VERSIONS);
        options.forEach(all::addAll);
        return Chart.render("bootstrap", namespace, all).all(api.admin());
    }

    static Installation apply(KubernetesApi api, String namespace, List<List<String>> options) {
        Installation installation = new Installation(api, render(api, namespace, options));
        installation.apply();
        return installation;
    }

    /** Once more: what was changed is again as the chart has it. */
    void apply() {
        rendered.stream()
                .filter(resource -> !runsOnce(resource))
                .forEach(resource ->
                        api.admin().resource(resource).forceConflicts().serverSideApply());
    }

    /** A hook that is run, unlike one that is only made early. */
    private static boolean runsOnce(HasMetadata resource) {
        return Set.of("Job", "Pod").contains(resource.getKind())
                && Optional.ofNullable(resource.getMetadata().getAnnotations())
                        .filter(annotations -> annotations.containsKey("helm.sh/hook"))
                        .isPresent();
    }

    /** The one of that kind, as the API server has it. */
    HasMetadata installed(String kind) {
        return api.admin().resource(one(rendered, kind)).get();
    }

    /** The one of that kind and name, as the API server has it. */
    HasMetadata installed(String kind, String name) {
        return api.admin()
                .resource(one(
                        rendered.stream()
                                .filter(resource ->
                                        resource.getMetadata().getName().equals(name))
                                .toList(),
                        kind))
                .get();
    }

    /** What helm runs at some time, and does not install. */
    List<HasMetadata> hooks(String kind) {
        return rendered.stream()
                .filter(resource -> runsOnce(resource) && resource.getKind().equals(kind))
                .toList();
    }

    static HasMetadata one(List<HasMetadata> resources, String kind) {
        List<HasMetadata> found = resources.stream()
                .filter(resource -> resource.getKind().equals(kind))
                .toList();
        assertThat(found).as(kind).hasSize(1);
        return found.getFirst();
    }

    static JsonNode json(HasMetadata resource) {
        return JSON.valueToTree(resource);
    }
}
