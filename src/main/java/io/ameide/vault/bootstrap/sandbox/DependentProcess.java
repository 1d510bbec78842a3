package io.ameide.vault.bootstrap.sandbox;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/** Child processes that end with this JVM, also when it is killed, where {@code setpriv} of util-linux is installed. */
public final class DependentProcess {

    private DependentProcess() {}

    /**
     * Starts the process from a thread that lives as long as the process does: what setpriv asks for is a signal at the
     * death of the parent <em>thread</em>, see prctl(2) PR_SET_PDEATHSIG.
     *
     * @param builder its command is prefixed
     */
    public static Process start(ProcessBuilder builder) throws IOException {
        builder.command(Stream.concat(endsWithParent().stream(), builder.command().stream())
                .toList());
        CompletableFuture<Process> started = new CompletableFuture<>();
        Thread keeper = new Thread(() -> keep(builder, started), "keeper");
        keeper.setDaemon(true);
        keeper.start();
        try {
            return started.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    private static void keep(ProcessBuilder builder, CompletableFuture<Process> started) {
        try {
            Process process = builder.start();
            started.complete(process);
            process.waitFor();
        } catch (IOException | RuntimeException e) {
            started.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A command prefix that has the kernel kill the process when this JVM is gone; empty where there is none. */
    private static List<String> endsWithParent() {
        List<String> prefix = List.of("setpriv", "--pdeathsig", "KILL");
        try {
            List<String> trial =
                    Stream.concat(prefix.stream(), Stream.of("true")).toList();
            return exitCode(trial) == 0 ? prefix : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Runs a short command to its end; what it prints is thrown away. */
    static int exitCode(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
