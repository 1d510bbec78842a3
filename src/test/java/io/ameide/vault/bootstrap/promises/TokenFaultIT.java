package io.ameide.vault.bootstrap.promises;

import io.ameide.vault.bootstrap.sensitive.Sensitive;
import io.ameide.vault.bootstrap.testing.HostedCluster;
import io.ameide.vault.bootstrap.testing.KubernetesApi;
import io.ameide.vault.bootstrap.testing.PackagedApplication.Result;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

import static org.assertj.core.api.Assertions.assertThat;

/** The tick's projected token as it is where clocks do not agree, or where the kubelet does not renew it. */
class TokenFaultIT {

    @RegisterExtension
    static final KubernetesApi API = new KubernetesApi();

    @TempDir
    static Path folder;

    private static FaultScene scene;

    @BeforeAll
    static void converge() {
        scene = FaultScene.converged(API, folder);
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @AfterEach
    void holdsWithAGoodToken() throws IOException {
        write(API.token(scene.hosted().namespace(), HostedCluster.ACCOUNT, "vault"));
        scene.holds();
    }

    @Test
    void tokenThatExpiredIsNamed() throws IOException {
        write(signed(Duration.ofHours(-2), Duration.ofMinutes(-10)));

        Result tick = withoutGenerateRoot();

        assertThat(tick.exit()).as(tick.stdout()).isEqualTo(3);
        assertThat(tick.step("sign in").toString())
                .contains("expired at", "is it a copy, and is the clock of this machine right?");
    }

    @Test
    void tokenThatIsNotValidYetIsRefusedWithTheClocksNamed() throws IOException {
        write(signed(Duration.ofMinutes(10), Duration.ofHours(1)));

        Result tick = withoutGenerateRoot();

        assertThat(tick.exit()).as(tick.stdout()).isEqualTo(3);
        assertThat(tick.step("sign in").toString()).contains("token not yet valid", "do the clocks agree");
    }

    /** As most servers have it, and so that no tick looks for another way in. */
    private static Result withoutGenerateRoot() {
        return scene.application()
                .with("BOOTSTRAP_ACCESS_GENERATE_ROOT", "false")
                .run("run", "--output", "json");
    }

    private static Sensitive signed(Duration notBefore, Duration expires) {
        Instant now = Instant.now();
        return API.token(
                scene.hosted().namespace(), HostedCluster.ACCOUNT, "vault", now.plus(notBefore), now.plus(expires));
    }

    private static void write(Sensitive token) throws IOException {
        Files.writeString(scene.hosted().folder().resolve("token"), token.reveal());
    }
}
