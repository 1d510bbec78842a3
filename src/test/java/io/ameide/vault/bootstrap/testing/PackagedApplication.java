package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The application as it is shipped, in a process of its own: the native binary where one was built, otherwise the jar.
 * It sees no environment but what a test gives it.
 */
public final class PackagedApplication {

    private static final Path NATIVE = Path.of(System.getProperty("native.image.path", "target/none"));
    private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
    private static final Path SCRIPT = Path.of("/usr/bin/script");
    private static final Duration LIMIT = Duration.ofSeconds(120);

    static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** A run lasts a second or two, in which that compiler costs more than it gives. */
    static final String NO_OPTIMIZING_COMPILER = "-XX:TieredStopAtLevel=1";

    /** Options for the JVM, separated by blanks, which it reads from the environment. */
    private static final String JVM_OPTIONS = "JAVA_TOOL_OPTIONS";

    private final Path folder;
    private final Map<String, String> environment;
    private final List<String> options;

    /**
     * What a run came to.
     *
     * @param exit the exit code; 128 and the signal's number when a signal ended the process
     */
    public record Result(int exit, String stdout, String stderr) {

        public JsonNode json() {
            try {
                return new ObjectMapper().readTree(stdout);
            } catch (JsonProcessingException e) {
                throw new AssertionError("stdout is not one JSON document:\n" + stdout + "\n" + stderr, e);
            }
        }

        /** The step of that name in a report. */
        public JsonNode step(String name) {
            for (JsonNode step : json().path("steps")) {
                if (step.path("name").asText().equals(name)) {
                    return step;
                }
            }
            throw new AssertionError("no step " + name + " in\n" + stdout);
        }
    }

    private PackagedApplication(Path folder, Map<String, String> environment, List<String> options) {
        this.folder = folder;
        this.environment = Map.copyOf(environment);
        this.options = List.copyOf(options);
    }

    /**
     * An application that works on one node and keeps everything below a folder: custody in {@code custody}, snapshots
     * in {@code snapshots}, its desired state in {@code desired-state.yaml}. One share, since one is enough to see.
     */
    public static PackagedApplication in(Path folder, URI server) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", System.getenv("PATH"));
        environment.put("HOME", folder.toString());
        environment.put("BOOTSTRAP_VAULT_ADDRESSES", server.toString());
        environment.put(
                "BOOTSTRAP_CUSTODY_FILE_FOLDER", folder.resolve("custody").toString());
        environment.put(
                "BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER",
                folder.resolve("snapshots").toString());
        environment.put(
                "BOOTSTRAP_SNAPSHOT_SPOOL_FOLDER", folder.resolve("spool").toString());
        environment.put(
                "BOOTSTRAP_DESIRED_STATE_FILE",
                folder.resolve("desired-state.yaml").toString());
        environment.put("BOOTSTRAP_KEYS_SHARES", "1");
        environment.put("BOOTSTRAP_KEYS_THRESHOLD", "1");
        return with(folder, environment);
    }

    /**
     * An application that is told nothing but this.
     *
     * @param folder where what it says is kept
     */
    static PackagedApplication with(Path folder, Map<String, String> environment) {
        return new PackagedApplication(folder, environment, List.of());
    }

    /** The same application with one more environment variable, or another value for it. */
    public PackagedApplication with(String variable, String value) {
        Map<String, String> changed = new LinkedHashMap<>(environment);
        changed.put(variable, value);
        return new PackagedApplication(folder, changed, options);
    }

    public PackagedApplication without(String variable) {
        Map<String, String> changed = new LinkedHashMap<>(environment);
        changed.remove(variable);
        return new PackagedApplication(folder, changed, options);
    }

    /** The same application with a Java system property: of the JVM, or of the native binary that has some as well. */
    public PackagedApplication withProperty(String name, String value) {
        List<String> more = new ArrayList<>(options);
        more.add("-D%s=%s".formatted(name, value));
        return new PackagedApplication(folder, environment, more);
    }

    public Path folder() {
        return folder;
    }

    public Path custodyFile() {
        return folder.resolve("custody").resolve("keys.json");
    }

    /** Runs to the end. */
    public Result run(String... args) {
        return start(args).await();
    }

    /** A run that goes on until somebody ends it. */
    public Running start(String... args) {
        return start(new ProcessBuilder(command(args)), Map.of());
    }

    /**
     * Runs to the end at a terminal, where somebody types a line; what the result has as its stdout is all that shows there.
     * Skips or fails the test where no {@code script} of util-linux makes a terminal.
     */
    public Result typing(String line, String... args) {
        if (!Files.isExecutable(SCRIPT)) {
            return RealServer.unavailable("%s is not there, which makes a terminal".formatted(SCRIPT));
        }
        String words = command(args).stream()
                .map(word -> "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
        try {
            Path typed = Files.writeString(Files.createTempFile(folder, "typed-", ".txt"), line + "\n");
            return start(
                            new ProcessBuilder(
                                            SCRIPT.toString(),
                                            "--quiet",
                                            "--return",
                                            "--command",
                                            "exec " + words,
                                            "/dev/null")
                                    .redirectInput(typed.toFile()),
                            Map.of("TERM", "xterm", "NO_COLOR", "1"))
                    .await();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Running start(ProcessBuilder builder, Map<String, String> more) {
        try {
            Path stdout = Files.createTempFile(folder, "stdout-", ".log");
            Path stderr = Files.createTempFile(folder, "stderr-", ".log");
            builder.redirectOutput(stdout.toFile()).redirectError(stderr.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            builder.environment().putAll(more);
            return new Running(builder.start(), stdout, stderr);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> command(String... args) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(NATIVE)) {
            command.add(NATIVE.toString());
            command.addAll(options);
            // A native binary takes them as arguments alone.
            Optional.ofNullable(environment.get(JVM_OPTIONS))
                    .map(given -> List.of(given.split(" ")))
                    .ifPresent(command::addAll);
        } else {
            command.add(JAVA);
            command.addAll(options);
            command.add(NO_OPTIMIZING_COMPILER);
            command.addAll(Jvm.CACHE);
            command.addAll(List.of("-jar", JAR.toString()));
        }
        command.addAll(List.of(args));
        return command;
    }

    /** Asked for only where there is no native binary. */
    private static final class Jvm {
        static final List<String> CACHE = AotCache.options(JAR);
    }

    /** A process at work. */
    public static final class Running {

        private final Process process;
        private final Path stdout;
        private final Path stderr;

        private Running(Process process, Path stdout, Path stderr) {
            this.process = process;
            this.stdout = stdout;
            this.stderr = stderr;
        }

        public long pid() {
            return process.pid();
        }

        public boolean alive() {
            return process.isAlive();
        }

        /** Names of its threads, cut to 15 characters; none where the system does not tell, or the process is gone. */
        public List<String> threads() {
            List<String> names = new ArrayList<>();
            try (var tasks = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid()), "task"))) {
                for (Path task : tasks) {
                    names.add(Files.readString(task.resolve("comm")).strip());
                }
            } catch (IOException | DirectoryIteratorException e) {
                return names; // threads come and go while one looks
            }
            return names;
        }

        /** What it has open; nothing where the system does not tell. */
        public List<Path> openFiles() {
            List<Path> open = new ArrayList<>();
            try (var descriptors = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid()), "fd"))) {
                for (Path descriptor : descriptors) {
                    open.add(Files.readSymbolicLink(descriptor));
                }
            } catch (IOException | DirectoryIteratorException e) {
                return open; // files come and go while one looks
            }
            return open;
        }

        /** SIGKILL: the process does nothing more. */
        public void kill() {
            process.destroyForcibly();
        }

        /** SIGTERM: the process may finish what it must. */
        public void terminate() {
            process.destroy();
        }

        public Result await() {
            try {
                if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("still running after " + LIMIT + "\n" + read(stdout) + read(stderr));
                }
                return new Result(process.exitValue(), read(stdout), read(stderr));
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }

        public String stdout() {
            return read(stdout);
        }

        public String stderr() {
            return read(stderr);
        }

        private static String read(Path file) {
            try {
                return Files.readString(file, StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
