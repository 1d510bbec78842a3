package io.ameide.vault.bootstrap.seal;

import io.ameide.vault.bootstrap.kubernetes.ConfigMaps;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/** Where encrypted shares are published. */
public sealed interface EscrowPlace {

    /** @param version to be handed to {@link #write}; empty where nothing is there */
    record Published(Optional<String> document, String version) {}

    Published read();

    void write(String document, String expectedVersion);

    String description();

    /** A file, replaced as a whole. */
    record InFile(Path file) implements EscrowPlace {

        @Override
        public Published read() {
            try {
                return new Published(Optional.of(Files.readString(file)), "");
            } catch (NoSuchFileException e) {
                return new Published(Optional.empty(), "");
            } catch (IOException e) {
                throw trouble("read", e);
            }
        }

        @Override
        public void write(String document, String expectedVersion) {
            Path absolute = file.toAbsolutePath();
            try {
                Files.createDirectories(absolute.getParent());
                Path fresh = Files.createTempFile(absolute.getParent(), ".escrow", ".new");
                Files.writeString(fresh, document);
                Files.move(fresh, absolute, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw trouble("write", e);
            }
        }

        @Override
        public String description() {
            return "file " + file;
        }

        private ProblemException trouble(String verb, IOException cause) {
            return new ProblemException(
                    Problem.access(
                            "%s escrow in %s: %s"
                                    .formatted(
                                            verb,
                                            description(),
                                            cause.getClass().getSimpleName()),
                            "look at the folder's permissions and file system"),
                    cause);
        }
    }

    /** One entry of a ConfigMap, guarded by its resourceVersion. A ConfigMap that somebody made for something else is left alone. */
    record InConfigMap(ConfigMaps maps, String name) implements EscrowPlace {

        private static final String KEY = "escrow.json";

        private static final Map<String, String> LABELS = Map.of(
                "app.kubernetes.io/managed-by", "vault-bootstrap",
                "app.kubernetes.io/component", "key-escrow");

        @Override
        public Published read() {
            return maps.read(name).map(this::published).orElseGet(() -> new Published(Optional.empty(), ""));
        }

        private Published published(ConfigMaps.Stored stored) {
            if (!stored.data().containsKey(KEY) && !stored.labels().entrySet().containsAll(LABELS.entrySet())) {
                throw new ProblemException(Problem.invalid(
                        "bootstrap.keys.escrow.config-map names %s, which was made for something else: it has neither the"
                                        .formatted(description())
                                + " entry %s nor the label app.kubernetes.io/component=key-escrow".formatted(KEY),
                        "name one that is not there, and a tick makes it"));
            }
            return new Published(Optional.ofNullable(stored.data().get(KEY)), stored.resourceVersion());
        }

        @Override
        public void write(String document, String expectedVersion) {
            if (expectedVersion.isEmpty()) {
                maps.create(name, Map.of(KEY, document), LABELS);
            } else {
                maps.edit(name, Map.of(KEY, document), LABELS, expectedVersion);
            }
        }

        @Override
        public String description() {
            return "ConfigMap %s/%s".formatted(maps.namespace(), name);
        }
    }
}
