package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.ameide.vault.bootstrap.tick.Change;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;
import io.ameide.vault.bootstrap.tick.Work;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One path that can be written and read back: a role, a configuration, any other resource. */
final class Endpoint {

    private final VaultSession session;
    private final Comparison comparison;

    Endpoint(VaultSession session, Comparison comparison) {
        this.session = session;
        this.comparison = comparison;
    }

    /** Brings a path to hold the desired fields, or notes that it already does. */
    void settle(Work work, String subject, String path, Map<String, Object> desired, Set<String> sensitive) {
        Optional<JsonNode> before = session.read(path);
        List<String> differences = before.map(observed -> comparison.differences(path, desired, observed, sensitive))
                .orElse(List.of("create"));
        if (differences.isEmpty()) {
            return;
        }
        work.change(new Change(subject, String.join("; ", differences)), () -> {
            List<String> ignored = session.writeFields(path, desired);
            JsonNode now = session.read(path).orElseThrow(() -> new ProblemException(notThere(subject)));
            if (!ignored.isEmpty()) {
                throw new ProblemException(ignored(subject, ignored));
            }
            comparison.remember(subject, path, desired, before.orElse(MissingNode.getInstance()), now, sensitive);
        });
    }

    private static Problem ignored(String subject, List<String> fields) {
        return Problem.error(
                "%s was written, but the server does not know %s".formatted(subject, String.join(", ", fields)),
                "correct the name or leave it out; the server's API documentation lists the names");
    }

    private static Problem notThere(String subject) {
        return Problem.error(
                subject + " was written, but the server shows nothing at its path",
                "name only paths that can be written and read back; every tick would write this one again");
    }
}
