package io.ameide.vault.bootstrap.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** What the build says the application consists of is what is shipped. */
class BillOfMaterialsIT {

    private static final Path LIBRARIES = Path.of("target", "quarkus-app", "lib");

    @Test
    void everyLibraryShippedIsListed() throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(LIBRARIES), "a native binary has its libraries in itself");
        JsonNode bill =
                new ObjectMapper().readTree(Path.of("target", "sbom.cdx.json").toFile());
        // As Quarkus names files of libraries: GROUP.ARTIFACT-VERSION.jar, a classifier before the suffix.
        Set<String> listed = StreamSupport.stream(bill.path("components").spliterator(), false)
                .map(component -> "%s.%s-%s"
                        .formatted(
                                component.path("group").asText(),
                                component.path("name").asText(),
                                component.path("version").asText()))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> shipped;
        try (Stream<Path> files = Files.walk(LIBRARIES)) {
            shipped = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar"))
                    .map(name -> name.substring(0, name.length() - ".jar".length()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bill.at("/metadata/component/name").asText()).isEqualTo("vault-bootstrap");
        assertThat(shipped)
                .isNotEmpty()
                .allSatisfy(library -> assertThat(listed)
                        .anyMatch(component -> library.equals(component) || library.startsWith(component + "-")));
    }
}
