package io.ameide.vault.bootstrap.cli;

import io.ameide.vault.bootstrap.openpgp.PgpEncryption;
import io.ameide.vault.bootstrap.openpgp.PgpIdentity;
import io.ameide.vault.bootstrap.snapshot.Canary;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
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

    /** All of them by name, in the order of their names, until they are closed. */
    OpenTargets open() {
        return open(new TreeMap<>(config.targets()));
    }

    /**
     * All of them, or the one of that name.
     *
     * @throws ProblemException when there is none
     */
    OpenTargets required(Optional<String> name) {
        SortedMap<String, SnapshotConfig.Target> all = new TreeMap<>(config.targets());
        if (all.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    "bootstrap.snapshot.targets is not set",
                    "name one, for example --set bootstrap.snapshot.targets.local.folder=snapshots"));
        }
        name.ifPresent(only -> {
            if (!all.containsKey(only)) {
                throw new ProblemException(Problem.invalid(
                        "there is no target %s for snapshots".formatted(only),
                        "those that bootstrap.snapshot.targets names are " + String.join(", ", all.keySet())));
            }
            all.keySet().retainAll(Set.of(only));
        });
        return open(all);
    }

    private OpenTargets open(SortedMap<String, SnapshotConfig.Target> targets) {
        List<TakeSnapshot.Destination> destinations = new ArrayList<>();
        List<ObjectStore> stores = new ArrayList<>();
        try {
            targets.forEach((name, target) -> {
                ObjectStore store = store(name, target);
                stores.add(store);
                destinations.add(destination(name, target, store));
            });
            return new OpenTargets(destinations, stores);
        } catch (RuntimeException e) {
            stores.forEach(ObjectStore::close);
            throw e;
        }
    }

    /**
     * How one is taken.
     *
     * @throws ProblemException when a key cannot be read or encrypted to
     */
    TakeSnapshot.Settings settings() {
        return new TakeSnapshot.Settings(
                spool(),
                silence(),
                PgpKeyFiles.read(
                                "bootstrap.snapshot.encryption.pgp-keys",
                                config.encryption().pgpKeys())
                        .stream()
                        .map(key -> new PgpEncryption(key, clock.instant()))
                        .toList(),
                canary(),
                version.toString());
    }

    Duration restoreTimeout() {
        return Bounds.positive("bootstrap.snapshot.restore-timeout", config.restoreTimeout());
    }

    /** How long nothing may come in the middle of one. */
    Duration silence() {
        return Bounds.positive("bootstrap.snapshot.silence-timeout", config.silenceTimeout());
    }

    /** What every snapshot has with it. */
    Canary canary() {
        return new Canary(config.canaryMount());
    }

    /** What opens snapshots that are stored encrypted. */
    Optional<PgpIdentity> identity() {
        return config.encryption()
                .privateKeyFile()
                .map(file -> PgpIdentity.read(file, config.encryption().passphraseFile()));
    }

    SpoolFolder spool() {
        return new SpoolFolder(config.spoolFolder().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"))));
    }

    private TakeSnapshot.Destination destination(String name, SnapshotConfig.Target target, ObjectStore store) {
        return new TakeSnapshot.Destination(
                new SnapshotTarget(name, store, spool(), silence()),
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

    private ObjectStore store(String name, SnapshotConfig.Target target) {
        if (!NAME.matcher(name).matches()) {
            throw new ProblemException(
                    Problem.invalid(PREFIX + name + " is no name for a target", "use letters, digits, - and _"));
        }
        String key = PREFIX + name;
        Map<String, Supplier<ObjectStore>> places = new LinkedHashMap<>();
        target.folder().ifPresent(folder -> places.put(key + ".folder", () -> new FolderStore(folder)));
        target.s3().ifPresent(s3 -> places.put(key + ".s3", () -> S3Place.open(name, key + ".s3", s3, clock)));
        target.azureBlob()
                .ifPresent(blob -> places.put(
                        key + ".azure-blob", () -> AzureBlobPlace.open(name, key + ".azure-blob", blob, clock)));
        if (places.isEmpty()) {
            throw new ProblemException(Problem.invalid(
                    key + " names no place",
                    "set its section folder, s3 or azure-blob, for example " + key + ".folder"));
        }
        if (places.size() > 1) {
            throw new ProblemException(Problem.invalid(
                    "%s names several places, %s".formatted(key, String.join(" and ", places.keySet())),
                    "leave one, and give another target a name of its own"));
        }
        return places.values().iterator().next().get();
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
