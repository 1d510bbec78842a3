package io.ameide.vault.bootstrap.custody;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Where the shares are kept. */
@ConfigMapping(prefix = "bootstrap.custody")
public interface CustodyConfig {

    File file();

    Kubernetes kubernetes();

    Azure azure();

    /** How long to wait for another tick that uses the same custody. */
    @WithDefault("30s")
    Duration lockTimeout();

    /** Custody in a file. */
    interface File {

        /** Folder of mode 0700, outside any Git work tree or ignored by it. */
        Optional<Path> folder();
    }

    /** Custody in a Kubernetes Secret. */
    interface Kubernetes {

        /** Name of the Secret; the Lease that guards it has the same name. */
        Optional<String> secret();

        /** Namespace of the Lease, and of the Secret; the process's own when not set. */
        Optional<String> namespace();

        /** How long an API server that does not answer is asked again. */
        @WithDefault("2m")
        Duration outageTimeout();

        /** After how long a Lease whose holder died is another tick's; at least 10 seconds. */
        @WithDefault("60s")
        Duration leaseDuration();
    }

    /** Custody in an Azure Key Vault. */
    interface Azure {

        /** Address of the vault. */
        Optional<URI> vaultUrl();

        /** Name of the secret; what is tried out first goes to the one with {@code -probe} behind its name. */
        @WithDefault("vault-bootstrap-keys")
        String secret();

        /** Name of the Kubernetes Lease that lets one tick at a time use it. */
        @WithDefault("vault-bootstrap-keys")
        String lease();

        /** How long a vault that does not answer is asked again. */
        @WithDefault("2m")
        Duration outageTimeout();
    }
}
