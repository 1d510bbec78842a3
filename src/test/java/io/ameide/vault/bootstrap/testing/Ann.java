package io.ameide.vault.bootstrap.testing;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.RealServer.Answer;

import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** The user of {@link DesiredStates#withAnn}, who signs in anew for whatever she does: tokens may be gone after a restore. */
public final class Ann {

    private static final String PASSWORD = "p-1";
    private static final String KEY = "value";

    private final Server server;
    private final String engine;

    /** Answers anybody. */
    @FunctionalInterface
    public interface Server {
        Answer send(String method, String path, String json, Optional<Sensitive> token);
    }

    /** @param engine the mount that she may use */
    public Ann(Server server, String engine) {
        this.server = server;
        this.engine = engine;
    }

    /** Fails the test where she is not let in. */
    public Sensitive login(String password) {
        Answer answer = server.send(
                "POST", "auth/people/login/ann", "{\"password\": \"%s\"}".formatted(password), Optional.empty());
        assertThat(answer.status()).as("login").isEqualTo(200);
        return Sensitive.of(answer.body().at("/auth/client_token").asText());
    }

    public void write(String value) {
        write(KEY, value);
    }

    public void write(String key, String value) {
        String json = "{\"value\": \"%s\"}".formatted(value);
        assertThat(server.send("POST", path(key), json, Optional.of(login(PASSWORD)))
                        .status())
                .as("write")
                .isEqualTo(204);
    }

    /** What {@link #write(String)} wrote last; fails the test where that is not there. */
    public String read() {
        Answer answer = server.send("GET", path(KEY), "", Optional.of(login(PASSWORD)));
        assertThat(answer.status()).as("read").isEqualTo(200);
        return answer.body().at("/data/value").asText();
    }

    private String path(String key) {
        return engine + "/" + key;
    }
}
