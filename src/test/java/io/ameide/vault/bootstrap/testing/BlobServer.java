package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The blob service of Azurite as a process of its own, all in memory and with the account key that every Azurite has. It is
 * looked for in the cache of {@code tools/azurite}, and takes node on PATH. Where one of them is missing the test is skipped
 * with the reason, and fails where the environment variable CI is set.
 */
public final class BlobServer extends ServerExtension {

    private static final String CACHED = "vault-bootstrap/azurite-3.35.0/node_modules/azurite/dist/src/blob/main.js";
    private static final String ACCOUNT = "devstoreaccount1";
    private static final String KEY =
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static final Pattern LISTENS = Pattern.compile("listens on https?://127\\.0\\.0\\.1:([0-9]+)");

    private final Optional<CertificateAuthority> authority;
    private Optional<ServerProcess> process = Optional.empty();

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
        process = Optional.of(ServerProcess.start("Azurite", folder -> command(script, folder), LISTENS));
        return this;
    }

    private List<String> command(Path script, Path folder) {
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
                .map(ca -> ca.issue("127.0.0.1").writeTo(folder))
                .ifPresent(tls -> command.addAll(List.of(
                        "--cert",
                        tls.certificate().toString(),
                        "--key",
                        tls.key().toString(),
                        "--oauth",
                        "basic")));
        return command;
    }

    @Override
    public void close() {
        process.ifPresent(ServerProcess::close);
        process = Optional.empty();
    }

    public URI address() {
        return URI.create("%s://127.0.0.1:%d"
                .formatted(
                        authority.isPresent() ? "https" : "http",
                        process.orElseThrow().port()));
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
}
