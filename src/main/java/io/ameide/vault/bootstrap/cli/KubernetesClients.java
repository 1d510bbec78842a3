package io.ameide.vault.bootstrap.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * The client of the API server. It uses the HTTP client of the JDK, as requests to nodes do. The one that Quarkus makes
 * starts Vert.x, which costs a tick in a cluster a third of its time and memory.
 */
final class KubernetesClients {

    KubernetesClients() {}

    @Produces
    @Singleton
    static KubernetesClient client(Config config, KubernetesSerialization serialization) {
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withKubernetesSerialization(serialization)
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
    }

    static void close(@Disposes KubernetesClient client) {
        client.close();
    }
}
