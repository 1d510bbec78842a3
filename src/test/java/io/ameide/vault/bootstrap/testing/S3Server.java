package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * S3Mock as a process of its own, from the jar that the build lays out. It speaks plain HTTP with the bucket in the path,
 * checks checksums, conditions and KMS keys, and takes any credentials: refusing them is what {@link LoopbackProxy} is for.
 */
public final class S3Server extends ServerExtension {

    /** The id of the one key that objects can be encrypted with. */
    public static final String KMS_KEY = "snapshots";

    private static final Path JAR = Path.of("target/servers/s3mock.jar");
    private static final Pattern PORT = Pattern.compile("started on port.* ([0-9]+) \\(http[),]");

    private final HttpClient http = HttpClient.newHttpClient();
    private Optional<ServerProcess> process = Optional.empty();

    @Override
    public S3Server start() {
        process = Optional.of(ServerProcess.start("S3Mock", S3Server::command, PORT));
        return this;
    }

    private static List<String> command(Path folder) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx384m",
                "-Djava.io.tmpdir=" + folder,
                "-jar",
                JAR.toAbsolutePath().toString(),
                "--server.port=0",
                "--http.port=0",
                "--com.adobe.testing.s3mock.store.root=" + folder.resolve("data"),
                "--com.adobe.testing.s3mock.store.valid-kms-keys=arn:aws:kms:us-east-1:123456789012:key/" + KMS_KEY);
    }

    @Override
    public void close() {
        process.ifPresent(ServerProcess::close);
        process = Optional.empty();
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + process.orElseThrow().port());
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
}
