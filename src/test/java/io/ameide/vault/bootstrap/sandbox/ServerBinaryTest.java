package io.ameide.vault.bootstrap.sandbox;

import io.ameide.vault.bootstrap.sandbox.ServerBinary.Product;
import io.ameide.vault.bootstrap.tick.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ServerBinaryTest {

    @TempDir
    Path folder;

    @Test
    void configuredGoesBeforeEnvironmentPathAndCache() throws IOException {
        Path configured = program("configured/server", "OpenBao v2.7.2 (abc)");
        Path inEnvironment = program("environment/server", "OpenBao v2.7.2 (abc)");
        Path onPath = program("bin/vault", "Vault v1.21.1 (abc)");
        Path cached = program("cache/" + ServerBinary.CACHED, "OpenBao v2.7.2 (abc)");
        String path = onPath.getParent().toString();
        String cache = folder.resolve("cache").toString();

        assertThat(find(Optional.of(configured), Map.of(ServerBinary.VARIABLE, inEnvironment.toString())))
                .contains(new ServerBinary(configured, Product.OPENBAO));
        assertThat(find(
                        Optional.empty(),
                        Map.of(ServerBinary.VARIABLE, inEnvironment.toString(), "PATH", path, "XDG_CACHE_HOME", cache)))
                .contains(new ServerBinary(inEnvironment, Product.OPENBAO));
        assertThat(find(Optional.empty(), Map.of("PATH", path, "XDG_CACHE_HOME", cache)))
                .contains(new ServerBinary(onPath, Product.VAULT));
        assertThat(find(Optional.empty(), Map.of("PATH", "/nowhere", "XDG_CACHE_HOME", cache)))
                .contains(new ServerBinary(cached, Product.OPENBAO));
    }

    @Test
    void cacheLiesInTheHomeFolderUnlessSaidOtherwise() throws IOException {
        Path cached = program(".cache/" + ServerBinary.CACHED, "OpenBao v2.7.2 (abc)");

        assertThat(find(Optional.empty(), Map.of("HOME", folder.toString(), "XDG_CACHE_HOME", "")))
                .contains(new ServerBinary(cached, Product.OPENBAO));
    }

    @Test
    void otherProgramCalledVaultIsPassedOver() throws IOException {
        Path other = program("other/vault", "vault 0.3, keeps passwords");
        Path real = program("real/vault", "Vault v1.21.1 (abc)");

        assertThat(find(Optional.empty(), Map.of("PATH", other.getParent() + ":" + real.getParent())))
                .contains(new ServerBinary(real, Product.VAULT));
    }

    @Test
    void namedBinaryThatIsNoServerIsAnError() throws IOException {
        Path other = program("other/vault", "vault 0.3, keeps passwords");

        assertThatThrownBy(() -> find(Optional.of(other), Map.of()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining(other.toString())
                .hasMessageContaining(ServerBinary.VARIABLE);
        assertThatThrownBy(() -> find(Optional.of(folder.resolve("missing")), Map.of()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void saysWhereItLookedWhenThereIsNone() {
        ServerBinary.Search search = ServerBinary.find(Optional.empty(), Map.of("HOME", folder.toString()));

        assertThat(search.found()).isEmpty();
        assertThat(search.looked())
                .contains("PATH", "tools/server", folder.resolve(".cache/" + ServerBinary.CACHED) + "");
    }

    @Test
    void cacheIsWhereTheInstallerPutsIt() {
        String version = ServerBinary.CACHED.replaceAll(".*openbao-(.*)/bao", "$1");

        assertThat(Path.of("tools/server"))
                .content()
                .contains("version=" + version + "\n")
                .contains("/vault-bootstrap/openbao-$version\"")
                .contains("binary=\"$folder/bao\"");
    }

    private static Optional<ServerBinary> find(Optional<Path> configured, Map<String, String> environment) {
        return ServerBinary.find(configured, environment).found();
    }

    private Path program(String name, String versionLine) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n[ \"$1\" = version ] && echo '" + versionLine + "'\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }
}
