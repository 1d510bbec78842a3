package io.ameide.vault.bootstrap.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import java.time.Duration;

/** How a tick signs in. */
@ConfigMapping(prefix = "bootstrap.access")
public interface AccessConfig {

    AppRole appRole();

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
}
