package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.desired.DesiredState.SecretEngine;
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
    private final Waiter waiter;

    SecretEngines(VaultSession session, Waiter waiter) {
        this.session = session;
        this.waiter = waiter;
    }

    void settle(Work work, List<SecretEngine> engines) {
        if (engines.isEmpty()) {
            return;
        }
        JsonNode observed = session.read("sys/mounts").orElseThrow();
        Mounts mounts = new Mounts(session, "secret engine", "sys/mounts/", "sys/mounts/");
        for (SecretEngine engine : engines) {
            work.part(() -> {
                boolean written = mounts.settle(
                        work,
                        new Mounts.Mount(
                                engine.path(), engine.type(), engine.description(), engine.options(), engine.config()),
                        observed.path(engine.path() + "/"));
                if (written && isVersion2(engine)) {
                    awaitReady(engine);
                }
            });
        }
    }

    private static boolean isVersion2(SecretEngine engine) {
        return engine.type().equals("kv")
                && "2".equals(String.valueOf(engine.options().get("version")));
    }

    private void awaitReady(SecretEngine engine) {
        KvStore kv = session.kv(engine.path());
        waiter.until(() -> kv.ready() ? Optional.of(kv) : Optional.empty(), READY_POLL, READY_LIMIT);
    }
}
