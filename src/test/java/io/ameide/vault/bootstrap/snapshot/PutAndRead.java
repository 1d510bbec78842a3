package io.ameide.vault.bootstrap.snapshot;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Puts a file and reads it back, in a process of its own, since a test cannot choose the heap that it runs in. */
final class PutAndRead {

    private PutAndRead() {}

    /**
     * The file is told in the first argument, the store in the others: {@code s3 ENDPOINT BUCKET}, or {@code azure
     * CONNECTION-STRING CONTAINER}.
     */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        ObjectStore store = switch (arguments[1]) {
            case "s3" -> s3(arguments[2], arguments[3]);
            case "azure" -> azure(arguments[2], arguments[3]);
            default -> throw new IllegalArgumentException(arguments[1]);
        };
        String written = sha256(Files.newInputStream(file));
        store.put("large.snap", new LocalFile(file, Files.size(file), written));
        String read = sha256(store.open("large.snap"));
        System.out.println(read.equals(written) ? "as it was written" : "another one");
    }

    private static ObjectStore s3(String endpoint, String bucket) {
        return new S3Store(
                new S3Store.Settings(
                        bucket,
                        Optional.of(URI.create(endpoint)),
                        "us-east-1",
                        true,
                        "",
                        new S3Store.Encryption.OfBucket(),
                        Optional.empty(),
                        new S3Store.Credentials.Keys("AKIDEXAMPLE", Sensitive.of("any"), Optional.empty()),
                        Optional.empty()),
                Clock.systemUTC());
    }

    private static ObjectStore azure(String connectionString, String container) {
        return new AzureBlobStore(
                new AzureBlobStore.Settings(
                        container, "", new AzureBlobStore.Credentials.ConnectionString(Sensitive.of(connectionString))),
                new JdkHttpClientBuilder().build(),
                Clock.systemUTC());
    }

    private static String sha256(InputStream content) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (content) {
            byte[] buffer = new byte[64 * 1024];
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * What it printed, with a heap of half the file.
     *
     * @param folder to make the file in
     * @param store as {@link #main} takes it
     */
    static String inASmallHeap(Path folder, String... store) throws IOException, InterruptedException {
        Path file = folder.resolve("large");
        byte[] block = new byte[1024 * 1024];
        try (var out = Files.newOutputStream(file)) {
            for (int i = 0; i < 96; i++) {
                block[i] = (byte) i;
                out.write(block);
            }
        }
        // Surefire's own java.class.path is a jar that only names the real one.
        String classPath = Optional.ofNullable(System.getProperty("surefire.test.class.path"))
                .orElse(System.getProperty("java.class.path"));
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx48m",
                "-XX:MaxDirectMemorySize=32m",
                "-cp",
                classPath,
                PutAndRead.class.getName(),
                file.toString()));
        command.addAll(List.of(store));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        process.waitFor();
        return Files.readString(output);
    }
}
