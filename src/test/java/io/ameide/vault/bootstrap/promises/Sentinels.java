package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.custody.AppRoleCredential;
import io.ameide.vault.bootstrap.custody.KeyMaterial;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Everything that must not show, and where it was found. */
final class Sentinels {

    /** A service token of OpenBao or Vault, whichever it is. */
    private static final Pattern TOKEN = Pattern.compile("\\b(hv)?[sbr]\\.[A-Za-z0-9]{24,}");

    private final List<Sentinel> sentinels = new ArrayList<>();

    void add(String what, String value) {
        sentinels.add(new Sentinel(what, value));
    }

    /** All that custody holds now. */
    void add(KeyMaterial material) {
        for (int i = 0; i < material.shares().size(); i++) {
            String share = material.shares().get(i).reveal();
            add("share " + (i + 1), share);
            // The server tells a share in hex as well.
            add(
                    "bytes of share " + (i + 1),
                    HexFormat.of().formatHex(Base64.getDecoder().decode(share)));
        }
        material.rootToken().ifPresent(token -> add("root token", token.reveal()));
        if (material.appRole().isPresent()) {
            AppRoleCredential credential = material.appRole().get();
            add("role id", credential.roleId().reveal());
            add("secret id", credential.secretId().reveal());
        }
        add("checksum key", material.checksumKey().reveal());
    }

    List<Sentinel> all() {
        return List.copyOf(sentinels);
    }

    /** What shows in a text, in words without the values. */
    List<String> shownIn(String where, String text) {
        List<String> shown = new ArrayList<>();
        for (Sentinel sentinel : sentinels) {
            sentinel.forms().forEach((form, written) -> {
                if (text.contains(written)) {
                    shown.add("%s %s in %s".formatted(sentinel, form, where));
                }
            });
        }
        if (TOKEN.matcher(text).find()) {
            shown.add("a token in " + where);
        }
        return shown;
    }

    /** What shows in the files below a folder, their names included. */
    List<String> shownBelow(Path folder, Predicate<Path> meantToHold) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<String> shown = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(meantToHold.negate())
                    .toList()) {
                shown.addAll(shownIn("the name of a file", file.toString()));
                shown.addAll(shownIn(
                        folder.relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1)));
            }
            return shown;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
