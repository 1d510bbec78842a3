package io.ameide.vault.bootstrap.custody;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Another Java process with the classes of the tests, which talks in lines and can be killed. */
final class ForkedJava implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;

    private ForkedJava(Process process) {
        this.process = process;
        this.output = process.inputReader();
    }

    static ForkedJava start(Class<?> main, String... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    static ForkedJava underUmask(String umask, Class<?> main, String... arguments) throws IOException {
        return start(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"), main, arguments);
    }

    private static ForkedJava start(List<String> prefix, Class<?> main, String... arguments) throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", classPath(), main.getName()));
        command.addAll(List.of(arguments));
        return new ForkedJava(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private static String classPath() {
        // Surefire's own java.class.path is a jar that only names the real one.
        return Optional.ofNullable(System.getProperty("surefire.test.class.path"))
                .orElse(System.getProperty("java.class.path"));
    }

    long pid() {
        return process.pid();
    }

    /** @return empty at the end of its output */
    Optional<String> nextLine() throws IOException {
        return Optional.ofNullable(output.readLine());
    }

    void say(String line) throws IOException {
        process.outputWriter().write(line + "\n");
        process.outputWriter().flush();
    }

    /** What it said before can still be read. */
    void kill() {
        // Not by the process itself, which would close its streams as well.
        process.toHandle().destroyForcibly();
        process.onExit().join();
    }

    int exitCode() throws InterruptedException {
        return process.waitFor();
    }

    @Override
    public void close() {
        kill();
    }
}
