package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.desired.InvalidDocumentException;
import io.ameide.vault.bootstrap.desired.Place;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RequiredKeysFileTest {

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("required.yaml");
    }

    @Test
    void keysAreReadWithTheirDefaultsAndPlaces() throws IOException {
        Files.writeString(file, """
                requiredKeys:
                  - key: platform-db-password
                    property: value
                    mount: team/kv/
                    requiredBy: deployment/api
                  - key: a/b
                    requiredBy: job/migrate, once
                """);

        assertThat(RequiredKeysFile.read(file).keys())
                .containsExactly(
                        new RequiredKey(
                                "team/kv",
                                "platform-db-password",
                                Optional.of("value"),
                                "deployment/api",
                                new Place(file.toString(), 2)),
                        new RequiredKey(
                                "secret", "a/b", Optional.empty(), "job/migrate, once", new Place(file.toString(), 6)));
    }

    @Test
    void twoMayRequireTheSameKey() throws IOException {
        Files.writeString(file, "requiredKeys: [{ key: a, requiredBy: b }, { key: a, requiredBy: c }]");

        assertThat(RequiredKeysFile.read(file).keys()).hasSize(2);
    }

    @Test
    void emptyListRequiresNothing() throws IOException {
        Files.writeString(file, "requiredKeys: []");

        assertThat(RequiredKeysFile.read(file).keys()).isEmpty();
    }

    @Test
    void everythingThatIsTheMatterIsNamed() throws IOException {
        Files.writeString(file, """
                requiredKeys:
                  - key: /a
                    requiredby: api
                  - property: ""
                    mount: a b
                    requiredBy: ""
                  - key: 7
                    requiredBy: api
                requiredKey: []
                """);

        assertThatThrownBy(() -> RequiredKeysFile.read(file))
                .isInstanceOf(InvalidDocumentException.class)
                .hasMessage(String.join(
                        "\n",
                        file + ":2: requiredKeys[0].key: cannot begin or end with a slash",
                        file + ":3: requiredKeys[0].requiredby: unknown key; did you mean \"requiredBy\"?",
                        file + ":4: requiredKeys[1].key: is missing",
                        file + ":4: requiredKeys[1].property: cannot be blank",
                        file + ":5: requiredKeys[1].mount: a mount path cannot hold whitespace",
                        file + ":6: requiredKeys[1].requiredBy: cannot be blank",
                        file + ":7: requiredKeys[2].key: must be a string, is a number; put it in quotes",
                        file + ":9: requiredKey: unknown key; did you mean \"requiredKeys\"?"));
    }

    @Test
    void fileWithoutTheListIsRefused() throws IOException {
        Files.writeString(file, "{}");

        assertThatThrownBy(() -> RequiredKeysFile.read(file)).hasMessage(file + ":1: requiredKeys: is missing");
    }
}
