package io.ameide.vault.bootstrap.testing;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.Assumptions;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The chart as helm renders it. Helm is looked for in the cache of {@code tools/helm} and on PATH; where there is none the
 * test is skipped with the reason, and fails where the environment variable CI is set.
 */
public final class Chart {

    private static final String CACHED = "vault-bootstrap/helm-3.22.0/helm";

    private final String manifests;

    private Chart(String manifests) {
        this.manifests = manifests;
    }

    /** What helm came to. */
    public record Result(int exit, String stdout, String stderr) {}

    /**
     * Renders it as {@code helm template} does.
     *
     * @param values each {@code key=value}, as after {@code --set}
     */
    public static Chart render(String release, String namespace, String... values) {
        List<String> options = new ArrayList<>();
        for (String value : values) {
            options.addAll(List.of("--set", value));
        }
        return render(release, namespace, options);
    }

    /** @param options of {@code helm template}, such as {@code --values} or {@code --api-versions} */
    public static Chart render(String release, String namespace, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("template", release, "chart", "--namespace", namespace));
        arguments.addAll(options);
        Result result = helm(arguments);
        if (result.exit() != 0) {
            throw new AssertionError("helm did not render the chart: " + result.stderr());
        }
        return new Chart(result.stdout());
    }

    /** Runs helm, whatever comes of it. */
    public static Result helm(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(helm().toString()));
        command.addAll(arguments);
        try {
            Path stderr = Files.createTempFile("helm-", ".log");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectError(stderr.toFile())
                        .start();
                String stdout = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                return new Result(process.waitFor(), stdout, Files.readString(stderr));
            } finally {
                Files.delete(stderr);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** As helm prints it. */
    public String manifests() {
        return manifests;
    }

    /** Everything that an installation makes, in the order in which it was rendered: not what is for {@code helm test}. */
    public List<HasMetadata> resources(KubernetesClient client) {
        return all(client).stream()
                .filter(resource -> !"test".equals(annotations(resource).get("helm.sh/hook")))
                .toList();
    }

    private static Map<String, String> annotations(HasMetadata resource) {
        return Optional.ofNullable(resource.getMetadata().getAnnotations()).orElse(Map.of());
    }

    /** Everything that was rendered. */
    public List<HasMetadata> all(KubernetesClient client) {
        return client.load(new ByteArrayInputStream(manifests.getBytes(StandardCharsets.UTF_8)))
                .items();
    }

    private static Path helm() {
        Stream<Path> cached = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .or(() -> Optional.ofNullable(System.getenv("HOME")).map(home -> Path.of(home, ".cache")))
                .map(cache -> cache.resolve(CACHED))
                .stream();
        Stream<Path> onPath =
                Stream.of(System.getenv().getOrDefault("PATH", "").split(":")).map(folder -> Path.of(folder, "helm"));
        return Stream.concat(cached, onPath)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseGet(() -> unavailable("no helm on PATH or in the cache that tools/helm fills"));
    }

    private static <T> T unavailable(String reason) {
        String ci = System.getenv("CI");
        if (ci != null && !ci.isBlank()) {
            throw new AssertionError(reason);
        }
        return Assumptions.abort(reason);
    }
}
