package io.ameide.vault.bootstrap.snapshot;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.net.URI;
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

    /** How long a server may take until it works from a snapshot that is restored. */
    @WithDefault("10m")
    Duration restoreTimeout();

    /** Path of the KV engine with the value that proves which snapshot was restored. */
    @WithDefault("vault-bootstrap")
    String canaryMount();

    Encryption encryption();

    /** What is done to an archive before it is stored. */
    interface Encryption {

        /** Files of OpenPGP public keys to encrypt to, all of them to one message. */
        Optional<List<Path>> pgpKeys();

        /** File of the OpenPGP private key that opens snapshots again. */
        Optional<Path> privateKeyFile();

        /** File of what unlocks that key, where it is locked. */
        Optional<Path> passphraseFile();
    }

    /** One place. Which kind it is, is told by the one section that is set. */
    interface Target {

        /** A folder, made with mode 0700. */
        Optional<Path> folder();

        /** A bucket of Amazon S3, or of what speaks like it. */
        Optional<S3> s3();

        /** A container of Azure Blob Storage. */
        Optional<AzureBlob> azureBlob();

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

    /**
     * A bucket, and as whom it is used: keys from files, or a role for a ServiceAccount's token, or else whatever the
     * environment has.
     */
    interface S3 {

        /** Its name. */
        String bucket();

        /** What the names of objects begin with. */
        Optional<String> prefix();

        /** Address of a store other than Amazon's. */
        Optional<URI> endpoint();

        /** Region of the bucket; {@code us-east-1} where there is an endpoint. */
        Optional<String> region();

        /** Whether the bucket is part of the path rather than of the host's name; so where there is an endpoint. */
        Optional<Boolean> pathStyle();

        /** PEM file of the authorities that may have signed the endpoint's certificate. */
        Optional<Path> caFile();

        /** How the store encrypts at rest. */
        @WithDefault("bucket")
        ServerSide encryption();

        /** Key of the store's key management to encrypt with; the account's own for S3 when not set. */
        Optional<String> kmsKey();

        Optional<Lock> objectLock();

        /** File of the access key's id. */
        Optional<Path> accessKeyIdFile();

        /** File of the secret that belongs to it. */
        Optional<Path> secretAccessKeyFile();

        /** File of a session's token, where the keys are good for a while only. */
        Optional<Path> sessionTokenFile();

        Optional<WebIdentity> webIdentity();

        /** Who has the keys. */
        enum ServerSide {
            /** As the bucket is set up. */
            BUCKET,
            /** The store: SSE-S3. */
            MANAGED,
            /** Its key management: SSE-KMS. */
            KMS
        }

        /** For how long nobody can delete an object. */
        interface Lock {

            /** Whether a permission of its own may lift it. */
            LockMode mode();

            /** How many, from when it was stored. */
            int days();
        }

        /** As S3 calls them. */
        enum LockMode {
            GOVERNANCE,
            COMPLIANCE
        }

        /** A role that a token service gives for a ServiceAccount's token. */
        interface WebIdentity {

            /** The role. */
            String roleArn();

            /** The projected token. */
            Path tokenFile();

            /** How logs of the account show this process. */
            @WithDefault("vault-bootstrap")
            String sessionName();

            /** Address of a token service other than Amazon's. */
            Optional<URI> endpoint();
        }
    }

    /** A container, and as whom it is used: by a connection string, a shared access signature, or a workload identity. */
    interface AzureBlob {

        /** Its name. */
        String container();

        /** What the names of blobs begin with. */
        Optional<String> prefix();

        /** Address of the account, unless a connection string has it. */
        Optional<URI> account();

        /** File of a shared access signature for the container. */
        Optional<Path> sasTokenFile();

        /** File of a connection string. */
        Optional<Path> connectionStringFile();
    }
}
