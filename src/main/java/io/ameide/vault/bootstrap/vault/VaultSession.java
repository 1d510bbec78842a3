package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.Exchange.Answer;
import io.ameide.vault.bootstrap.vault.Exchange.Request;

import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one token can do at one node. Paths are API paths without {@code /v1/}. Every method throws
 * {@link NodeException}. Safe for concurrent use.
 *
 * <p>A node that left several requests in a row without an answer until their time was up is not asked again: a tick has
 * a hundred requests, and would otherwise wait out each of them.
 */
public final class VaultSession {

    private static final Pattern UNKNOWN_FIELDS =
            Pattern.compile("Endpoint ignored these unrecognized parameters: \\[(.+)]");

    /** More than one, since a single request may be slow for reasons of its own. */
    private static final int LATE_IN_A_ROW = 2;

    private final Exchange exchange;
    private final Sensitive token;
    private final Optional<Duration> ttl;
    private final AtomicInteger late = new AtomicInteger();

    /** @param ttl how long the token lives at most, where it came with that */
    VaultSession(Exchange exchange, Sensitive token, Optional<Duration> ttl) {
        this.exchange = exchange;
        this.token = token;
        this.ttl = ttl;
    }

    public NodeAddress address() {
        return exchange.address();
    }

    /** The {@code data} of an answer, or nothing where the server has nothing at the path. */
    public Optional<JsonNode> read(String path) {
        Answer answer = send(Request.read(path));
        return answer.data().isObject() ? Optional.of(answer.data()) : Optional.empty();
    }

    /** The names below a path; folders end in a slash. */
    public List<String> list(String path) {
        List<String> names = new ArrayList<>();
        send(Request.list(path)).data().path("keys").forEach(key -> names.add(key.asText()));
        return names;
    }

    /**
     * Writes, and returns the {@code data} of the answer, which is a missing node where there is none.
     *
     * @throws NodeException.Refused also when nothing is mounted at the path
     */
    public JsonNode write(String path, Map<String, Object> body) {
        return answered(Request.write(path, body)).data();
    }

    /**
     * Writes, and returns the names of those fields that the server said it does not know and ignored.
     *
     * @throws NodeException.Refused also when nothing is mounted at the path
     */
    public List<String> writeFields(String path, Map<String, Object> body) {
        List<String> ignored = new ArrayList<>();
        Request request = Request.write(path, body).as(token);
        for (String warning : Exchange.warnings(request, answered(request).body())) {
            Matcher unknown = UNKNOWN_FIELDS.matcher(warning);
            if (unknown.matches()) {
                ignored.addAll(List.of(unknown.group(1).split(" ")));
            }
        }
        return ignored;
    }

    Answer answered(Request request) {
        Answer answer = send(request);
        if (answer.notFound()) {
            throw new NodeException.Refused(
                    "%s at %s was refused: nothing is mounted there".formatted(request, address()), "");
        }
        return answer;
    }

    public void delete(String path) {
        send(Request.delete(path));
    }

    /**
     * Whether the server says of itself that it takes audit devices from its own configuration only, as OpenBao does unless
     * told otherwise. One that lets this token not read that says no, and refuses later.
     */
    public boolean auditDevicesAreDeclared() {
        try {
            return read("sys/config/state/sanitized")
                    .map(config -> config.path("unsafe_allow_api_audit_creation"))
                    .filter(allowed -> allowed.isBoolean() && !allowed.booleanValue())
                    .isPresent();
        } catch (NodeException.Denied e) {
            return false;
        }
    }

    /** @throws NodeException.Unsupported where only the server's own configuration may create audit devices */
    public void enableAuditDevice(String path, String type, String description, Map<String, String> options) {
        write("sys/audit/" + path, Map.of("type", type, "description", description, "options", options));
    }

    public KvStore kv(String mount) {
        return new KvStore(this, mount);
    }

    /** @param recovery whether the shares are recovery shares, because something else unseals */
    public KeyRotation rotation(boolean recovery) {
        return new KeyRotation(this, recovery);
    }

    /** A Raft snapshot as the node sends it. Fails with {@link NodeException.Unsupported} on storage without Raft. */
    public InputStream snapshot() {
        return patiently(() ->
                exchange.download(Request.read("sys/storage/raft/snapshot").as(token)));
    }

    /**
     * Puts a Raft snapshot in the place of everything the cluster holds. The answer comes before it is done, and while it
     * is done, the node's health says that it serves.
     *
     * <p>A standby of OpenBao 2.7.2 answers as if all were well, restores nothing and seals itself: ask a leader only.
     *
     * @param force also that of a cluster with other keys, which opens with the shares of that cluster from then on
     * @throws NodeException.Refused when the archive is not whole, or is of another cluster and not forced
     */
    public void restore(Path archive, boolean force) {
        String path = force ? "sys/storage/raft/snapshot-force" : "sys/storage/raft/snapshot";
        patiently(() -> {
            exchange.upload(Request.write(path, Map.of()).as(token), archive);
            return archive;
        });
    }

    /** The members of the Raft cluster, healthy or not. */
    public List<RaftPeer> raftPeers() {
        List<RaftPeer> peers = new ArrayList<>();
        for (JsonNode server : send(Request.read("sys/storage/raft/autopilot/state")
                        .answeredAs(AnswerForm.PEERS))
                .data()
                .path("servers")) {
            peers.add(new RaftPeer(
                    server.path("id").asText(),
                    server.path("address").asText(),
                    server.path("status").asText(),
                    server.path("healthy").asBoolean(),
                    server.path("last_contact").asText()));
        }
        return peers;
    }

    /** What the token may do at a path, for example {@code read}; {@code deny} alone where that is nothing. */
    public List<String> capabilities(String path) {
        List<String> capabilities = new ArrayList<>();
        send(Request.write("sys/capabilities-self", Map.of("paths", List.of(path)))
                        .counting(RequestCounter.Kind.READ))
                .data()
                .path(path)
                .forEach(capability -> capabilities.add(capability.asText()));
        return capabilities;
    }

    /** Whether the server still honours the token. One whose policies do not let it look itself up counts as dead. */
    public boolean alive() {
        try {
            send(Request.read("auth/token/lookup-self").answeredAs(AnswerForm.TOKEN));
            return true;
        } catch (NodeException.Denied e) {
            return false;
        }
    }

    /**
     * Ends the token. One that is dead already is fine.
     *
     * @throws NodeException.Denied when it lives on, since its policies do not let it end itself, or are gone
     */
    public void revoke() {
        end();
    }

    /**
     * Ends another token, whether or not it is known.
     *
     * @throws NodeException.Denied when this token may not
     */
    public void revoke(Sensitive other) {
        write("auth/token/revoke", Map.of("token", other));
    }

    /**
     * As {@link #revoke()}.
     *
     * @return whether this ended it; false where the server did not know it any more
     */
    public boolean end() {
        try {
            send(Request.write("auth/token/revoke-self", Map.of()).counting(RequestCounter.Kind.SESSION));
            return true;
        } catch (NodeException.Denied e) {
            if (known()) {
                throw new NodeException.Denied(
                        "the token could not be given back%s: %s"
                                .formatted(
                                        ttl.map(longest -> ", and lives %d s at most".formatted(longest.toSeconds()))
                                                .orElse(""),
                                        e.getMessage()),
                        "do its policies exist, and allow auth/token/revoke-self?");
            }
            return false;
        }
    }

    /**
     * Whether the token lives, even without a policy: a dead one is denied the list of those mounts that it may see, while
     * one that may see none is told so.
     */
    private boolean known() {
        try {
            send(Request.read("sys/internal/ui/mounts"));
            return true;
        } catch (NodeException.Denied e) {
            return false;
        }
    }

    /** The same token at another node of the cluster. */
    public VaultSession at(VaultNode other) {
        return other.session(token, ttl);
    }

    Answer send(Request request) {
        return patiently(() -> exchange.send(request.as(token)));
    }

    private <T> T patiently(Supplier<T> request) {
        if (late.get() >= LATE_IN_A_ROW) {
            throw new NodeException.Unreachable(
                    "%s left %d requests without an answer and is not asked again".formatted(address(), late.get()),
                    "is its process frozen, or the network between? the next tick asks whoever leads then",
                    null);
        }
        try {
            T answer = request.get();
            late.set(0);
            return answer;
        } catch (NodeException.Unreachable e) {
            if (e.late()) {
                late.incrementAndGet();
            }
            throw e;
        }
    }
}
