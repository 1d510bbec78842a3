package io.ameide.vault.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ameide.vault.bootstrap.testing.DesiredStates;
import io.ameide.vault.bootstrap.testing.ImageRun;
import io.ameide.vault.bootstrap.testing.ImageStore;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import io.ameide.vault.bootstrap.testing.RealServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** The container images: that they build on bases that hold no more than the real ones, and what they do in a Pod. */
class ContainerImageIT {

    /** As OpenShift runs Pods: any user of the group of root. */
    private static final String ANY_USER = "1000680000:0";

    private static final String ABOUT = "usr/share/doc/vault-bootstrap";

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    abstract static class Built {

        private final String kind;

        private Optional<ImageStore> store = Optional.empty();
        private JsonNode config;
        private Path root;

        Built(String kind) {
            this.kind = kind;
        }

        abstract String builder(ImageStore images);

        @BeforeAll
        void build(@TempDir Path images) {
            ImageStore built = ImageStore.in(images);
            store = Optional.of(built);
            String builder = builder(built);
            String image = built.build(kind, builder, built.image("runtime"));
            config = built.config(image);
            root = built.mount(image);
        }

        @AfterAll
        void remove() {
            store.ifPresent(ImageStore::close);
        }

        @Test
        void saysWhatItIsAndWhatItConsistsOf() throws IOException {
            JsonNode labels = config.path("Labels");
            JsonNode bill = new ObjectMapper()
                    .readTree(root.resolve(ABOUT).resolve("sbom.cdx.json").toFile());

            assertThat(labels.path("org.opencontainers.image.title").asText()).isEqualTo("vault-bootstrap");
            assertThat(labels.path("org.opencontainers.image.licenses").asText())
                    .isEqualTo("Apache-2.0");
            assertThat(labels.path("org.opencontainers.image.revision").asText())
                    .matches("[0-9a-f]{40}(-dirty)?|unknown");
            assertThat(labels.path("org.opencontainers.image.base.name").asText())
                    .isEqualTo("localhost/runtime");
            assertThat(root.resolve(ABOUT).resolve("LICENSE")).hasSameTextualContentAs(Path.of("LICENSE"));
            assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
            assertThat(bill.at("/metadata/component/name").asText()).isEqualTo("vault-bootstrap");
            assertThat(bill.path("components")).hasSizeGreaterThan(50);
        }

        @Test
        void ticksAsTheUserOfTheChart(@TempDir Path folder) throws IOException {
            assertThat(config.path("User").asText()).isEqualTo(userOfTheChart());

            tickTwice(userOfTheChart(), folder);
        }

        @Test
        void ticksAsAnyUser(@TempDir Path folder) throws IOException {
            tickTwice(ANY_USER, folder);
        }

        /** Nothing but /tmp can be written, so that both ticks find custody and snapshots there. */
        private void tickTwice(String user, Path tmp) throws IOException {
            Files.writeString(tmp.resolve("desired-state.yaml"), DesiredStates.SMALL);
            Files.writeString(tmp.resolve("fixtures.json"), """
                    {"api-key": "k-1", "database": {"user": "app", "password": "p-1"}}""");
            ImageRun pod = new ImageRun(root, config, user);
            try (RealServer server = RealServer.empty().start()) {
                Map<String, String> environment = environment(server);

                Result first = pod.run(tmp, environment, "run", "--output", "json");
                Result second = pod.run(tmp, environment, "run", "--output", "json");

                assertThat(first.exit()).as(first.stderr() + first.stdout()).isZero();
                assertThat(first.json().path("result").asText()).isEqualTo("converged");
                assertThat(first.step("snapshot").path("outcome").asText()).isEqualTo("changed");
                assertThat(second.exit()).as(second.stderr() + second.stdout()).isZero();
                assertThat(second.json().path("requests").path("writes").asInt())
                        .isZero();
                assertThat(second.stderr()).doesNotContainIgnoringCase("warn");
            }
        }

        Map<String, String> environment(RealServer server) {
            Map<String, String> environment = new LinkedHashMap<>();
            environment.put("BOOTSTRAP_VAULT_ADDRESSES", server.address().toString());
            environment.put("BOOTSTRAP_KEYS_SHARES", "1");
            environment.put("BOOTSTRAP_KEYS_THRESHOLD", "1");
            environment.put("BOOTSTRAP_CUSTODY_FILE_FOLDER", "/tmp/custody");
            environment.put("BOOTSTRAP_SNAPSHOT_TARGETS_LOCAL_FOLDER", "/tmp/snapshots");
            environment.put("BOOTSTRAP_SNAPSHOT_SPOOL_FOLDER", "/tmp/spool");
            environment.put("BOOTSTRAP_DESIRED_STATE_FILE", "/tmp/desired-state.yaml");
            return environment;
        }

        private static String userOfTheChart() throws IOException {
            Map<?, ?> values = new Yaml().load(Files.readString(Path.of("chart", "values.yaml")));
            Map<?, ?> context = (Map<?, ?>) values.get("podSecurityContext");
            return "%s:%s".formatted(context.get("runAsUser"), context.get("runAsGroup"));
        }
    }

    @Nested
    class Jvm extends Built {

        Jvm() {
            super("jvm");
        }

        /** As in the image of a JDK, where the Maven wrapper has nothing else to work with. */
        @Override
        String builder(ImageStore images) {
            assertThat(List.of("unzip", "curl", "wget", "java"))
                    .noneSatisfy(command -> assertThat(
                                    images.base("builder").resolve("usr/bin").resolve(command))
                            .exists());
            return images.image("builder", Path.of(System.getProperty("java.home")));
        }

        /** A cache that cannot be used is an error with this option; without it the JVM would start slower. */
        @Override
        Map<String, String> environment(RealServer server) {
            Map<String, String> environment = super.environment(server);
            environment.put("JDK_JAVA_OPTIONS", "-XX:AOTMode=on");
            return environment;
        }
    }

    @Nested
    class Native extends Built {

        Native() {
            super("native");
        }

        @Override
        String builder(ImageStore images) {
            Optional<Path> graal = Optional.ofNullable(System.getenv("GRAALVM_HOME"))
                    .map(Path::of)
                    .filter(home -> Files.isExecutable(home.resolve("bin").resolve("native-image")));
            // Continuous integration has none either, so that this is skipped there too.
            Assumptions.assumeTrue(graal.isPresent(), "GRAALVM_HOME does not name a GraalVM, which builds the binary");
            return images.image("native-builder", graal.orElseThrow());
        }
    }
}
