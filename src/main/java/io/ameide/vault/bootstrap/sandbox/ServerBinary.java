package io.ameide.vault.bootstrap.sandbox;

import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program that can run a server.
 *
 * @param file absolute path of the executable
 */
public record ServerBinary(Path file, Product product) {

    /** Environment variable that names the executable. */
    public static final String VARIABLE = "BOOTSTRAP_SANDBOX_SERVER_BINARY";

    /** The release that {@code tools/server} installs. */
    static final String CACHED = "vault-bootstrap/openbao-2.7.2/bao";

    private static final long VERSION_SECONDS = 10;

    /** Whose server it is; the two differ in what their configuration accepts. */
    public enum Product {
        OPENBAO,
        VAULT
    }

    /**
     * What a search came to.
     *
     * @param looked where was looked, in one sentence to show when nothing was found
     */
    public record Search(Optional<ServerBinary> found, String looked) {}

    /**
     * Looks at the configured path, then at {@value #VARIABLE}, then for {@code bao} and {@code vault} on PATH, then in
     * the cache of {@code tools/server}. Each candidate is asked for its version: other programs are called vault too.
     *
     * @param configured from the application's own configuration; goes before everything else
     * @param environment usually {@link System#getenv()}
     * @throws ProblemException when a binary was named and is not a server
     */
    public static Search find(Optional<Path> configured, Map<String, String> environment) {
        Optional<Path> named = configured.or(() -> value(environment, VARIABLE).map(Path::of));
        if (named.isPresent()) {
            Path file = named.get().toAbsolutePath();
            ServerBinary binary = identify(file)
                    .orElseThrow(() -> new ProblemException(Problem.invalid(
                            "the server binary " + file + " cannot be used: it is not an executable bao or vault",
                            "correct bootstrap.sandbox.server-binary or " + VARIABLE)));
            return new Search(Optional.of(binary), "looked at " + file);
        }
        Optional<Path> cached = value(environment, "XDG_CACHE_HOME")
                .map(Path::of)
                .or(() -> value(environment, "HOME").map(home -> Path.of(home, ".cache")))
                .map(cache -> cache.resolve(CACHED));
        Optional<ServerBinary> found = Stream.concat(onPath(environment), cached.stream())
                .flatMap(file -> identify(file.toAbsolutePath()).stream())
                .findFirst();
        String looked = "no server binary: neither bao nor vault is on PATH, " + VARIABLE + " is not set"
                + cached.map(file -> ", and tools/server has not installed " + file)
                        .orElse("");
        return new Search(found, looked);
    }

    private static Stream<Path> onPath(Map<String, String> environment) {
        List<Path> candidates = new ArrayList<>();
        for (String name : List.of("bao", "vault")) {
            for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
                if (!folder.isEmpty()) {
                    candidates.add(Path.of(folder, name));
                }
            }
        }
        return candidates.stream();
    }

    private static Optional<ServerBinary> identify(Path file) {
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            return Optional.empty();
        }
        String version = version(file);
        if (version.startsWith("OpenBao v")) {
            return Optional.of(new ServerBinary(file, Product.OPENBAO));
        }
        if (version.startsWith("Vault v")) {
            return Optional.of(new ServerBinary(file, Product.VAULT));
        }
        return Optional.empty();
    }

    private static String version(Path file) {
        try {
            Process process = new ProcessBuilder(file.toString(), "version")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                process.getOutputStream().close();
                // One line fits the pipe, so the program can end before anything is read.
                if (!process.waitFor(VERSION_SECONDS, TimeUnit.SECONDS)) {
                    return "";
                }
                return new String(process.getInputStream().readNBytes(200), StandardCharsets.UTF_8);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }
}
