package io.ameide.vault.bootstrap.sandbox;

import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One real server with Raft storage on loopback, in a folder of its own (mode 0700) that goes with it. It starts empty:
 * neither initialized nor unsealed. Several of them on different loopback addresses can form one Raft cluster. It ends
 * with {@link #close()}, with the JVM, and where {@code setpriv} of util-linux is installed also when the JVM is killed.
 *
 * <p>Not for data that matters. Methods may be called from several threads.
 */
public final class ThrowAwayServer implements AutoCloseable {

    private static final int PORT_ATTEMPTS = 5;
    private static final int LAST_LINES = 15;
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);
    private static final long KILL_SECONDS = 10;

    /**
     * What the listener shows, as PEM files; they are read at every start and at {@link #reload()}.
     *
     * @param clientAuthority who signed the certificates that clients must have; empty for clients without any
     */
    public record Tls(Path certificate, Path key, Optional<Path> clientAuthority) {}

    /**
     * Where a server listens.
     *
     * @param host a loopback address, for example {@code 127.0.0.2}
     * @param port of the API; Raft takes the next one. Two free ones are drawn when empty
     * @param tls in the clear when empty
     * @param apiAddress what the server tells others to reach it by; its own address when empty
     * @param clusterAddress what it tells its peers to reach it by; its own address when empty
     */
    public record Listener(
            String host, OptionalInt port, Optional<Tls> tls, Optional<URI> apiAddress, Optional<URI> clusterAddress) {

        public static final Listener DEFAULT =
                new Listener("127.0.0.1", OptionalInt.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        public Listener withTls(Tls tls) {
            return new Listener(host, port, Optional.of(tls), apiAddress, clusterAddress);
        }
    }

    /**
     * @param nodeId Raft node id, letters, digits and dashes
     * @param listener where it listens, and with which certificate
     * @param auditDevice whether the configuration declares a file audit device named {@code file}. OpenBao only; Vault
     *     has its audit devices created over the API
     * @param extraHcl appended to the server's configuration, for example a seal stanza
     * @param listenerHcl added to the listener's stanza, for example what it opens to callers without a token
     * @param storageHcl added to the storage stanza, for example {@code retry_join} stanzas
     * @param environment variables besides {@code PATH}, for example {@code HTTPS_PROXY}
     * @param startTimeout how long a start may take until the server answers
     */
    public record Options(
            String nodeId,
            Listener listener,
            boolean auditDevice,
            String extraHcl,
            String listenerHcl,
            String storageHcl,
            Map<String, String> environment,
            Duration startTimeout) {

        public static final Options DEFAULT =
                new Options("node-1", Listener.DEFAULT, true, "", "", "", Map.of(), Duration.ofSeconds(30));

        public Options {
            if (!nodeId.matches("[A-Za-z0-9-]+")) {
                throw new IllegalArgumentException("a node id has letters, digits and dashes: " + nodeId);
            }
            environment = Map.copyOf(environment);
        }

        public Options withNodeId(String nodeId) {
            return new Options(
                    nodeId, listener, auditDevice, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }

        public Options withListener(Listener listener) {
            return new Options(
                    nodeId, listener, auditDevice, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }

        public Options withoutAuditDevice() {
            return new Options(nodeId, listener, false, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }

        public Options withExtraHcl(String extraHcl) {
            return new Options(
                    nodeId, listener, auditDevice, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }

        public Options withListenerHcl(String listenerHcl) {
            return new Options(
                    nodeId, listener, auditDevice, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }

        public Options withEnvironment(Map<String, String> environment) {
            return new Options(
                    nodeId, listener, auditDevice, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }

        public Options withStorageHcl(String storageHcl) {
            return new Options(
                    nodeId, listener, auditDevice, extraHcl, listenerHcl, storageHcl, environment, startTimeout);
        }
    }

    private final ServerBinary binary;
    private final Path folder;
    private final int port;
    private final Thread shutdownHook;
    private volatile Options options;
    private volatile Optional<Process> process = Optional.empty();
    private boolean closed;

    private ThrowAwayServer(ServerBinary binary, Options options, int port) throws IOException {
        this.binary = binary;
        this.options = options;
        this.port = port;
        this.folder = Files.createTempDirectory(
                "vault-bootstrap-server-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        this.shutdownHook = new Thread(this::abandon, "throw-away-server-end");
    }

    /**
     * Starts a server and waits until it answers.
     *
     * @throws ProblemException when it does not start or does not answer in time, with the last lines it wrote
     */
    public static ThrowAwayServer start(ServerBinary binary, Options options) {
        for (int attempt = 1; ; attempt++) {
            ThrowAwayServer server = create(binary, options);
            boolean started = false;
            try {
                server.launch();
                started = true;
                return server;
            } catch (PortTakenException e) {
                if (attempt == PORT_ATTEMPTS || options.listener().port().isPresent()) {
                    throw e;
                }
            } finally {
                if (!started) {
                    server.close();
                }
            }
        }
    }

    private static ThrowAwayServer create(ServerBinary binary, Options options) {
        try {
            Listener listener = options.listener();
            int port = listener.port().isPresent() ? listener.port().getAsInt() : freePort(List.of(listener.host()));
            ThrowAwayServer server = new ThrowAwayServer(binary, options, port);
            Runtime.getRuntime().addShutdownHook(server.shutdownHook);
            return server;
        } catch (IOException e) {
            throw new ProblemException(Problem.error("preparing a throw-away server failed: " + e.getMessage(), ""), e);
        }
    }

    public URI address() {
        Listener listener = options.listener();
        return URI.create((listener.tls().isPresent() ? "https" : "http") + "://" + listener.host() + ":" + port);
    }

    /** The Raft node id it has now. */
    public String nodeId() {
        return options.nodeId();
    }

    public Product product() {
        return binary.product();
    }

    /** The server's storage, configuration, log and audit log. Gone after {@link #close()}. */
    public Path folder() {
        return folder;
    }

    /** What the server printed, over all its starts. */
    public Path log() {
        return folder.resolve("server.log");
    }

    /** The file of the declared audit device; empty where none was declared. */
    public Optional<Path> auditLog() {
        return options.auditDevice() && product() == Product.OPENBAO
                ? Optional.of(folder.resolve("audit.log"))
                : Optional.empty();
    }

    /** Process id of the running server; empty while it is killed. */
    public Optional<Long> pid() {
        return process.filter(Process::isAlive).map(Process::pid);
    }

    /** Ends the server with SIGKILL. Storage stays; nothing happens when it does not run. */
    public synchronized void kill() {
        destroy();
    }

    /** Kills the server if it runs and starts it again, same address, same storage. It comes back sealed. */
    public synchronized void restart() {
        destroy();
        launch();
    }

    /** Like {@link #restart()}, with this instead of the other lines that its configuration was given. */
    public synchronized void restart(String extraHcl) {
        options = options.withExtraHcl(extraHcl);
        restart();
    }

    /** Ends the server, deletes its storage and starts it empty: same address, same node id. */
    public synchronized void wipe() {
        wipe(nodeId());
    }

    /** Like {@link #wipe()}, and it comes back as another Raft peer, as a Pod with a new volume does. */
    public synchronized void wipe(String newNodeId) {
        destroy();
        options = options.withNodeId(newNodeId);
        try {
            delete(data());
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.error("deleting the storage of a throw-away server failed: " + e.getMessage(), ""), e);
        }
        launch();
    }

    /**
     * Has the server read its certificate again (SIGHUP), and waits until it presents what its file holds now.
     *
     * @throws ProblemException when it does not within the time a start may take
     */
    public synchronized void reload() {
        Tls tls = options.listener()
                .tls()
                .orElseThrow(() -> new IllegalStateException("this throw-away server listens in the clear"));
        signal("HUP");
        long deadline = System.nanoTime() + options.startTimeout().toNanos();
        try {
            while (!presents(tls)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new ProblemException(Problem.error(
                            "a throw-away server does not present " + tls.certificate() + "; its last lines:\n"
                                    + lastLines(),
                            ""));
                }
                Thread.sleep(POLL);
            }
        } catch (IOException e) {
            throw new ProblemException(Problem.error("cannot read " + tls.certificate(), ""), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The certificate its listener presents now; empty in the clear, and while it does not answer. */
    public Optional<X509Certificate> presentedCertificate() {
        Listener listener = options.listener();
        return listener.tls()
                .flatMap(tls -> PresentedCertificate.at(new InetSocketAddress(listener.host(), port), REQUEST_TIMEOUT));
    }

    /** Stops the server with SIGSTOP: connections are accepted by the kernel and nobody answers. */
    public synchronized void pause() {
        signal("STOP");
    }

    public synchronized void resume() {
        signal("CONT");
    }

    /** The last lines the server printed, oldest first. */
    public String lastLines() {
        List<String> lines = printedSince(0).lines().toList();
        return lines.stream()
                .skip(Math.max(0, lines.size() - LAST_LINES))
                .map(line -> "  " + line)
                .collect(Collectors.joining("\n"));
    }

    /** Kills the server and deletes its folder. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        destroy();
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // The JVM is on its way out; the hook then does the same once more, which does no harm.
        }
        try {
            delete(folder);
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.error("deleting the folder of a throw-away server failed: " + e.getMessage(), ""), e);
        }
    }

    /** The end of the JVM. Takes no lock: a thread that waits for a start may hold it. */
    private void abandon() {
        destroy();
        try {
            delete(folder);
        } catch (IOException e) {
            // Nobody is left to tell.
        }
    }

    private void launch() {
        if (closed) {
            throw new IllegalStateException("this throw-away server is closed");
        }
        try {
            Path configuration = folder.resolve("server.hcl");
            Files.createDirectories(data());
            Files.writeString(configuration, hcl());
            long printedBefore = Files.exists(log()) ? Files.size(log()) : 0;
            Process started = spawn(configuration);
            process = Optional.of(started);
            awaitAnswer(started, printedBefore);
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.error("starting " + binary.file() + " failed: " + e.getMessage(), ""), e);
        }
    }

    private String hcl() {
        StringBuilder hcl = new StringBuilder();
        if (product() == Product.VAULT) {
            hcl.append("disable_mlock = true\n");
        }
        Listener listener = options.listener();
        // performance_multiplier 1 is one second instead of five until a lone node elects itself.
        hcl.append("""
                api_addr = "%1$s"
                cluster_addr = "%10$s"
                storage "raft" {
                  path = %5$s
                  node_id = "%6$s"
                  performance_multiplier = 1
                  %7$s
                }
                listener "tcp" {
                  address = "%2$s:%3$d"
                  cluster_address = "%2$s:%4$d"
                  %8$s
                  %9$s
                }
                """.formatted(
                        listener.apiAddress().orElse(address()),
                        listener.host(),
                        port,
                        port + 1,
                        quoted(data()),
                        options.nodeId(),
                        options.storageHcl(),
                        listener.tls().map(ThrowAwayServer::hcl).orElse("tls_disable = true"),
                        options.listenerHcl(),
                        listener.clusterAddress()
                                .orElseGet(() -> URI.create("https://%s:%d".formatted(listener.host(), port + 1)))));
        // A file name without folder lies in the server's own, and a desired state can name it without knowing that.
        auditLog().ifPresent(file -> hcl.append("""
                audit "file" "file" {
                  options {
                    file_path = %s
                  }
                }
                """.formatted(quoted(file.getFileName()))));
        return hcl.append(options.extraHcl()).append('\n').toString();
    }

    private static String hcl(Tls tls) {
        String own = "tls_cert_file = " + quoted(tls.certificate()) + "\ntls_key_file = " + quoted(tls.key());
        return tls.clientAuthority()
                .map(authority ->
                        own + "\ntls_require_and_verify_client_cert = true\ntls_client_ca_file = " + quoted(authority))
                .orElse(own);
    }

    private Path data() {
        return folder.resolve("data");
    }

    private static String quoted(Path path) {
        return '"' + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private Process spawn(Path configuration) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(binary.file().toString(), "server", "-config=" + configuration)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        // Variables such as BAO_API_ADDR and VAULT_RAFT_NODE_ID would win over the configuration file.
        builder.environment().keySet().retainAll(List.of("PATH"));
        builder.environment().putAll(options.environment());
        return DependentProcess.start(builder);
    }

    private void awaitAnswer(Process started, long printedBefore) throws IOException {
        long deadline = System.nanoTime() + options.startTimeout().toNanos();
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(REQUEST_TIMEOUT)
                .build()) {
            // Its own word first: another process on the same port would answer as well.
            while (!(printedSince(printedBefore).contains("server started!") && answers(client))) {
                if (!started.isAlive()) {
                    throw ended(started, printedBefore);
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new ProblemException(Problem.error(
                            "a throw-away server from " + binary.file() + " did not answer within "
                                    + options.startTimeout().toSeconds() + " s; its last lines:\n" + lastLines(),
                            ""));
                }
                Thread.sleep(POLL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private ProblemException ended(Process started, long printedBefore) {
        Problem problem = Problem.error(
                "a throw-away server from " + binary.file() + " ended with code " + started.exitValue()
                        + " while it started; its last lines:\n" + lastLines(),
                "");
        return printedSince(printedBefore).contains("address already in use")
                ? new PortTakenException(problem)
                : new ProblemException(problem);
    }

    private boolean answers(HttpClient client) throws IOException, InterruptedException {
        Optional<Tls> tls = options.listener().tls();
        if (tls.isPresent()) {
            return presents(tls.get());
        }
        HttpRequest health = HttpRequest.newBuilder(address().resolve("/v1/sys/health"))
                .timeout(REQUEST_TIMEOUT)
                .build();
        try {
            client.send(health, BodyHandlers.discarding());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean presents(Tls tls) throws IOException {
        return presentedCertificate().equals(Optional.of(PresentedCertificate.in(tls.certificate())));
    }

    private String printedSince(long position) {
        try (FileChannel channel = FileChannel.open(log())) {
            return new String(
                    Channels.newInputStream(channel.position(position)).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private void destroy() {
        process.ifPresent(running -> {
            running.destroyForcibly();
            boolean interrupted = false;
            try {
                running.waitFor(KILL_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void signal(String name) {
        long pid = pid().orElseThrow(() -> new IllegalStateException("this throw-away server does not run"));
        try {
            int code = DependentProcess.exitCode(List.of("kill", "-" + name, Long.toString(pid)));
            if (code != 0) {
                throw new IOException("kill ended with code " + code);
            }
        } catch (IOException e) {
            throw new ProblemException(
                    Problem.error("sending SIG" + name + " to a throw-away server failed: " + e.getMessage(), ""), e);
        }
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * An even port that is free on each of these loopback addresses together with the next one, which Raft takes when
     * the server is unsealed. Drawn from below the kernel's ephemeral range, so that no outgoing connection takes the
     * second in between.
     *
     * @throws ProblemException when there is none
     */
    public static int freePort(List<String> hosts) {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = 2 * ThreadLocalRandom.current().nextInt(10_000, 16_000);
            if (hosts.stream().allMatch(host -> isFree(host, port) && isFree(host, port + 1))) {
                return port;
            }
        }
        throw new ProblemException(
                Problem.error("no two free neighbouring ports between 20000 and 32000 on " + hosts, ""));
    }

    private static boolean isFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Another process was quicker. */
    private static final class PortTakenException extends ProblemException {

        private static final long serialVersionUID = 1L;

        PortTakenException(Problem problem) {
            super(problem);
        }
    }
}
