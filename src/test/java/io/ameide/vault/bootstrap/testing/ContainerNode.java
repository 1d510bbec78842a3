package io.ameide.vault.bootstrap.testing;

import com.github.dockerjava.api.DockerClient;
import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import org.testcontainers.containers.wait.strategy.HttpWaitStrategy;
import org.testcontainers.containers.wait.strategy.WaitStrategy;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.vault.VaultContainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** HashiCorp Vault with Raft storage in a container; not the dev server that the image starts by default. */
final class ContainerNode implements Node {

    private static final DockerImageName IMAGE = DockerImageName.parse("hashicorp/vault:1.21.1");
    private static final int API_PORT = 8200;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final int port;
    private final VaultContainer<?> container;

    ContainerNode() {
        this.port = freePort();
        this.container = new VaultContainer<>(IMAGE)
                .withCommand("server")
                .withEnv("VAULT_LOCAL_CONFIG", """
                        {
                          "disable_mlock": true,
                          "api_addr": "http://127.0.0.1:%d",
                          "cluster_addr": "https://127.0.0.1:8201",
                          "storage": {"raft": {"path": "/vault/file", "node_id": "node-1", "performance_multiplier": 1}},
                          "listener": [{"tcp": {"address": "0.0.0.0:8200", "tls_disable": true}}]
                        }
                        """.formatted(port))
                .waitingFor(answering());
        // Docker draws a new port at every start of a container; a node keeps its address.
        container.setPortBindings(List.of("127.0.0.1:" + port + ":" + API_PORT));
        container.start();
    }

    @Override
    public URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public Product product() {
        return Product.VAULT;
    }

    @Override
    public Optional<Path> auditLog() {
        return Optional.empty();
    }

    @Override
    public void kill() {
        docker().killContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void restart() {
        if (container.isRunning()) {
            kill();
        }
        docker().startContainerCmd(container.getContainerId()).exec();
        answering().waitUntilReady(container);
    }

    @Override
    public void pause() {
        docker().pauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void resume() {
        docker().unpauseContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void close() {
        container.stop();
    }

    private DockerClient docker() {
        return container.getDockerClient();
    }

    private static WaitStrategy answering() {
        return new HttpWaitStrategy()
                .forPath("/v1/sys/health")
                .forPort(API_PORT)
                .forStatusCodeMatching(status -> status >= 200)
                .withStartupTimeout(START_TIMEOUT);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress("127.0.0.1", 0));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
