package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.desired.InvalidDocumentException;
import io.ameide.vault.bootstrap.desired.YamlDocument;
import io.ameide.vault.bootstrap.desired.YamlMapping;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A YAML file with a list {@code requiredKeys}. The same key may be required by many. */
public record RequiredKeysFile(Path file, List<RequiredKey> keys) {

    private static final String DEFAULT_MOUNT = "secret";

    public RequiredKeysFile {
        keys = List.copyOf(keys);
    }

    /** @throws InvalidDocumentException when anything is the matter with the file */
    public static RequiredKeysFile read(Path file) {
        YamlDocument document = YamlDocument.read(file);
        YamlMapping root = document.root();
        root.allowOnly("requiredKeys");
        root.require("requiredKeys");
        List<RequiredKey> keys = root.mappings("requiredKeys").stream()
                .map(RequiredKeysFile::key)
                .toList();
        document.refuseIfInvalid();
        return new RequiredKeysFile(file, keys);
    }

    private static RequiredKey key(YamlMapping item) {
        item.allowOnly("key", "property", "mount", "requiredBy");
        return new RequiredKey(
                item.has("mount") ? item.mountPath("mount") : DEFAULT_MOUNT,
                item.name("key"),
                item.has("property") ? Optional.of(item.text("property")) : Optional.empty(),
                item.text("requiredBy"),
                item.place());
    }
}
