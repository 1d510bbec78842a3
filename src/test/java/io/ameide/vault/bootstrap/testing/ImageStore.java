package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Container images that {@code tools/image} builds with buildah, without a container engine, in a store of their own. Base
 * images are stand-ins that {@code tools/buildah} made: no registry is asked. A test is skipped with the reason if they or
 * the right to use them are missing, and fails if the environment variable CI is set.
 */
public final class ImageStore implements AutoCloseable {

    private static final String CACHED = "vault-bootstrap/image-bases-bookworm";
    private static final List<String> ENGINES = List.of("docker", "podman");
    private static final String JDK_FOLDER = "/opt/java/openjdk";
    private static final long BUILD_MINUTES = 60;

    private final Path folder;
    private final Path bases;
    private final Map<String, String> environment = new LinkedHashMap<>(System.getenv());

    private ImageStore(Path folder, Path bases) {
        this.folder = folder;
        this.bases = bases;
    }

    /** @param folder on a disk with some gigabytes; what is in it afterwards goes with {@link #close} */
    public static ImageStore in(Path folder) {
        Path bases = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                .resolve(CACHED);
        if (!Files.isDirectory(bases)) {
            return RealServer.unavailable("no stand-ins for base images in the cache that tools/buildah fills");
        }
        if (Stream.of(System.getenv("PATH").split(":"))
                .noneMatch(path -> Files.isExecutable(Path.of(path, "buildah")))) {
            return RealServer.unavailable("no buildah on PATH, which tools/buildah installs");
        }
        ImageStore store = new ImageStore(folder, bases);
        try {
            Files.createDirectories(folder.resolve("bin"));
            for (String engine : ENGINES) {
                Path none = Files.writeString(folder.resolve("bin").resolve(engine), "#!/bin/sh\nexit 1\n");
                assertThat(none.toFile().setExecutable(true)).isTrue();
            }
            Path settings = Files.writeString(folder.resolve("storage.conf"), """
                    [storage]
                    driver = "vfs"
                    graphroot = "%1$s/images"
                    runroot = "%1$s/run"
                    """.formatted(folder));
            store.environment.put("CONTAINERS_STORAGE_CONF", settings.toString());
            store.environment.put("BUILDAH_ISOLATION", "chroot");
            store.environment.merge("PATH", folder.resolve("bin").toString(), (path, first) -> first + ":" + path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return store;
    }

    /** The file system of a stand-in, before a JDK was added. */
    public Path base(String name) {
        return bases.resolve(name);
    }

    /** Makes an image of a stand-in. */
    public String image(String base) {
        return commit(base, run("buildah", "from", "scratch").strip());
    }

    /** Makes an image of a stand-in with a JDK, in the variables that images of JDKs have. */
    public String image(String base, Path jdk) {
        String container = run("buildah", "from", "scratch").strip();
        // What links out of the JDK, such as a trust store that the machine manages, becomes a file of it.
        run("cp", "-rL", jdk.toString(), folder.resolve("jdk").toString());
        run("buildah", "add", "--quiet", container, folder.resolve("jdk").toString(), JDK_FOLDER);
        run("rm", "-r", folder.resolve("jdk").toString());
        run(
                "buildah",
                "config",
                "--env",
                "JAVA_HOME=" + JDK_FOLDER,
                "--env",
                "GRAALVM_HOME=" + JDK_FOLDER,
                "--env",
                "PATH=" + JDK_FOLDER + "/bin:/usr/bin:/bin",
                "--env",
                "LANG=C.UTF-8",
                container);
        return commit(base, container);
    }

    private String commit(String base, String container) {
        run("buildah", "add", "--quiet", container, base(base).toString(), "/");
        run("buildah", "commit", "--quiet", "--rm", container, "localhost/" + base);
        return "localhost/" + base;
    }

    /**
     * Builds one with {@code tools/image}, and returns its name. Maven is downloaded as anywhere; what it downloads itself is
     * taken from the repository of this user.
     */
    public String build(String kind, String builder, String runtime) {
        String repository = System.getProperty("maven.repo.local", System.getProperty("user.home") + "/.m2/repository");
        String said = run(
                "tools/image",
                kind,
                "--volume",
                repository + ":/root/.m2/repository:O",
                "--build-arg",
                "BUILDER=" + builder,
                "--build-arg",
                "RUNTIME=" + runtime,
                "--quiet");
        return said.strip().lines().toList().getLast();
    }

    /** What an image says of itself: user, entry point, labels. */
    public JsonNode config(String image) {
        try {
            return new ObjectMapper()
                    .readTree(run("buildah", "inspect", "--type", "image", image))
                    .at("/OCIv1/config");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file system of a container of it. */
    public Path mount(String image) {
        return Path.of(
                run("buildah", "mount", run("buildah", "from", image).strip()).strip());
    }

    private String run(String... command) {
        try {
            Path stdout = Files.createTempFile(folder, "stdout-", ".log");
            Path stderr = Files.createTempFile(folder, "stderr-", ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(stdout.toFile()).redirectError(stderr.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = builder.start();
            boolean ended = process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES);
            process.destroyForcibly();
            assertThat(ended && process.waitFor() == 0)
                    .as(
                            "%s ends well: %s%s",
                            new ArrayList<>(List.of(command)),
                            Files.readString(stdout, StandardCharsets.UTF_8),
                            Files.readString(stderr, StandardCharsets.UTF_8))
                    .isTrue();
            return Files.readString(stdout, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        run("buildah", "rm", "--all");
        run("buildah", "rmi", "--all", "--force");
    }
}
