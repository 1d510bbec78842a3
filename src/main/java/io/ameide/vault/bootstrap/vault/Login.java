package io.ameide.vault.bootstrap.vault;

import io.ameide.vault.bootstrap.sensitive.Sensitive;

import java.time.Duration;
import java.util.List;

/** A token that a login gave. */
public record Login(Sensitive token, List<String> policies, Duration ttl) {}
