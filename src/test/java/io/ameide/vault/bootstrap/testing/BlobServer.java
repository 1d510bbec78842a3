package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.sandbox.DependentProcess;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The blob service of Azurite as a process of its own, all in memory and with the account key that every Azurite has. It is looked for in the cache of {@code tools/azurite}, and takes node on PATH. Where one of them is missing
 * the test is skipped with the reason, and fails where the environment variable CI is set.
 */
public final class BlobServer extends ServerExtension {

    private static final String CACHED = "vault-bootstrap/azurite-3.35.0/node_modules/azurite/dist/src/blob/main.js";
    private static final String ACCOUNT = "devstoreaccount1";
    private static final String KEY =
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static final Pattern LISTENS = Pattern.compile("listens on https?://127\\.0\\.0\\.1:([0-9]+)");
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(100);

    private final Optional<CertificateAuthority> authority;
    private Optional<Path> folder = Optional.empty();
    private Optional<Process> process = Optional.empty();
    private int port;

    private BlobServer(Optional<CertificateAuthority> authority) {
        this.authority = authority;
    }

    /** Over plain HTTP, for the account's key and shared access signatures. */
    public static BlobServer inTheClear() {
        return new BlobServer(Optional.empty());
    }

    /** Over TLS, and for tokens of Microsoft Entra ID as well, whoever signed them. */
    public static BlobServer overTls(CertificateAuthority authority) {
        return new BlobServer(Optional.of(authority));
    }

    @Override
    public BlobServer start() {
        Path script = script();
        try {
            Path own = Files.createTempDirectory("vault-bootstrap-blobs-");
            folder = Optional.of(own);
            Path log = own.resolve("log");
            List<String> command = new ArrayList<>(List.of(
                    "node",
                    script.toString(),
                    "--inMemoryPersistence",
                    "--blobHost",
                    "127.0.0.1",
                    "--blobPort",
                    "0",
                    "--silent",
                    "--disableTelemetry"));
            authority
                    .map(ca -> ca.issue("127.0.0.1").writeTo(own))
                    .ifPresent(tls -> command.addAll(List.of(
                            "--cert",
                            tls.certificate().toString(),
                            "--key",
                            tls.key().toString(),
                            "--oauth",
                            "basic")));
            process = Optional.of(DependentProcess.start(new ProcessBuilder(command)
                    .directory(own.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())));
            port = awaitPort(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    @Override
    public void close() {
        process.ifPresent(Process::destroyForcibly);
        process = Optional.empty();
        folder.ifPresent(S3Server::remove);
        folder = Optional.empty();
    }

    public URI address() {
        return URI.create("%s://127.0.0.1:%d".formatted(authority.isPresent() ? "https" : "http", port));
    }

    /** What a client that is not told a connection string is told. */
    public URI account() {
        return URI.create(address() + "/" + ACCOUNT);
    }

    /** @param address where it is asked, its own or that of a proxy */
    public static Sensitive connectionString(URI address) {
        return Sensitive.of("DefaultEndpointsProtocol=%s;AccountName=%s;AccountKey=%s;BlobEndpoint=%s/%s"
                .formatted(address.getScheme(), ACCOUNT, KEY, address, ACCOUNT));
    }

    /** What no message and no log may show. */
    public static String accountKey() {
        return KEY;
    }

    private int awaitPort(Path log) throws IOException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Matcher started = LISTENS.matcher(Files.readString(log));
            if (started.find()) {
                return Integer.parseInt(started.group(1));
            }
            if (!process.map(Process::isAlive).orElse(false)) {
                break;
            }
            pause();
        }
        throw new IllegalStateException("Azurite did not start: " + Files.readString(log));
    }

    private static Path script() {
        boolean node = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "node")));
        if (!node) {
            return RealServer.unavailable("no node on PATH, which Azurite runs on");
        }
        return Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .or(() -> Optional.ofNullable(System.getenv("HOME")).map(home -> Path.of(home, ".cache")))
                .map(cache -> cache.resolve(CACHED))
                .filter(Files::isRegularFile)
                .orElseGet(() -> RealServer.unavailable("no Azurite in the cache that tools/azurite fills"));
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
