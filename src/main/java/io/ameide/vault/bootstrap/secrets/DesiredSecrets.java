package io.ameide.vault.bootstrap.secrets;

import io.ameide.vault.bootstrap.desired.DesiredState;
import io.ameide.vault.bootstrap.desired.DesiredState.Fixtures;
import io.ameide.vault.bootstrap.desired.DesiredState.Generated;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretEngine;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretSource;
import io.ameide.vault.bootstrap.desired.DesiredState.SeedMode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.tick.Count;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/** All secrets that a desired state asks for, its fixture files read. */
public final class DesiredSecrets {

    private final Map<String, DesiredSecret> byPath = new LinkedHashMap<>();
    private final List<String> announcements = new ArrayList<>();

    /**
     * Reads every fixture file that the desired state names.
     *
     * @throws ProblemException when a file is not a fixture file, or two sources ask for the same secret
     */
    public static DesiredSecrets of(DesiredState desired) {
        DesiredSecrets secrets = new DesiredSecrets();
        RandomGenerator random = new SecureRandom();
        Map<Path, FixtureFile> files = FixtureFile.readAll(desired.secrets().stream()
                .filter(Fixtures.class::isInstance)
                .map(source -> ((Fixtures) source).file())
                .distinct()
                .toList());
        for (SecretSource source : desired.secrets()) {
            requireVersions(desired, source);
            switch (source) {
                case Fixtures fixtures -> secrets.add(fixtures, files.get(fixtures.file()));
                case Generated generated ->
                    secrets.add(new DesiredSecret(
                            generated.mount(),
                            generated.name(),
                            Set.of(generated.property()),
                            () -> Map.of(generated.property(), draw(generated, random)),
                            SeedMode.CREATE_ONLY,
                            generated.place().toString()));
            }
        }
        return secrets;
    }

    /** Written to an engine of version 1, secrets would end up under other names, and nobody would be told. */
    private static void requireVersions(DesiredState desired, SecretSource source) {
        for (SecretEngine engine : desired.secretEngines()) {
            if (engine.path().equals(source.mount())
                    && engine.type().equals("kv")
                    && !"2".equals(engine.options().get("version"))) {
                throw new ProblemException(Problem.invalid(
                        "%s: secrets go to %s, which %s makes a kv engine of version 1"
                                .formatted(source.place(), source.mount(), engine.place()),
                        "give that engine options: { version: \"2\" }"));
            }
        }
    }

    private static Sensitive draw(Generated generated, RandomGenerator random) {
        String alphabet = generated.alphabet();
        StringBuilder value = new StringBuilder(generated.length());
        for (int i = 0; i < generated.length(); i++) {
            value.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return Sensitive.of(value.toString());
    }

    private void add(Fixtures fixtures, FixtureFile file) {
        file.override()
                .ifPresent(override -> announcements.add("%s overrides %d and adds %s of %s"
                        .formatted(
                                override.file().getFileName(),
                                override.replaced().size(),
                                Count.of(override.added().size(), "secret"),
                                fixtures.file().getFileName())));
        for (Fixture fixture : file.fixtures()) {
            add(new DesiredSecret(
                    fixtures.mount(),
                    fixture.name(),
                    fixture.data().keySet(),
                    fixture::data,
                    fixtures.mode(),
                    fixtures.file().getFileName().toString()));
        }
    }

    private void add(DesiredSecret secret) {
        DesiredSecret other = byPath.putIfAbsent(secret.path(), secret);
        if (other != null) {
            throw new ProblemException(Problem.invalid(
                    "secret %s is asked for by %s and by %s".formatted(secret.path(), other.source(), secret.source()),
                    "let one source own it"));
        }
    }

    Collection<DesiredSecret> all() {
        return byPath.values();
    }

    public int size() {
        return byPath.size();
    }

    /** What a person should know about where values come from. */
    public List<String> announcements() {
        return List.copyOf(announcements);
    }

    /** The mounts that hold them, sorted. */
    public Set<String> mounts() {
        var mounts = new TreeSet<String>();
        byPath.values().forEach(secret -> mounts.add(secret.mount()));
        return mounts;
    }

    /** One secret that must exist, as others than its provider see it. */
    public record Expected(String mount, String name, Set<String> properties, String source) {}

    public List<Expected> expected() {
        return byPath.values().stream()
                .map(secret -> new Expected(secret.mount(), secret.name(), secret.properties(), secret.source()))
                .toList();
    }
}
