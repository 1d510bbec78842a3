package io.ameide.vault.bootstrap.coverage;

import io.ameide.vault.bootstrap.desired.Place;

import java.util.Optional;

/**
 * A secret key that somebody asks for.
 *
 * @param mount the KV v2 mount, without slashes at the ends
 * @param key path within the mount
 * @param property what the secret must hold; when empty it is enough that the secret exists
 * @param requiredBy who asks, for example {@code deployment/api}; free text
 */
public record RequiredKey(String mount, String key, Optional<String> property, String requiredBy, Place place) {}
