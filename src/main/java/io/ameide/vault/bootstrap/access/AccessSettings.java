package io.ameide.vault.bootstrap.access;

import java.time.Duration;

/**
 * How the tool signs in.
 *
 * @param mount where the tool's own AppRole auth method is mounted, apart from any that people use
 * @param role the AppRole, and also the name of the tool's own policy
 * @param tokenTtl how long a token lives that nobody revoked, because its tick was killed
 * @param generateRoot whether a root token may be made from the shares when no other way in is left
 */
public record AccessSettings(String mount, String role, Duration tokenTtl, boolean generateRoot) {}
