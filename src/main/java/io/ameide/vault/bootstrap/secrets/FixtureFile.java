package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.desired.InvalidDocumentException;
import io.ameide.vault.bootstrap.desired.TextFile;
import io.ameide.vault.bootstrap.desired.TextFile.UnreadableException;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The fixtures of a JSON file, with a developer's overrides merged over them. A file holds 8 MiB at most, a secret 512 KiB.
 * Three shapes are read: an object of name to string, which becomes the property {@code value}; an object of name to
 * properties; an array of {@code {name, value}}. They may be mixed.
 *
 * @param fixtures in the file's order, names that only the override knows last; names differ, if only by case
 */
public record FixtureFile(List<Fixture> fixtures, Optional<LocalOverride> override) {

    private static final int MAX_BYTES = 8 << 20;
    private static final String SUFFIX = ".json";

    /**
     * What {@code x.local.json} changed in {@code x.json}.
     *
     * @param replaced names whose whole secret was replaced
     * @param added names that the fixtures do not know
     */
    public record LocalOverride(Path file, List<String> replaced, List<String> added) {
        public LocalOverride {
            replaced = List.copyOf(replaced);
            added = List.copyOf(added);
        }
    }

    public FixtureFile {
        fixtures = List.copyOf(fixtures);
    }

    /**
     * Reads a file, and {@code x.local.json} beside {@code x.json} when it is there.
     *
     * @throws InvalidDocumentException when anything is the matter with either; the message holds no value
     */
    public static FixtureFile read(Path file) {
        Map<String, Fixture> fixtures = parse(file);
        Path local = local(file);
        if (!Files.exists(local, LinkOption.NOFOLLOW_LINKS)) {
            return new FixtureFile(List.copyOf(fixtures.values()), Optional.empty());
        }
        Map<String, Fixture> overrides = parse(local);
        LocalOverride override = new LocalOverride(
                local,
                overrides.keySet().stream().filter(fixtures::containsKey).toList(),
                overrides.keySet().stream()
                        .filter(name -> !fixtures.containsKey(name))
                        .toList());
        Map<String, Fixture> merged = new LinkedHashMap<>(fixtures);
        merged.putAll(overrides);
        return new FixtureFile(List.copyOf(merged.values()), Optional.of(override));
    }

    /**
     * Reads files for nothing but what is the matter with them, all of it at once.
     *
     * @throws ProblemException when anything is the matter with one
     */
    public static void requireValid(List<Path> files) {
        readAll(files);
    }

    /** @throws ProblemException with what is the matter with any of them */
    static Map<Path, FixtureFile> readAll(List<Path> files) {
        Map<Path, FixtureFile> read = new LinkedHashMap<>();
        List<String> matters = new ArrayList<>();
        for (Path file : files) {
            try {
                read.put(file, read(file));
            } catch (InvalidDocumentException e) {
                matters.addAll(e.lines());
            }
        }
        if (!matters.isEmpty()) {
            throw new ProblemException(Problem.invalid(String.join("\n", matters), ""));
        }
        return read;
    }

    private static Path local(Path file) {
        String name = file.getFileName().toString();
        String stem = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        return file.resolveSibling(stem + ".local" + SUFFIX);
    }

    private static Map<String, Fixture> parse(Path file) {
        try {
            return FixtureReader.read(file, TextFile.read(file, MAX_BYTES).text());
        } catch (UnreadableException e) {
            throw e.refusing(file);
        }
    }
}
