package io.ameide.vault.bootstrap;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The Maven wrapper in a JDK's container image, which has neither unzip nor curl nor wget. */
class MavenWrapperTest {

    private static final List<String> COMMANDS = List.of(
            "sh",
            "uname",
            "dirname",
            "basename",
            "tr",
            "mktemp",
            "mkdir",
            "cat",
            "sha256sum",
            "chmod",
            "mv",
            "rm",
            "ls");

    @TempDir
    Path folder;

    private Path archive;

    /** A distribution of Maven that prints what it was given. */
    @BeforeEach
    void distribution() throws IOException {
        archive = folder.resolve("apache-maven-1.0-bin.zip");
        try (FileSystem zip =
                FileSystems.newFileSystem(archive, Map.of("create", true, "enablePosixFileAttributes", true))) {
            Path bin = Files.createDirectories(zip.getPath("apache-maven-1.0", "bin"));
            Path mvn = Files.writeString(bin.resolve("mvn"), "#!/bin/sh\necho \"Maven was given $*\"\n");
            Files.setPosixFilePermissions(mvn, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.copy(Path.of("mvnw"), folder.resolve("mvnw"));
        Files.createDirectories(folder.resolve("bin"));
        for (String command : COMMANDS) {
            link(command);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void unpacksWhatIsPinnedWithAndWithoutUnzip(boolean unzip) throws Exception {
        pin(sha256(archive));
        if (unzip) {
            link("unzip");
        }

        assertThat(run()).isEqualTo("Maven was given verify\n");
        assertThat(run()).as("the second run").isEqualTo("Maven was given verify\n");
    }

    @Test
    void runsNothingThatIsNotWhatIsPinned() throws Exception {
        pin("0".repeat(64));

        assertThat(run())
                .contains("Failed to validate Maven distribution SHA-256")
                .doesNotContain("was given");
    }

    @Test
    void distributionIsPinnedByHash() throws IOException {
        assertThat(Files.readString(Path.of(".mvn", "wrapper", "maven-wrapper.properties")))
                .containsPattern("(?m)^distributionUrl=https://.*-bin\\.zip$")
                .containsPattern("(?m)^distributionSha256Sum=[0-9a-f]{64}$");
    }

    private void pin(String hash) throws IOException {
        Path properties = folder.resolve(".mvn").resolve("wrapper").resolve("maven-wrapper.properties");
        Files.createDirectories(properties.getParent());
        Files.writeString(
                properties, "distributionUrl=%s%ndistributionSha256Sum=%s%n".formatted(archive.toUri(), hash));
    }

    private void link(String command) throws IOException {
        Path found = Stream.of(System.getenv("PATH").split(":"))
                .map(path -> Path.of(path, command))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("this machine has no " + command));
        Files.createSymbolicLink(folder.resolve("bin").resolve(command), found);
    }

    private String run() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(folder.resolve("mvnw").toString(), "verify").redirectErrorStream(true);
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH", folder.resolve("bin").toString(),
                        "HOME", folder.toString(),
                        "JAVA_HOME", System.getProperty("java.home")));
        return new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
