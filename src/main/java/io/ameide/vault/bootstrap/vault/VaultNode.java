package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.Exchange.Answer;
import io.ameide.vault.bootstrap.vault.Exchange.Request;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** One server process, and what it answers without a token. Every method throws {@link NodeException}. */
public final class VaultNode {

    /**
     * A server that is busy may take longer to make shares than a request is waited for elsewhere. Who gives up before it
     * answers has lost them.
     */
    private static final Duration SHARES = Duration.ofMinutes(4);

    private static final String NOT_JOINED = "its log says why; is its storage Raft, does it reach the leader and trust"
            + " its certificate? A leader that asks for client certificates is joined only by retry_join in the node's own"
            + " configuration";

    private final Exchange exchange;

    private VaultNode(Exchange exchange) {
        this.exchange = exchange;
    }

    /** Nodes that share one HTTP client and one counter. */
    public static List<VaultNode> at(List<NodeAddress> addresses, Transport transport, RequestCounter counter) {
        HttpClient http = transport.client();
        return addresses.stream()
                .map(address -> new VaultNode(new Exchange(address, http, transport, counter)))
                .toList();
    }

    public NodeAddress address() {
        return exchange.address();
    }

    public SealStatus sealStatus() {
        return SealStatus.of(exchange.send(Request.read("sys/seal-status").answeredAs(AnswerForm.SEAL_STATUS))
                .body());
    }

    public NodeRole role() {
        return NodeRole.of(health().status());
    }

    /** Of a status that tells a role, with a body that says so. */
    private Answer health() {
        Request request = Request.read("sys/health").answeredAs(AnswerForm.HEALTH);
        Answer answer = exchange.sendForAnyStatus(request);
        if (!answer.body().has("initialized")) {
            throw exchange.failure(request, answer);
        }
        return answer;
    }

    /**
     * Which product it is, by what only one of them says in {@code sys/health}; for people, nothing depends on it.
     *
     * @return {@code HashiCorp Vault} or {@code OpenBao}
     */
    public String product() {
        return health().body().has("enterprise") ? "HashiCorp Vault" : "OpenBao";
    }

    public LeaderStatus leader() {
        JsonNode body = exchange.send(Request.read("sys/leader").answeredAs(AnswerForm.LEADER))
                .body();
        return new LeaderStatus(
                body.path("is_self").asBoolean(),
                body.path("leader_address").asText(""),
                body.path("raft_committed_index").asLong());
    }

    /**
     * Asks for shares and a root token. Whoever calls this must be able to store them: they are told only once. The answer
     * is waited for four minutes at least, and taken as it is as long as it is a JSON object of a status of success.
     */
    public Initialization initialize(Initialization.Request asked) {
        Map<String, Object> body = new LinkedHashMap<>();
        String prefix = asked.recovery() ? "recovery" : "secret";
        body.put(prefix + "_shares", asked.shares());
        body.put(prefix + "_threshold", asked.threshold());
        if (!asked.pgpKeys().isEmpty()) {
            body.put(asked.recovery() ? "recovery_pgp_keys" : "pgp_keys", asked.pgpKeys());
        }
        Request request = Request.write("sys/init", body).worth(SHARES);
        Received received = exchange.receive(request);
        Optional<JsonNode> answer = received.json();
        if (received.status() / 100 != 2) {
            throw initRefused(request, received);
        }
        return Initialization.of(
                asked,
                answer.orElseThrow(() -> exchange.notVault(request, received, received.kind())),
                received.body());
    }

    private NodeException initRefused(Request init, Received received) {
        try {
            return exchange.failure(init, exchange.answer(init, received));
        } catch (NodeException.Refused e) {
            // OpenBao 2.7.2, when it was killed after it had made its Raft storage and before it had made its keys.
            if (e.getMessage().contains("cluster already has state")) {
                throw new NodeException.HalfInitialized(
                        e.getMessage(),
                        "an init before this one died half-way; the node has made no keys, so that its storage holds"
                                + " nothing: wipe it, restart the node, and run again",
                        e);
            }
            throw e;
        }
    }

    /** Gives one share. The status that comes back may say unsealed a moment before the node serves. */
    public SealStatus unseal(Sensitive share) {
        return SealStatus.of(
                exchange.send(Request.write("sys/unseal", Map.of("key", share)).answeredAs(AnswerForm.UNSEAL))
                        .body());
    }

    /**
     * Has a node that holds nothing yet join the cluster of a leader that serves. The answer comes before it is in; once it
     * is, it says initialized, and a seal of shares then wants them here as well. Joining once more does no harm.
     *
     * <p>The node is told to trust the leader as this process does. A leader that asks for client certificates is joined
     * only through the node's own {@code retry_join}, since private keys are not sent.
     */
    public void join(NodeAddress leader) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("leader_api_addr", leader.toString());
        exchange.tls().caFile().ifPresent(file -> body.put("leader_ca_cert", text(file)));
        exchange.tls().serverName().ifPresent(name -> body.put("leader_tls_servername", name));
        Answer answer;
        try {
            answer = exchange.send(Request.write("sys/storage/raft/join", body).answeredAs(AnswerForm.JOIN));
        } catch (NodeException.Unavailable e) {
            throw e.getMessage().contains("failed to join raft cluster")
                    ? new NodeException.Unavailable(e.getMessage(), NOT_JOINED, e)
                    : e;
        }
        if (!answer.body().path("joined").asBoolean()) {
            throw new NodeException.Unavailable(
                    "%s did not join the cluster of %s".formatted(address(), leader), NOT_JOINED);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new NodeException.Unreachable(
                    "cannot read CA file " + file, "bootstrap.vault.tls.ca-file names a PEM file", e);
        }
    }

    /** Forgets the shares given so far, whoever gave them. */
    public void resetUnseal() {
        exchange.send(Request.write("sys/unseal", Map.of("reset", true)).answeredAs(AnswerForm.UNSEAL));
    }

    /** Signs in through an AppRole. */
    public Login loginWithAppRole(String mount, Sensitive roleId, Sensitive secretId) {
        return login(mount, Map.of("role_id", roleId, "secret_id", secretId));
    }

    /**
     * Signs in through Kubernetes auth, for which the server asks an API server about the token.
     *
     * @param token of a ServiceAccount
     * @throws NodeException.Refused where nobody configured the auth method yet, or there is no such role
     * @throws NodeException.Denied where the token is not what the role asks for, where the API server does not confirm
     *     it, and also where the API server cannot be asked
     */
    public Login loginWithKubernetes(String mount, String role, Sensitive token) {
        return login(mount, Map.of("role", role, "jwt", token));
    }

    /**
     * Signs in through Kubernetes auth where a refusal is what somebody wants to know about.
     *
     * @throws NodeException where the server cannot answer now
     */
    public KubernetesLogin tryKubernetesLogin(String mount, String role, Sensitive token) {
        Request request = loginRequest(mount, Map.of("role", role, "jwt", token));
        Answer answer = exchange.sendForAnyStatus(request);
        if (answer.status() / 100 == 2) {
            return new KubernetesLogin.Accepted(login(answer));
        }
        String said = String.join("; ", Exchange.texts(request, answer.body()));
        KubernetesLogin.Reason reason = KubernetesLogin.Reason.of(said);
        if (answer.status() / 100 == 4 && answer.status() != 429 || reason != KubernetesLogin.Reason.OTHER) {
            return new KubernetesLogin.Refused(reason, said);
        }
        throw exchange.failure(request, answer);
    }

    /**
     * Whether Kubernetes auth is mounted there. Sends no credential: such an auth method says which one it misses.
     *
     * @throws NodeException where the server cannot answer now
     */
    public boolean hasKubernetesAuth(String mount) {
        Request request = loginRequest(mount, Map.of("role", "any"));
        Answer answer = exchange.sendForAnyStatus(request);
        if (answer.status() == 429 || answer.status() == 503) {
            throw exchange.failure(request, answer);
        }
        return Exchange.texts(request, answer.body()).contains("missing jwt");
    }

    private Login login(String mount, Map<String, Object> credentials) {
        return login(exchange.send(loginRequest(mount, credentials)));
    }

    private static Request loginRequest(String mount, Map<String, Object> credentials) {
        return Request.write("auth/" + mount + "/login", credentials)
                .counting(RequestCounter.Kind.SESSION)
                .answeredAs(AnswerForm.LOGIN);
    }

    private static Login login(Answer answer) {
        JsonNode auth = answer.body().path("auth");
        List<String> policies = new ArrayList<>();
        auth.path("token_policies").forEach(policy -> policies.add(policy.asText()));
        return new Login(
                Sensitive.of(auth.path("client_token").asText()),
                List.copyOf(policies),
                Duration.ofSeconds(auth.path("lease_duration").asLong()));
    }

    /**
     * An attempt to make a root token that somebody began and that did not end yet.
     *
     * @param progress shares given so far
     */
    public record RootAttempt(String nonce, int progress) {}

    /** @throws NodeException.Unsupported where the server keeps this closed, as current servers do by default */
    public Optional<RootAttempt> rootAttempt() {
        JsonNode status = exchange.send(
                        Request.read("sys/generate-root/attempt").answeredAs(AnswerForm.ROOT_ATTEMPT))
                .body();
        return status.path("started").asBoolean()
                ? Optional.of(new RootAttempt(
                        status.path("nonce").asText(), status.path("progress").asInt()))
                : Optional.empty();
    }

    public void cancelRootAttempt() {
        exchange.send(Request.delete("sys/generate-root/attempt"));
    }

    /**
     * Makes a new root token from enough shares, which the caller must revoke. No attempt may be under way. One that does
     * not end well is canceled.
     *
     * @param begun is told the attempt's nonce before any share is given
     * @throws NodeException.Unsupported where the server keeps this closed, as current servers do by default
     * @throws NodeException.Refused when the shares are not enough or do not fit
     */
    public Sensitive generateRoot(List<Sensitive> shares, Consumer<String> begun) {
        JsonNode attempt = exchange.send(
                        Request.write("sys/generate-root/attempt", Map.of()).answeredAs(AnswerForm.ROOT_ATTEMPT))
                .body();
        byte[] pad = attempt.path("otp").asText().getBytes(StandardCharsets.US_ASCII);
        String nonce = attempt.path("nonce").asText();
        boolean complete = false;
        try {
            begun.accept(nonce);
            for (Sensitive share : shares) {
                JsonNode answer = exchange.send(
                                Request.write("sys/generate-root/update", Map.of("key", share, "nonce", nonce))
                                        .answeredAs(AnswerForm.ROOT_SHARE))
                        .body();
                complete = answer.path("complete").asBoolean();
                if (complete) {
                    return unpadded(answer.path("encoded_token").asText(), pad);
                }
            }
            throw new NodeException.Refused(
                    "%d shares are not enough to generate a root token at %s".formatted(shares.size(), address()), "");
        } finally {
            if (!complete) {
                cancelRootAttempt();
            }
        }
    }

    /** The token travels XORed with the one-time pad that the attempt began with. */
    private Sensitive unpadded(String encoded, byte[] pad) {
        byte[] token = decoded(encoded);
        if (token.length == 0 || token.length > pad.length) {
            throw new NodeException.Unreachable(
                    "%s said that it made a root token, and told none that can be read".formatted(address()),
                    "a person has to find and revoke it: docs/operations/vault.md",
                    null);
        }
        for (int i = 0; i < token.length; i++) {
            token[i] ^= pad[i];
        }
        return Sensitive.of(new String(token, StandardCharsets.US_ASCII));
    }

    private static byte[] decoded(String encoded) {
        try {
            return Base64.getDecoder().decode(encoded);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** Requests that carry the token. Nothing is sent yet. */
    public VaultSession session(Sensitive token) {
        return session(token, Optional.empty());
    }

    /** Requests that carry the token of a login. Nothing is sent yet. */
    public VaultSession session(Login login) {
        return session(login.token(), Optional.of(login.ttl()));
    }

    VaultSession session(Sensitive token, Optional<Duration> ttl) {
        return new VaultSession(exchange, token, ttl);
    }
}
