package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpKey;
import io.ameide.vault.bootstrap.snapshot.FolderStore;
import io.ameide.vault.bootstrap.snapshot.ObjectStore;
import io.ameide.vault.bootstrap.snapshot.Retention;
import io.ameide.vault.bootstrap.snapshot.SnapshotConfig;
import io.ameide.vault.bootstrap.snapshot.SnapshotSchedule;
import io.ameide.vault.bootstrap.snapshot.SnapshotTarget;
import io.ameide.vault.bootstrap.snapshot.SpoolFolder;
import io.ameide.vault.bootstrap.snapshot.TakeSnapshot;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import jakarta.inject.Singleton;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The places for snapshots, made from configuration. */
@Singleton
final class SnapshotTargets {

    private static final String PREFIX = "bootstrap.snapshot.targets.";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");

    private final SnapshotConfig config;
    private final Version version;
    private final Clock clock;

    SnapshotTargets(SnapshotConfig config, Version version, Clock clock) {
        this.config = config;
        this.version = version;
        this.clock = clock;
    }

    /** All of them by name, in the order of their names. */
    List<TakeSnapshot.Destination> all() {
        return new TreeMap<>(config.targets())
                .entrySet().stream()
                        .map(entry -> destination(entry.getKey(), entry.getValue()))
                        .toList();
    }

    /**
     * All of them, or the one of that name.
     *
     * @throws ProblemException when there is none
     */
    List<TakeSnapshot.Destination> required(Optional<String> name) {
        List<TakeSnapshot.Destination> all = all();
        if (all.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.snapshot.targets is not set",
                    "name one, for example --set bootstrap.snapshot.targets.local.folder=snapshots"));
        }
        if (name.isEmpty()) {
            return all;
        }
        List<TakeSnapshot.Destination> named = all.stream()
                .filter(destination -> destination.target().name().equals(name.get()))
                .toList();
        if (named.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "there is no target %s for snapshots".formatted(name.get()),
                    "those that bootstrap.snapshot.targets names are "
                            + String.join(
                                    ", ",
                                    config.targets().keySet().stream().sorted().toList())));
        }
        return named;
    }

    /**
     * How one is taken.
     *
     * @throws ProblemException when a key cannot be read or encrypted to
     */
    TakeSnapshot.Settings settings() {
        return new TakeSnapshot.Settings(
                spool(),
                Bounds.positive("bootstrap.snapshot.silence-timeout", config.silenceTimeout()),
                config.encryption().pgpKeys().orElse(List.of()).stream()
                        .map(PgpKey::read)
                        .map(key -> new PgpEncryption(key, clock.instant()))
                        .toList(),
                version.toString());
    }

    SpoolFolder spool() {
        return new SpoolFolder(config.spoolFolder().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"))));
    }

    private TakeSnapshot.Destination destination(String name, SnapshotConfig.Target target) {
        if (!NAME.matcher(name).matches()) {
            throw new ProblemException(
                    Problem.invalid(PREFIX + name + " is no name for a target", "use letters, digits, - and _"));
        }
        return new TakeSnapshot.Destination(
                new SnapshotTarget(name, store(name, target), spool(), config.silenceTimeout()),
                schedule(name, target),
                new Retention(
                        Bounds.atLeastOne(
                                PREFIX + name + ".keep.newest", target.keep().newest()),
                        Bounds.notNegative(
                                PREFIX + name + ".keep.daily", target.keep().daily()),
                        Bounds.notNegative(
                                PREFIX + name + ".keep.weekly", target.keep().weekly()),
                        Bounds.notNegative(
                                PREFIX + name + ".keep.monthly", target.keep().monthly())));
    }

    private static ObjectStore store(String name, SnapshotConfig.Target target) {
        List<ObjectStore> stores = new ArrayList<>();
        target.folder().map(FolderStore::new).ifPresent(stores::add);
        if (stores.size() != 1) {
            throw new ProblemException(Problem.invalid(
                    PREFIX + name + (stores.isEmpty() ? " names no place" : " names several places"),
                    "set exactly one of its sections, for example " + PREFIX + name + ".folder"));
        }
        return stores.getFirst();
    }

    private static SnapshotSchedule schedule(String name, SnapshotConfig.Target target) {
        if (target.cron().isEmpty()) {
            return new SnapshotSchedule.Every(Bounds.positive(PREFIX + name + ".interval", target.interval()));
        }
        try {
            return new SnapshotSchedule.Cron(target.cron().get());
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    Problem.invalid(
                            PREFIX + name + ".cron is no time that ever comes",
                            "write minute, hour, day of month, month and day of week, for example 30 2 * * *"),
                    e);
        }
    }
}
