package io.ameide.vault.bootstrap.snapshot;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.vault.NodeException;
import io.ameide.vault.bootstrap.vault.VaultSession;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A known value that is written right before each snapshot, so that who reads it after a restore knows which snapshot the
 * server works from, and up to when. It has a KV version 1 engine of its own, which nothing else writes to.
 */
public final class Canary {

    private static final String SECRET = "/canary";
    private static final String COUNT = "count";
    private static final String WRITTEN_AT = "writtenAt";

    /**
     * What it says.
     *
     * @param count one more with each snapshot that was begun
     */
    public record Value(long count, Instant writtenAt) {}

    private final String mount;

    /** @param mount path of the engine, without slashes at its ends */
    public Canary(String mount) {
        this.mount = mount;
    }

    public String mount() {
        return mount;
    }

    /** Where the value is. */
    public String path() {
        return mount + SECRET;
    }

    /**
     * Empty where nothing was written yet.
     *
     * @throws NodeException when it cannot be told
     */
    public Optional<Value> read(VaultSession session) {
        return session.read(path()).flatMap(Canary::value);
    }

    /** Something else than we write counts as nothing: whoever wrote it, it proves nothing. */
    private static Optional<Value> value(JsonNode data) {
        try {
            JsonNode count = data.path(COUNT);
            return count.canConvertToLong()
                    ? Optional.of(new Value(
                            count.longValue(),
                            Instant.parse(data.path(WRITTEN_AT).asText())))
                    : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * Writes the next value, into an engine that is made for it where there is none.
     *
     * @param made told when an engine was made
     * @throws NodeException when the server refuses
     */
    Value renew(VaultSession session, Instant now, Runnable made) {
        Value next = new Value(read(session).map(Value::count).orElse(0L) + 1, now);
        Map<String, Object> body =
                Map.of(COUNT, next.count(), WRITTEN_AT, next.writtenAt().toString());
        try {
            session.write(path(), body);
        } catch (NodeException.Refused e) {
            session.write(
                    "sys/mounts/" + mount,
                    Map.of(
                            "type", "kv",
                            "options", Map.of("version", "1"),
                            "description", "vault-bootstrap proves here which snapshot was restored"));
            made.run();
            session.write(path(), body);
        }
        return next;
    }
}
