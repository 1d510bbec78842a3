package io.ameide.vault.bootstrap.vault;

import com.fasterxml.jackson.databind.JsonNode;
import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.vault.Exchange.Answer;
import io.ameide.vault.bootstrap.vault.Exchange.Request;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attempts to rotate the seal's shares that never take effect. With {@code require_verification} the server checks the
 * shares it is given and makes new ones, but keeps the old ones valid until the new ones were given back to it, which
 * does not happen here: <a href="https://openbao.org/api-docs/system/rotate/">sys/rotate</a> on OpenBao,
 * {@code sys/rekey} on HashiCorp Vault. Every method throws {@link NodeException}.
 */
public final class KeyRotation {

    private final VaultSession session;
    private final List<String> paths;

    /**
     * An attempt under way, whoever began it.
     *
     * @param progress shares given so far
     * @param required shares that complete it
     */
    public record Attempt(String path, String nonce, int progress, int required) {}

    /** @param recovery whether the shares are recovery shares */
    KeyRotation(VaultSession session, boolean recovery) {
        this.session = session;
        this.paths = recovery
                ? List.of("sys/rotate/recovery", "sys/rekey-recovery-key")
                : List.of("sys/rotate/root", "sys/rekey");
    }

    /** At most one is, for the whole cluster. */
    public Optional<Attempt> underWay() {
        String path = path();
        JsonNode status = content(session.send(Request.read(path + "/init").answeredAs(AnswerForm.ROTATION)));
        return status.path("started").asBoolean() ? Optional.of(attempt(path, status)) : Optional.empty();
    }

    /**
     * Begins an attempt.
     *
     * @throws NodeException.Refused also when one is under way
     */
    public Attempt begin() {
        String path = path();
        Map<String, Object> body = Map.of("secret_shares", 1, "secret_threshold", 1, "require_verification", true);
        JsonNode status =
                content(session.send(Request.write(path + "/init", body).answeredAs(AnswerForm.ROTATION)));
        Attempt attempt = attempt(path, status);
        // Otherwise the last share would make the shares in custody worthless.
        if (!status.path("verification_required").asBoolean()) {
            cancel(attempt);
            throw new NodeException.Unsupported(
                    "POST %s/init at %s: the server would not wait for verification".formatted(path, session.address()),
                    "");
        }
        return attempt;
    }

    /**
     * Gives one share.
     *
     * @return whether it was the last one needed, and the server found that all of them open the seal; the new shares in
     *     that answer are dropped unread
     * @throws NodeException.Refused when it was the last one needed and they do not open the seal, or when it was given
     *     before
     */
    public boolean give(Attempt attempt, Sensitive share) {
        Request request = Request.write(attempt.path() + "/update", Map.of("key", share, "nonce", attempt.nonce()))
                .answeredAs(AnswerForm.ROTATION);
        try {
            return content(session.send(request)).path("complete").asBoolean();
        } catch (NodeException.Unavailable e) {
            // HashiCorp Vault blames itself when shares make a key that does not fit.
            if (e.getMessage().contains("message authentication failed")) {
                throw new NodeException.Refused(e.getMessage(), "");
            }
            throw e;
        }
    }

    public void cancel(Attempt attempt) {
        session.send(Request.delete(attempt.path() + "/init", Map.of("nonce", attempt.nonce())));
    }

    /** The one of the two that this server has. */
    private String path() {
        try {
            Answer answer =
                    session.send(Request.read(paths.getFirst() + "/init").answeredAs(AnswerForm.ROTATION));
            return answer.notFound() ? paths.getLast() : paths.getFirst();
        } catch (NodeException.Unsupported e) {
            return paths.getLast();
        }
    }

    private static Attempt attempt(String path, JsonNode status) {
        return new Attempt(
                path,
                status.path("nonce").asText(),
                status.path("progress").asInt(),
                status.path("required").asInt());
    }

    /** {@code sys/rekey} answers without an envelope. */
    private static JsonNode content(Answer answer) {
        return answer.data().isObject() ? answer.data() : answer.body();
    }
}
