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

    /**
     * Renders it as {@code helm template} does.
     *
     * @param values each {@code key=value}, as after {@code --set}
     */
    public static Chart render(String release, String namespace, String... values) {
        List<String> command =
                new ArrayList<>(List.of(helm().toString(), "template", release, "chart", "--namespace", namespace));
        for (String value : values) {
            command.addAll(List.of("--set", value));
        }
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String rendered = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError("helm did not render the chart");
            }
            return new Chart(rendered);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Everything it would install, in the order in which it was rendered. */
    public List<HasMetadata> resources(KubernetesClient client) {
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
