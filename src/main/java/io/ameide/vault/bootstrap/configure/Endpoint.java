package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One path that can be written and read back: a role, a configuration, any other resource. */
final class Endpoint {

    private final VaultSession session;
    private final WrittenValues written;

    Endpoint(VaultSession session, WrittenValues written) {
        this.session = session;
        this.written = written;
    }

    /** Brings a path to hold the desired fields, or notes that it already does. */
    void settle(Work work, String subject, String path, Map<String, Object> desired, Set<String> sensitive) {
        Optional<JsonNode> observed = session.read(path);
        if (observed.isEmpty()) {
            create(work, subject, path, desired, sensitive);
            return;
        }
        Drift drift = Drift.between(desired, observed.get(), sensitive);
        List<String> differences = new ArrayList<>(drift.differing().values());
        Optional<String> checksum = Optional.of(drift.incomparable())
                .filter(values -> !values.isEmpty())
                .map(written::checksum);
        if (checksum.isPresent() && !checksum.equals(written.last(path))) {
            differences.add("%s written anew, since the server does not show what it holds"
                    .formatted(String.join(", ", drift.incomparable().keySet())));
        }
        if (!differences.isEmpty()) {
            work.change(new Change(subject, String.join("; ", differences)), () -> {
                session.write(path, desired);
                checksum.ifPresent(sum -> written.remember(path, sum));
            });
        }
    }

    private void create(Work work, String subject, String path, Map<String, Object> desired, Set<String> sensitive) {
        work.change(new Change(subject, "create"), () -> {
            session.write(path, desired);
            // Only now the server tells which of the fields it will not show.
            session.read(path).ifPresent(now -> {
                Map<String, Object> hidden =
                        Drift.between(desired, now, sensitive).incomparable();
                if (!hidden.isEmpty()) {
                    written.remember(path, written.checksum(hidden));
                }
            });
        });
    }
}
