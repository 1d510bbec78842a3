package io.ameide.vault.bootstrap.snapshot;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where snapshots go, how often, and which of them stay. */
@ConfigMapping(prefix = "bootstrap.snapshot")
public interface SnapshotConfig {

    /** Places for snapshots, each with a name of its own; without one a tick takes none. */
    Map<String, Target> targets();

    /** Folder for a snapshot on its way; the platform's folder for temporary files when not set. */
    Optional<Path> spoolFolder();

    /** How long nothing may come in the middle of a snapshot, from the server or back from a target. */
    @WithDefault("60s")
    Duration silenceTimeout();

    Encryption encryption();

    /** What is done to an archive before it is stored. */
    interface Encryption {

        /** Files of OpenPGP public keys to encrypt to, all of them to one message. */
        Optional<List<Path>> pgpKeys();
    }

    /** One place. Which kind it is, is told by the one section that is set. */
    interface Target {

        /** A folder, made with mode 0700. */
        Optional<Path> folder();

        /** Age of the newest snapshot there at which a tick takes another. */
        @WithDefault("24h")
        Duration interval();

        /** Instead of an interval: times in UTC, as crontab(5) writes them. */
        Optional<String> cron();

        Keep keep();

        /** Which snapshots stay. */
        interface Keep {

            /** How many of the newest. */
            @WithDefault("7")
            int newest();

            /** Of how many of the last days the newest one. */
            @WithDefault("0")
            int daily();

            /** Of how many of the last weeks. */
            @WithDefault("0")
            int weekly();

            /** Of how many of the last months. */
            @WithDefault("0")
            int monthly();
        }
    }
}
