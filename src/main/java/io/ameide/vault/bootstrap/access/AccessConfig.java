package io.ameide.vault.bootstrap.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** How a tick signs in. */
@ConfigMapping(prefix = "bootstrap.access")
public interface AccessConfig {

    AppRole appRole();

    Kubernetes kubernetes();

    /** How long a token lives that nobody revoked, because its tick was killed. */
    @WithDefault("10m")
    Duration tokenTtl();

    /** Whether a root token may be made from the shares when no other way in is left and the server allows it. */
    @WithDefault("true")
    boolean generateRoot();

    /** The tool's own AppRole. */
    interface AppRole {

        /** Where its auth method is mounted. */
        @WithDefault("vault-bootstrap")
        String mount();

        /** Name of the role and of its policy. */
        @WithDefault("vault-bootstrap")
        String role();
    }

    /** Kubernetes auth. */
    interface Kubernetes {

        /** The role to sign in as, and the name of its policy; without it the AppRole is used. */
        Optional<String> role();

        /** Where the auth method is mounted. */
        @WithDefault("kubernetes")
        String mount();

        /** A projected ServiceAccount token whose audience the role asks for. */
        @WithDefault("/var/run/secrets/vault-bootstrap/token")
        Path tokenFile();

        /** The API server as the Vault server reaches it, for an auth method that the desired state does not configure. */
        @WithDefault("https://kubernetes.default.svc")
        String host();
    }
}
