package io.ameide.vault.bootstrap.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * What makes the JVM start the packaged jar in half the processor time, as in the container image: classes loaded and
 * linked once, in a run that trains for it. It lies beside the jar and goes with it when that is built anew.
 */
final class AotCache {

    /** The first that makes one in a single run (JEP 514). */
    private static final int JDK = 25;

    /** Nobody listens there, which is exit code 3; by then all is loaded that a tick loads before it has a server. */
    private static final String NOBODY = "http://127.0.0.1:1";

    private static final int NOBODY_ANSWERED = 3;

    private AotCache() {}

    /** Options for the JVM; none before JDK 25. Processes that ask at the same time wait for the first. */
    static List<String> options(Path jar) {
        if (Runtime.version().feature() < JDK) {
            return List.of();
        }
        Path cache = jar.resolveSibling("tests.aot");
        try (FileChannel channel = FileChannel.open(
                        jar.resolveSibling("tests.aot.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (lock.isValid() && !Files.exists(cache)) {
                train(jar, cache);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.of("-XX:AOTCache=" + cache);
    }

    private static void train(Path jar, Path cache) throws IOException {
        Path folder = Files.createTempDirectory("vault-bootstrap-training-");
        Path made = folder.resolve("made.aot");
        Path desiredState = Files.writeString(folder.resolve("desired-state.yaml"), "{}");
        Path log = folder.resolve("training.log");
        ProcessBuilder builder = new ProcessBuilder(
                        PackagedApplication.JAVA,
                        PackagedApplication.NO_OPTIMIZING_COMPILER,
                        "-XX:AOTCacheOutput=" + made,
                        "-jar",
                        jar.toString(),
                        "run")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "BOOTSTRAP_VAULT_ADDRESSES", NOBODY,
                        "BOOTSTRAP_CUSTODY_FILE_FOLDER",
                                folder.resolve("custody").toString(),
                        "BOOTSTRAP_DESIRED_STATE_FILE", desiredState.toString()));
        try {
            int exit = builder.start().waitFor();
            if (exit != NOBODY_ANSWERED || !Files.exists(made)) {
                throw new IllegalStateException(
                        "training ended with exit code %d:%n%s".formatted(exit, Files.readString(log)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        Files.move(made, cache, StandardCopyOption.REPLACE_EXISTING);
    }
}
