package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.testing.Documentation;
import io.ameide.vault.bootstrap.testing.Documentation.Block;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.Nodes;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RaftCluster;
import io.ameide.vault.bootstrap.testing.Relay;
import io.ameide.vault.bootstrap.vault.VaultNode;
import io.ameide.vault.bootstrap.vault.VaultSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The way in that is left when signing in is broken and no server makes root tokens, walked as the documentation tells it. */
class BreakGlassIT {

    private static final String DOCUMENTED_PORT = "8300";

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    Path folder;

    @Test
    void listenerOnLoopbackLeadsBackIntoACluster() throws IOException {
        try (HostedCluster hosted = HostedCluster.startClosed(API, folder)) {
            RaftCluster nodes = hosted.nodes();
            letExternalSecretsBreakTheWayIn(hosted);
            assertThat(hosted.application().run("run").exit()).isZero();
            assumeTrue(generateRoot(nodes) == 405, "this server lets everybody with shares make a root token");
            breakTheWayIn(hosted);

            Result shutOut = hosted.application().run("run", "--output", "json");
            assertThat(shutOut.exit()).isEqualTo(3);
            assertThat(shutOut.step("sign in").toString())
                    .contains(
                            "invalid role name",
                            "no root token is left, and bootstrap.access.generate-root is off",
                            "start a node with a listener on loopback that has"
                                    + " disable_unauthed_generate_root_endpoints = false, and run there with"
                                    + " bootstrap.access.generate-root=true");

            int port = ThrowAwayServer.freePort(Stream.concat(
                            Stream.of("127.0.0.1"), nodes.addresses().stream().map(URI::getHost))
                    .toList());
            restart(nodes, node -> listener(nodes.address(node).getHost(), port));
            Result unsealed = hosted.application().run("run", "--output", "json");
            assertThat(unsealed.exit()).isEqualTo(3);
            assertThat(unsealed.step("unseal").path("changes")).hasSize(3);

            String leader = nodes.address(nodes.awaitLeader()).getHost();
            assertThat(unsealed.step("join").path("detail").asText()).contains("leader https://" + leader + ":");
            try (Relay forwarded = forward(leader, port)) {
                Result opened = hosted.elsewhere().run(documentedCommand(hosted, forwarded.port()));
                assertThat(opened.exit()).as(opened.stdout() + opened.stderr()).isZero();
                assertThat(rootTokens(hosted, URI.create("http://127.0.0.1:" + forwarded.port())))
                        .as("root tokens, with the one that looks")
                        .isEqualTo(1);
            }
            assertThat(hosted.keys().hasNonNull("rootToken"))
                    .as("root token in custody")
                    .isFalse();

            Result next = hosted.application().run("run", "--output", "json");
            assertThat(next.exit()).as(next.stdout() + next.stderr()).isZero();
            assertThat(next.json().at("/requests/writes").asInt()).isZero();

            restart(nodes, node -> "");
            Result closed = hosted.application().run("run", "--output", "json");
            assertThat(closed.exit()).as(closed.stdout() + closed.stderr()).isZero();
            assertThat(generateRoot(nodes)).isEqualTo(405);
        }
    }

    /** One that may do so by mistake, as such things happen. */
    private static void letExternalSecretsBreakTheWayIn(HostedCluster hosted) throws IOException {
        Path file = hosted.folder().resolve("desired-state.yaml");
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("policies:\n", """
                                policies:
                                  - name: careless
                                    rules: |
                                      path "auth/kubernetes/role/*" { capabilities = ["delete"] }
                                """)
                        .replace("token_policies: [external-secrets]", "token_policies: [external-secrets, careless]"));
    }

    private static void breakTheWayIn(HostedCluster hosted) {
        VaultNode leader = hosted.leader();
        VaultSession careless = leader.session(leader.loginWithKubernetes(
                        "kubernetes", "external-secrets", API.token("external-secrets", "external-secrets", "vault"))
                .token());
        careless.delete("auth/kubernetes/role/vault-bootstrap");
    }

    private static int generateRoot(RaftCluster nodes) {
        return nodes.call(nodes.awaitLeader(), "PUT", "sys/generate-root/attempt", "{}", Optional.empty())
                .status();
    }

    private static void restart(RaftCluster nodes, IntFunction<String> more) {
        IntStream.range(0, nodes.size()).forEach(node -> nodes.node(node).restart(more.apply(node)));
    }

    /** The documented one, on the address of the node, as if it were alone on its machine. */
    private static String listener(String host, int port) {
        return page().blocks("hcl").stream()
                .map(Block::text)
                .filter(text -> text.contains("disable_unauthed_generate_root_endpoints"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the page has no such listener any more"))
                .replace("127.0.0.1:" + DOCUMENTED_PORT, host + ":" + port);
    }

    /** What {@code kubectl port-forward} does. */
    private static Relay forward(String host, int port) {
        return Relay.start(
                new InetSocketAddress("127.0.0.1", port),
                new InetSocketAddress(host, port),
                client -> 0,
                everybody -> true);
    }

    /** The arguments of the documented command, with the names of this cluster and with absolute paths. */
    private static String[] documentedCommand(HostedCluster hosted, int port) {
        String command = page().code().stream()
                .filter(line -> line.startsWith("vault-bootstrap run --profile ha"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the page has no such command any more"));
        return Pattern.compile("\\s+")
                .splitAsStream(command)
                .skip(1)
                .map(word -> word.replace(":" + DOCUMENTED_PORT, ":" + port)
                        .replace("namespace=vault", "namespace=" + hosted.namespace())
                        .replace("token-file=", "token-file=" + hosted.folder() + "/")
                        .replace("desired-state.file=", "desired-state.file=" + hosted.folder() + "/"))
                .toArray(String[]::new);
    }

    private static Documentation page() {
        return Documentation.page("docs/operations/vault.md");
    }

    private static long rootTokens(HostedCluster hosted, URI address) {
        VaultNode node = Nodes.at(address);
        VaultSession observer = node.session(node.generateRoot(hosted.shares(), nonce -> {}));
        try {
            List<JsonNode> tokens = observer.list("auth/token/accessors").stream()
                    .map(accessor -> observer.write("auth/token/lookup-accessor", Map.of("accessor", accessor)))
                    .toList();
            return tokens.stream()
                    .filter(token -> token.path("policies").toString().contains("\"root\""))
                    .count();
        } finally {
            observer.revoke();
        }
    }
}
