package io.ameide.vault.bootstrap.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs an image as the chart's Pods do: its root file system is read-only, all that it may write is {@code /tmp}, it has no
 * capabilities and cannot gain any, and it has the memory limit of the chart if a memory control group can be made here.
 * It shares network and processes with this machine.
 */
public final class ImageRun {

    private static final Path GROUPS_V1 = Path.of("/sys/fs/cgroup/memory");
    private static final Path GROUPS_V2 = Path.of("/sys/fs/cgroup");

    /** Words: root, folder for /tmp, control group or empty, USER:GROUP; then the command. */
    private static final String AS_A_POD = """
            set -e
            root=$1 tmp=$2 group=$3 user=$4
            shift 4
            test -z "$group" || echo $$ >"$group/cgroup.procs"
            mount --bind "$root" "$root"
            cd "$root"
            mkdir -p proc sys dev tmp
            mount --rbind /proc proc
            mount --rbind /sys sys
            mount --rbind /dev dev
            mount --bind "$tmp" tmp
            mount --options remount,bind,ro "$root"
            exec setpriv --no-new-privs chroot --userspec="$user" --groups="${user#*:}" "$root" "$@"
            """;

    private final Path root;
    private final List<String> command;
    private final String user;

    /** @param user as in a Dockerfile, USER:GROUP by number */
    public ImageRun(Path root, JsonNode config, String user) {
        this.root = root;
        this.command = new ArrayList<>();
        config.path("Entrypoint").forEach(word -> command.add(word.asText()));
        this.user = user;
    }

    /** @param tmp the folder that is {@code /tmp}; the user may write it */
    public Result run(Path tmp, Map<String, String> environment, String... arguments) {
        try {
            own(tmp);
            Path group = group();
            try {
                List<String> words = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", AS_A_POD, "pod"));
                words.addAll(List.of(root.toString(), tmp.toString(), group.toString(), user));
                words.addAll(command);
                words.addAll(List.of(arguments));
                Path stdout = Files.createTempFile("stdout-", ".log");
                Path stderr = Files.createTempFile("stderr-", ".log");
                ProcessBuilder builder = new ProcessBuilder(words)
                        .redirectOutput(stdout.toFile())
                        .redirectError(stderr.toFile());
                builder.environment().clear();
                builder.environment().put("PATH", System.getenv("PATH"));
                builder.environment().putAll(environment);
                int exit = builder.start().waitFor();
                return new Result(
                        exit,
                        Files.readString(stdout, StandardCharsets.UTF_8),
                        Files.readString(stderr, StandardCharsets.UTF_8));
            } finally {
                remove(group);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Bytes, from the chart's values. */
    public static long memoryLimit() {
        try {
            Map<?, ?> values = new Yaml().load(Files.readString(Path.of("chart", "values.yaml")));
            String limit = ((Map<?, ?>) ((Map<?, ?>) values.get("resources")).get("limits"))
                    .get("memory")
                    .toString();
            if (!limit.endsWith("Mi")) {
                throw new AssertionError("the chart's memory limit is not in Mi: " + limit);
            }
            return Long.parseLong(limit.substring(0, limit.length() - 2)) << 20;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The empty path if no group can be made here. */
    private static Path group() throws IOException {
        boolean first = Files.isDirectory(GROUPS_V1);
        Path parent = first ? GROUPS_V1 : GROUPS_V2;
        Path group = parent.resolve(
                "vault-bootstrap-image-" + ProcessHandle.current().pid());
        try {
            Files.createDirectory(group);
            Files.writeString(
                    group.resolve(first ? "memory.limit_in_bytes" : "memory.max"), Long.toString(memoryLimit()));
            return group;
        } catch (IOException e) {
            Files.deleteIfExists(group);
            return Path.of("");
        }
    }

    private static void remove(Path group) throws IOException {
        if (!group.toString().isEmpty()) {
            Files.deleteIfExists(group);
        }
    }

    private void own(Path tmp) throws IOException, InterruptedException {
        new ProcessBuilder("chown", "--recursive", user, tmp.toString())
                .inheritIO()
                .start()
                .waitFor();
    }
}
