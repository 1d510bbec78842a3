package io.ameide.vault.bootstrap.configure;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.tick.Problem;
import io.ameide.vault.bootstrap.tick.ProblemException;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which fields at a path have to be written. Some can never be told equal from what the server returns: it does
 * not return them, or returns them in a form of its own that {@link Drift} does not know. What the server showed of them
 * right after the last write is what it shows of them when nothing has changed since.
 */
final class Comparison {

    private final WrittenValues written;

    Comparison(WrittenValues written) {
        this.written = written;
    }

    /** Words for each difference; empty when nothing has to be written. */
    List<String> differences(String path, Map<String, Object> desired, JsonNode observed, Set<String> sensitive) {
        Drift drift = Drift.between(desired, observed, sensitive);
        List<String> differences = new ArrayList<>();
        if (!drift.words().isEmpty()) {
            Map<String, String> last = written.last(path);
            Map<String, String> now = checksums(drift, desired, observed);
            drift.differing().forEach((field, words) -> {
                if (!now.get(field).equals(last.get(field))) {
                    differences.add(words);
                }
            });
            drift.unseen().forEach((field, words) -> {
                if (!now.get(field).equals(last.get(field))) {
                    differences.add(words);
                }
            });
        }
        return differences;
    }

    /**
     * To be called right after a write.
     *
     * @param before what the server showed then; a missing node where it showed nothing
     * @param now what it shows after the write
     * @throws ProblemException when it shows a field as before, so that the write did not reach it
     */
    void remember(
            String subject,
            String path,
            Map<String, Object> desired,
            JsonNode before,
            JsonNode now,
            Set<String> sensitive) {
        Drift drift = Drift.between(desired, now, sensitive);
        Map<String, String> untaken = new LinkedHashMap<>(drift.differing());
        untaken.keySet().removeIf(field -> !now.path(field).equals(before.path(field)));
        Map<String, String> checksums = checksums(drift, desired, now);
        checksums.keySet().removeAll(untaken.keySet());
        written.remember(path, checksums);
        if (!untaken.isEmpty()) {
            throw new ProblemException(Problem.error(
                    "%s was written, but the server did not take %s"
                            .formatted(subject, String.join("; ", untaken.values())),
                    "it may not let this be changed here; if it only means the same, write it as the server shows it"));
        }
    }

    private Map<String, String> checksums(Drift drift, Map<String, Object> desired, JsonNode observed) {
        Map<String, String> checksums = new LinkedHashMap<>();
        drift.unseen().keySet().forEach(field -> checksums.put(field, written.checksum(desired.get(field))));
        drift.differing()
                .keySet()
                .forEach(field -> checksums.put(
                        field,
                        written.checksum(
                                List.of(desired.get(field), observed.path(field).toString()))));
        return checksums;
    }
}
