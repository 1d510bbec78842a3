package io.ameide.vault.bootstrap.configure;

import io.ameide.vault.bootstrap.desired.DesiredState.SecretEngine;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.KvStore;
import io.ameide.vault.bootstrap.vault.VaultSession;
import io.ameide.vault.bootstrap.vault.Waiter;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Secrets engines at their mounts. */
final class SecretEngines {

    /** A new or upgraded KV v2 mount refuses requests for a moment; on loopback less than a second. */
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    private static final Duration READY_POLL = Duration.ofMillis(50);

    private final VaultSession session;
    private final Comparison comparison;
    private final Waiter waiter;

    SecretEngines(VaultSession session, Comparison comparison, Waiter waiter) {
        this.session = session;
        this.comparison = comparison;
        this.waiter = waiter;
    }

    void settle(Work work, List<SecretEngine> engines) {
        if (engines.isEmpty()) {
            return;
        }
        Mounts mounts = new Mounts(session, comparison, "secret engine", "sys/mounts", "sys/mounts");
        for (SecretEngine engine : engines) {
            work.part(() -> settle(work, mounts, engine));
        }
    }

    private void settle(Work work, Mounts mounts, SecretEngine engine) {
        boolean kv = engine.type().equals("kv");
        Object version = engine.options().get("version");
        boolean holdsVersions = mounts.at(engine.path())
                .path("options")
                .path("version")
                .asText()
                .equals("2");
        if (kv && holdsVersions && "1".equals(version)) {
            throw new ProblemException(Problem.error(
                    "secret engine %s is a KV engine of version 2 and cannot go back to 1".formatted(engine.path()),
                    "mount one of version 1 at another path, or let the desired state ask for version 2"));
        }
        mounts.settle(
                work,
                new Mounts.Mount(engine.path(), engine.type(), engine.description(), engine.options(), engine.config()),
                kv && "2".equals(version) ? () -> awaitReady(engine) : () -> {});
    }

    private void awaitReady(SecretEngine engine) {
        KvStore kv = session.kv(engine.path());
        waiter.until(() -> kv.ready() ? Optional.of(kv) : Optional.empty(), READY_POLL, READY_LIMIT);
    }
}
