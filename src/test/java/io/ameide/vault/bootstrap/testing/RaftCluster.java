package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ameide.vault.bootstrap.sandbox.ServerBinary;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Listener;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Options;
import io.ameide.vault.bootstrap.sandbox.ThrowAwayServer.Tls;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.Issued;
import io.ameide.vault.bootstrap.testing.CertificateAuthority.PemFiles;
import io.ameide.vault.bootstrap.testing.RealServer.Answer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A real Raft cluster behind TLS for tests: one per class as a static field with {@code @RegisterExtension}, one per test
 * as an instance field. Its nodes listen at one port of {@code 127.0.0.2}, {@code 127.0.0.3} and so on, as Pods do at
 * theirs, each in a process of its own with its own certificate. They start empty: neither initialized nor joined nor
 * unsealed. Nodes are counted from 0. Where there is no server binary the test is skipped with the reason, and fails
 * where the environment variable CI is set.
 *
 * <p>What a cluster asks its nodes itself goes over TLS too, and is believed when the node presents a certificate that
 * it was given here, an expired one included.
 */
public final class RaftCluster extends ServerExtension {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final int SEAL_KEY_BYTES = 32;
    private static final int NOBODY_KNOWN = -1;

    /** How often the leader looks for nodes that may vote by now; the defaults are 10 s and 2 s. */
    private static final String AUTOPILOT_HCL = """
            autopilot_reconcile_interval = "500ms"
            autopilot_update_interval = "200ms"
            """;

    private final int size;
    private final CertificateAuthority authority = new CertificateAuthority("vault-ca");
    private final Issued client = authority.issue("raft-cluster-test");
    private final KnownCertificates known = new KnownCertificates();
    private final Requests requests = Requests.over(known.contextAs(client), REQUEST_TIMEOUT);

    private boolean retryJoin;
    private boolean clear;
    private boolean clientCertificates;
    private boolean addressInCertificate = true;
    private List<String> names = List.of();
    private String listenerHcl = "";
    private Supplier<String> seal = () -> "";
    private Optional<IntFunction<URI>> apiAddresses = Optional.empty();
    private boolean relayed;
    private List<Relay> relays = List.of();

    /** Nodes that are cut off from the others. */
    private final Set<Integer> apart = ConcurrentHashMap.newKeySet();

    private Map<String, String> environment = Map.of();

    private Optional<Path> folder = Optional.empty();
    private List<ThrowAwayServer> nodes = List.of();
    private List<Sensitive> shares = List.of();
    private Optional<Sensitive> rootToken = Optional.empty();

    /**
     * A member of the cluster, as the leader sees it.
     *
     * @param address of its Raft port, without a scheme
     */
    public record Peer(String nodeId, String address, boolean leader, boolean voter) {}

    private RaftCluster(int size) {
        this.size = size;
    }

    /** @param size 1, 3 or 5 */
    public static RaftCluster of(int size) {
        return new RaftCluster(size);
    }

    /** Every node's configuration names all nodes to join, as the official Helm chart suggests. */
    public RaftCluster withRetryJoin() {
        retryJoin = true;
        return this;
    }

    /** Names that every node's certificate bears besides its own address. */
    public RaftCluster withNames(String... more) {
        names = List.of(more);
        return this;
    }

    /** Names that every node's certificate bears, and not its address: what cert-manager issues for services. */
    public RaftCluster withNamesOnly(String... only) {
        addressInCertificate = false;
        return withNames(only);
    }

    /** Nodes talk only to clients with a certificate of {@link #authority()}. */
    public RaftCluster withClientCertificates() {
        clientCertificates = true;
        return this;
    }

    /** Nodes listen without TLS, so that something may stand before them. */
    public RaftCluster inTheClear() {
        clear = true;
        return this;
    }

    /** Opens {@code sys/generate-root} to callers without a token, so that a test makes a root token from shares. */
    public RaftCluster withOpenGenerateRoot() {
        listenerHcl = "disable_unauthed_generate_root_endpoints = false";
        return this;
    }

    /** Nodes unseal themselves with a key file that is there before they start; skips the test where none can do so. */
    public RaftCluster withStaticSeal() {
        seal = () -> {
            byte[] key = new byte[SEAL_KEY_BYTES];
            new SecureRandom().nextBytes(key);
            try {
                return """
                        seal "static" {
                          current_key_id = "1"
                          current_key = "file://%s"
                        }
                        """.formatted(Files.write(folder().resolve("seal.key"), key));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        return this;
    }

    /** Nodes with a seal stanza, whose key is there before they start; skips the test where none can do so. */
    public RaftCluster withSeal(String hcl) {
        seal = () -> hcl;
        return this;
    }

    /** Nodes unseal themselves with a transit key of another server, which has to be unsealed when this one starts. */
    public RaftCluster withTransitSeal(RealServer other) {
        seal = () -> {
            if (other.call("GET", "sys/mounts/transit", "").status() != 200) {
                other.write("sys/mounts/transit", "{\"type\": \"transit\"}");
            }
            other.write("transit/keys/unseal", "{}");
            return """
                    seal "transit" {
                      address = "%s"
                      token = "%s"
                      mount_path = "transit/"
                      key_name = "unseal"
                      disable_renewal = true
                    }
                    """.formatted(other.address(), other.rootToken().reveal());
        };
        return this;
    }

    /** Nodes know the names that this knows, and so reach each other by them. */
    public RaftCluster knowing(NamesProxy names) {
        environment = Map.of("HTTPS_PROXY", names.address().toString());
        return this;
    }

    /** What nodes tell others to reach them by, for example a Pod's name in the headless service, by node number. */
    public RaftCluster withApiAddresses(IntFunction<URI> byNode) {
        apiAddresses = Optional.of(byNode);
        return this;
    }

    /** Nodes reach each other through something that {@link #partition} can cut. */
    public RaftCluster withRelays() {
        relayed = true;
        return this;
    }

    /** Peers do not reach this node any more, nor does it reach them, over Raft; clients still reach it. */
    public void partition(int node) {
        assumeTrue(Connections.known(), "this system does not tell whose a connection is");
        apart.add(node);
        relays.forEach(Relay::review);
    }

    public void reunite(int node) {
        apart.remove(node);
        relays.forEach(Relay::review);
    }

    /** For tests that have no use for JUnit's life cycle. */
    @Override
    public RaftCluster start() {
        ServerBinary binary = RealServer.binary();
        try {
            folder = Optional.of(Files.createTempDirectory("vault-bootstrap-cluster-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String sealHcl = seal.get();
        int port = ThrowAwayServer.freePort(IntStream.range(0, relayed ? 2 * size : size)
                .mapToObj(RaftCluster::host)
                .toList());
        if (relayed) {
            relays = IntStream.range(0, size)
                    .mapToObj(node -> Relay.start(
                            new InetSocketAddress(host(node + size), port + 1),
                            new InetSocketAddress(host(node), port + 1),
                            this::client,
                            from -> !apart.contains(node) && !apart.contains(from)))
                    .toList();
        }
        List<FutureTask<ThrowAwayServer>> starts = IntStream.range(0, size)
                .mapToObj(node -> options(node, port, sealHcl))
                .map(options -> new FutureTask<>(() -> ThrowAwayServer.start(binary, options)))
                .toList();
        starts.forEach(Thread::startVirtualThread);
        Optional<Throwable> failure = Optional.empty();
        List<ThrowAwayServer> started = new ArrayList<>();
        for (FutureTask<ThrowAwayServer> start : starts) {
            try {
                started.add(start.get());
            } catch (ExecutionException e) {
                failure = Optional.of(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = Optional.of(e);
            }
        }
        nodes = List.copyOf(started);
        if (failure.isPresent()) {
            close();
            assumeFalse(
                    String.valueOf(failure.get().getMessage()).contains("unknown seal type static"),
                    "this server has no static seal");
            throw new IllegalStateException("not every node started", failure.get());
        }
        return this;
    }

    /** Which node it is that came to another; all of them know one address of each, and come from the same. */
    private int client(Socket accepted) {
        for (int node = 0; node < nodes.size(); node++) {
            if (node(node)
                    .pid()
                    .filter(pid -> Connections.isClient(pid, accepted))
                    .isPresent()) {
                return node;
            }
        }
        return NOBODY_KNOWN;
    }

    private Options options(int node, int port, String sealHcl) {
        PemFiles files = write(node, issue(node));
        Tls tls = new Tls(
                files.certificate(),
                files.key(),
                clientCertificates ? Optional.of(files.authority()) : Optional.empty());
        Listener listener = new Listener(
                host(node),
                OptionalInt.of(port),
                Optional.of(tls).filter(wanted -> !clear),
                apiAddresses.map(byNode -> byNode.apply(node)),
                relayed
                        ? Optional.of(URI.create("https://%s:%d".formatted(host(node + size), port + 1)))
                        : Optional.empty());
        return Options.DEFAULT
                .withNodeId("vault-" + node)
                .withListener(listener)
                .withListenerHcl(listenerHcl)
                .withEnvironment(environment)
                .withExtraHcl(sealHcl)
                .withStorageHcl(AUTOPILOT_HCL + (retryJoin ? retryJoinHcl(port, files) : ""));
    }

    private String retryJoinHcl(int port, PemFiles files) {
        StringBuilder hcl = new StringBuilder();
        for (int node = 0; node < size; node++) {
            hcl.append("""
                    retry_join {
                      leader_api_addr = "https://%s:%d"
                      leader_tls_servername = "%s"
                      leader_ca_cert_file = "%s"
                      leader_client_cert_file = "%s"
                      leader_client_key_file = "%s"
                    }
                    """.formatted(
                            host(node), port, serverName(node), files.authority(), files.certificate(), files.key()));
        }
        return hcl.toString();
    }

    @Override
    public void close() {
        nodes.forEach(ThrowAwayServer::close);
        nodes = List.of();
        relays.forEach(Relay::close);
        relays = List.of();
        shares = List.of();
        rootToken = Optional.empty();
        folder.ifPresent(RaftCluster::delete);
        folder = Optional.empty();
    }

    public int size() {
        return size;
    }

    public List<URI> addresses() {
        return nodes.stream().map(ThrowAwayServer::address).toList();
    }

    public URI address(int node) {
        return node(node).address();
    }

    /** The port of every node's API. */
    public int port() {
        return address(0).getPort();
    }

    /** To kill, restart, pause, resume or wipe. */
    public ThrowAwayServer node(int node) {
        return nodes.get(node);
    }

    /** Who signed the nodes' certificates. */
    public CertificateAuthority authority() {
        return authority;
    }

    /** The certificate of {@link #authority()}, as PEM. */
    public Path caFile() {
        return PemFiles.in(folder().resolve("vault-0")).authority();
    }

    /** A certificate as this node had it at its start. */
    public Issued issue(int node) {
        return authority.issue(
                Stream.concat(addressInCertificate ? Stream.of(host(node)) : Stream.empty(), names.stream())
                        .toArray(String[]::new));
    }

    /** Puts this certificate in the place of the node's, and has the node read it. */
    public void rotateCertificate(int node, Issued issued) {
        write(node, issued);
        node(node).reload();
    }

    /** Wipes a node and starts it as another Raft peer at the same address: a Pod with a new volume and a new name. */
    public void replaceWithNewPeer(int node, String newNodeId) {
        node(node).wipe(newNodeId);
    }

    /** Status code of {@code sys/health}: 200 active, 429 standby, 501 not initialized, 503 sealed; 0 for no answer. */
    public int health(int node) {
        return ask(node, "sys/health").map(Answer::status).orElse(0);
    }

    /** What {@code sys/seal-status} answers; fails the test when the node does not answer. */
    public JsonNode sealStatus(int node) {
        return Requests.expectSuccess(call(node, "GET", "sys/seal-status", "", Optional.empty()));
    }

    /** The node that says of itself that it leads. */
    public OptionalInt leader() {
        return IntStream.range(0, size)
                .filter(node -> ask(node, "sys/leader")
                        .filter(answer -> answer.body().path("is_self").asBoolean())
                        .isPresent())
                .findFirst();
    }

    /** Waits until a node leads and is active. */
    public int awaitLeader() {
        await("a node leads", () -> leader().isPresent() && health(leader().orElse(0)) == 200);
        return leader().orElseThrow(() -> new IllegalStateException("the leader has just gone"));
    }

    /** The members of the cluster, by node id; those that do not vote included. */
    public List<Peer> peers(Sensitive token) {
        JsonNode configuration = Requests.expectSuccess(
                call(awaitLeader(), "GET", "sys/storage/raft/configuration", "", Optional.of(token)));
        List<Peer> peers = new ArrayList<>();
        for (JsonNode server : configuration.at("/data/config/servers")) {
            peers.add(new Peer(
                    server.path("node_id").asText(),
                    server.path("address").asText(),
                    server.path("leader").asBoolean(),
                    server.path("voter").asBoolean()));
        }
        return peers.stream().sorted(Comparator.comparing(Peer::nodeId)).toList();
    }

    /** The node ids of those that vote, sorted. */
    public List<String> voters(Sensitive token) {
        return peers(token).stream().filter(Peer::voter).map(Peer::nodeId).toList();
    }

    /** The ids of the clusters that unsealed nodes say they belong to; more than one is a split. */
    public Set<String> clusterIds() {
        Set<String> ids = new TreeSet<>();
        for (int node = 0; node < size; node++) {
            ask(node, "sys/seal-status")
                    .map(answer -> answer.body().path("cluster_id").asText())
                    .filter(id -> !id.isEmpty())
                    .ifPresent(ids::add);
        }
        return ids;
    }

    /** From the last {@link #initialize}. Recovery shares where the nodes unseal themselves. */
    public List<Sensitive> shares() {
        return shares;
    }

    /** From the last {@link #initialize}. */
    public Sensitive rootToken() {
        return rootToken.orElseThrow(() -> new IllegalStateException("this cluster was not initialized here"));
    }

    /** Initializes one node; with recovery shares where it unseals itself. */
    public void initialize(int node, int secretShares, int secretThreshold) {
        boolean recovery = sealStatus(node).path("recovery_seal").asBoolean();
        String kind = recovery ? "recovery" : "secret";
        ObjectNode request = Requests.JSON.createObjectNode();
        request.put(kind + "_shares", secretShares).put(kind + "_threshold", secretThreshold);
        JsonNode answer = Requests.expectSuccess(call(node, "PUT", "sys/init", request.toString(), Optional.empty()));
        List<Sensitive> made = new ArrayList<>();
        answer.get(recovery ? "recovery_keys_base64" : "keys_base64")
                .forEach(share -> made.add(Sensitive.of(share.textValue())));
        shares = List.copyOf(made);
        rootToken = Optional.of(Sensitive.of(answer.get("root_token").textValue()));
    }

    /** Asks a node to join the cluster of another one, as {@code sys/storage/raft/join} does. */
    public Answer join(int node, int leader) {
        ObjectNode request = Requests.JSON.createObjectNode();
        request.put("leader_api_addr", address(leader).toString())
                .put("leader_tls_servername", serverName(leader))
                .put("leader_ca_cert", text(caFile()));
        if (clientCertificates) {
            PemFiles own = PemFiles.in(folder().resolve("vault-" + node));
            request.put("leader_client_cert", text(own.certificate())).put("leader_client_key", text(own.key()));
        }
        return call(node, "POST", "sys/storage/raft/join", request.toString(), Optional.empty());
    }

    /** Gives a node the shares of the last {@link #initialize} until it has enough; it may serve only later. */
    public void unseal(int node) {
        for (Sensitive share : shares) {
            ObjectNode request = Requests.JSON.createObjectNode().put("key", share.reveal());
            JsonNode answer =
                    Requests.expectSuccess(call(node, "PUT", "sys/unseal", request.toString(), Optional.empty()));
            if (!answer.path("sealed").asBoolean() || answer.path("progress").asInt() == 0) {
                return;
            }
        }
    }

    /**
     * Lets nodes vote a second after they have joined. Otherwise a leader that has led for a while watches them for ten
     * seconds first, during which they serve as standbys and count for no majority. OpenBao 2.7.2 takes a time below one
     * second without a word and keeps the old one.
     */
    public void voteAtOnce(Sensitive token) {
        Requests.expectSuccess(call(
                awaitLeader(),
                "POST",
                "sys/storage/raft/autopilot/configuration",
                "{\"server_stabilization_time\": \"1s\"}",
                Optional.of(token)));
    }

    /** From empty to one cluster in which every node votes and serves; node 0 is initialized. */
    public void form(int secretShares, int secretThreshold) {
        initialize(0, secretShares, secretThreshold);
        boolean unsealsItself = sealStatus(0).path("recovery_seal").asBoolean();
        if (!unsealsItself) {
            unseal(0);
        }
        await("node 0 is active", () -> health(0) == 200);
        voteAtOnce(rootToken());
        for (int node = 1; node < size; node++) {
            int number = node;
            if (!retryJoin) {
                Requests.expectSuccess(join(node, 0));
            }
            await(
                    "node " + node + " has joined",
                    () -> sealStatus(number).path("initialized").asBoolean());
            if (!unsealsItself) {
                unseal(node);
            }
        }
        awaitServing();
        await("every node votes", () -> voters(rootToken()).size() == size);
    }

    /** Waits until one node is active and all others are its standbys. */
    public void awaitServing() {
        await("every node serves", () -> {
            List<Integer> states =
                    IntStream.range(0, size).mapToObj(this::health).sorted().toList();
            return states.getFirst() == 200 && states.stream().skip(1).allMatch(state -> state == 429);
        });
    }

    /**
     * @param path without {@code /v1/}
     * @param json the body; empty for none
     */
    public Answer call(int node, String method, String path, String json, Optional<Sensitive> token) {
        try {
            return requests.send(address(node), method, path, json, token);
        } catch (IOException e) {
            throw new AssertionError(method + " " + path + " at node " + node + " failed: " + e, e);
        }
    }

    /** Waits for something; fails the test with the state of all nodes when it does not come to be. */
    public void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                List<Integer> states =
                        IntStream.range(0, size).mapToObj(this::health).toList();
                throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + what + "; health " + states);
            }
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    private Optional<Answer> ask(int node, String path) {
        try {
            return Optional.of(requests.send(address(node), "GET", path, "", Optional.empty()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private PemFiles write(int node, Issued issued) {
        known.add(issued.certificate());
        return issued.writeTo(folder().resolve("vault-" + node));
    }

    /** A name that the node's certificate bears. */
    private String serverName(int node) {
        return addressInCertificate ? host(node) : names.getFirst().replace("*", "vault-" + node);
    }

    private static String host(int node) {
        return "127.0.0." + (node + 2);
    }

    private Path folder() {
        return folder.orElseThrow(() -> new IllegalStateException("this cluster was not started"));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> entries = Files.walk(folder)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
