package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.sandbox.DependentProcess;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * S3Mock as a process of its own, from the jar that the build lays out. It speaks plain HTTP with the bucket in the path,
 * checks checksums and conditions, and takes any credentials: refusing them is what {@link LoopbackProxy} is for.
 */
public final class S3Server extends ServerExtension {

    private static final Path JAR = Path.of("target/servers/s3mock.jar");
    private static final Pattern PORT = Pattern.compile("started on port.* ([0-9]+) \\(http[),]");
    private static final Duration START_LIMIT = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(100);

    private final HttpClient http = HttpClient.newHttpClient();
    private Optional<Path> folder = Optional.empty();
    private Optional<Process> process = Optional.empty();
    private int port;

    @Override
    public S3Server start() {
        try {
            Path own = Files.createTempDirectory("vault-bootstrap-s3-");
            folder = Optional.of(own);
            Path log = own.resolve("log");
            process = Optional.of(DependentProcess.start(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx384m",
                            "-jar",
                            JAR.toString(),
                            "--server.port=0",
                            "--http.port=0",
                            "--com.adobe.testing.s3mock.store.root=" + Files.createDirectory(own.resolve("data")))
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
        process.ifPresent(S3Server::awaitEnd);
        process = Optional.empty();
        folder.ifPresent(S3Server::remove);
        folder = Optional.empty();
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Makes a bucket that nobody else has. */
    public String bucket() {
        return bucket(false);
    }

    /** Makes a bucket with versions, in which objects can be locked. */
    public String lockableBucket() {
        return bucket(true);
    }

    private String bucket(boolean lockable) {
        String name = "bucket-" + UUID.randomUUID();
        HttpRequest request = HttpRequest.newBuilder(address().resolve("/" + name))
                .header("x-amz-bucket-object-lock-enabled", String.valueOf(lockable))
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("S3Mock made no bucket: " + answer.statusCode() + " " + answer.body());
            }
            return name;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private int awaitPort(Path log) throws IOException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Matcher started = PORT.matcher(Files.readString(log));
            if (started.find()) {
                return Integer.parseInt(started.group(1));
            }
            if (!process.map(Process::isAlive).orElse(false)) {
                break;
            }
            pause();
        }
        throw new IllegalStateException("S3Mock did not start: " + Files.readString(log));
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static void awaitEnd(Process process) {
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
